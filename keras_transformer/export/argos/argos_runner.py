"""Runs a package for Argos Translate as Argos Translate does, without its splitter, with greedy search.

It needs CTranslate2 and SentencePiece only. Argos Translate itself needs gigabytes of other packages.
"""

import json
import pathlib
import re
import sys
import tempfile
import time
import zipfile

import ctranslate2
import sentencepiece

NUM_WARMUPS = 2
END_TOKEN = 1  # CTranslate2 does not return it and does not count it in limits.


def run(folder, target_tokenizer, texts, blank, max_length, length_factor, length_margin, **_):
    metadata = json.loads((folder / "metadata.json").read_text(encoding="utf-8"))
    if not list((folder / "minisbd").glob("*.onnx")):
        sys.exit("the package has no sentence splitter")
    prefix = [metadata["target_prefix"]] if "target_prefix" in metadata else []
    tokenizer = sentencepiece.SentencePieceProcessor(model_file=str(folder / "sentencepiece.model"))
    writer = sentencepiece.SentencePieceProcessor(model_file=target_tokenizer)
    translator = ctranslate2.Translator(str(folder / "model"))
    end = writer.id_to_piece(writer.eos_id())
    result = {"translations": [], "tokens": [], "milliseconds": []}
    for text in [*texts[:NUM_WARMUPS], *texts]:
        started = time.perf_counter()
        tokens = [] if re.fullmatch(blank, text) else tokenizer.encode(text, out_type=str)[: max_length - 1]
        found = []
        if tokens:
            longest = min(max_length, length_factor * (len(tokens) + 1) + length_margin) - END_TOKEN
            found = translator.translate_batch(
                [tokens],
                target_prefix=[prefix],
                replace_unknowns=True,
                beam_size=1,
                max_decoding_length=longest + len(prefix),
                min_decoding_length=0,
            )[0].hypotheses[0][len(prefix) :]
        translation = tokenizer.decode_pieces(found).replace("\u2581", " ").replace("_", " ")
        result["milliseconds"].append(1000 * (time.perf_counter() - started))
        # Argos Translate writes an underscore as a space, and drops the first space.
        whole = writer.decode_pieces(found)
        is_same = translation.removeprefix(" ") == whole.replace("_", " ").removeprefix(" ")
        result["translations"].append(whole if is_same else translation)
        result["tokens"].append([*found, end] if tokens else [])
    return {name: values[len(values) - len(texts) :] for name, values in result.items()} | {"scores": None}


if __name__ == "__main__":
    artifact, request, result = sys.argv[1:]
    arguments = json.loads(pathlib.Path(request).read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as unpacked:
        with zipfile.ZipFile(artifact) as archive:
            archive.extractall(unpacked)
        (package,) = pathlib.Path(unpacked).iterdir()
        content = run(package, **arguments)
    pathlib.Path(result).write_text(json.dumps(content), encoding="utf-8")
