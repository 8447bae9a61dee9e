import itertools

import sentencepiece

from fuzz.fuzz_property import Failure, FuzzProperty
from fuzz.properties.tokenizers import _base64
from fuzz.texts import invisible_text, random_text
from fuzz.workers import Worker
from fuzz.workspace import MAX_LENGTH, MODELS
from keras_transformer.generation.search_limits import LENGTH_FACTOR, LENGTH_MARGIN
from keras_transformer.text.blank import BLANK_PATTERN, is_blank
from keras_transformer.translator import Translator

TEXTS = 100
# Characters that a kind of artifact reads differently. 0 is padding in the signatures for texts of a TFLite file.
DIFFERENT = {"tflite": ("\0",), "tflite_text": ("\0", "▁")}
# Two hypotheses with the same score can be exchanged.
TOLERANCE = 1e-5


class Runtimes(FuzzProperty):
    """The `Translator` and every artifact, in a process without the library, translate a text alike.

    Invisible text is translated to an empty text.
    """

    name = "runtimes"
    unit = "texts"
    goal = 10_000
    share = 10

    def __init__(self, workspace, planted=None):
        super().__init__(workspace, planted)
        self.translators = {name: Translator.load(workspace.model(name)) for name in MODELS}
        self.workers = {}
        for name in MODELS:
            for kind in ("saved_model", "tflite", "tflite_text", "ctranslate2"):
                if artifact := workspace.artifact(name, kind):
                    self.workers[name, kind] = Worker("fuzz.artifact_worker", kind, artifact)

    def check(self, generator, folder):
        name = generator.choice(list(MODELS))
        texts = [generator.choices([random_text, invisible_text], [9, 1])[0](generator) for _ in range(TEXTS)]
        beamed = self._translate(name, texts, MODELS[name])
        greedy = self._translate(name, texts, 1) if MODELS[name] > 1 else beamed
        for kind in ("saved_model", "tflite", "tflite_text", "ctranslate2"):
            if (name, kind) in self.workers:
                translations, scores = greedy if kind == "ctranslate2" else beamed
                same = [not any(map(text.__contains__, DIFFERENT.get(kind, ()))) for text in texts]
                compared = [list(itertools.compress(each, same)) for each in (texts, translations, scores)]
                found = self.workers[name, kind].ask(self.request(name, kind, compared[0]))
                if "error" in found:
                    raise Failure(f"{name}, {kind}: {found['error']}")
                self._compare(name, kind, found, *compared)
                if kind == "saved_model":
                    self._compare_tokens(name, texts, found["source_tokens"])
        return len(texts)

    def close(self):
        for worker in self.workers.values():
            worker.close()

    def _translate(self, name, texts, beam_size):
        import warnings  # noqa: PLC0415

        length_penalty = 0.6 if beam_size == MODELS[name] else 0.0
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Warnings about long texts.
            return self.translators[name].translate(texts, beam_size, length_penalty, return_scores=True)

    def request(self, name, kind, texts):
        if kind == "saved_model":
            return {"texts": [_base64(text) for text in texts]}
        if kind == "tflite_text":
            return {"texts": texts}
        pair = ["tokenizer.model"] * 2 if name == "shared" else ["source.model", "target.model"]
        files = dict(
            zip(("source_tokenizer", "target_tokenizer"), (str(self.workspace.model(name) / file) for file in pair))
        )
        if kind == "tflite":
            ids = self.translators[name].source_tokenizer.tokenize(texts).to_list() if name == "shared" else None
            own = {"is_quantized": False, "text_ids": ids}
        else:
            own = {"length_factor": LENGTH_FACTOR, "length_margin": LENGTH_MARGIN, "prefix": []}
        return {"texts": texts, "blank": BLANK_PATTERN, "max_length": MAX_LENGTH, **own, **files}

    def _compare(self, name, kind, found, texts, translations, scores):
        where = f"{name}, {kind}"
        for number, (text, expected) in enumerate(zip(texts, translations, strict=True)):
            translation = found["translations"][number]
            if is_blank(text) and (expected or translation):
                raise Failure(f"{where}: the invisible {text!r} becomes {translation!r}, here {expected!r}")
            if translation != expected:
                score = found["scores"] and found["scores"][number]
                if score is None or abs(score - scores[number]) > TOLERANCE:
                    raise Failure(
                        f"{where}: {text!r} becomes {translation!r} ({score}), here {expected!r} ({scores[number]})"
                    )

    def _compare_tokens(self, name, texts, found):
        model = self.workspace.model(name) / ("tokenizer.model" if name == "shared" else "source.model")
        processor = sentencepiece.SentencePieceProcessor(model_file=str(model))
        for text, tokens in zip(texts, found, strict=True):
            expected = processor.encode(text, out_type=str)[: MAX_LENGTH - 1]
            if is_blank(text):
                continue
            written = [processor.id_to_piece(processor.piece_to_id(piece)) for piece in expected]
            if tokens[:-1] != written:
                raise Failure(f"{name}: the SavedModel cuts {text!r} into {tokens}, SentencePiece into {written}")
