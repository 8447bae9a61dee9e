"""Runs an exported artifact without keras_transformer: `python -m fuzz.artifact_worker KIND ARTIFACT`.

KIND is "tokenizers" (a SavedModel of `fuzz.workspace`), "saved_model", "tflite", "tflite_text" or "ctranslate2". The
last three use the runners of the library, which do not import the library.
"""

import base64
import importlib.util
import pathlib
import sys

from fuzz.workers import serve

EXPORT = pathlib.Path(__file__).resolve().parents[2] / "keras_transformer" / "export"


def tokenizers_answer(artifact):
    import tensorflow as tf  # noqa: PLC0415 (the other kinds do without)
    import tensorflow_text  # noqa: F401, PLC0415

    signatures = tf.saved_model.load(artifact).signatures

    def answer(request):
        texts = tf.constant([base64.b64decode(text) for text in request["texts"]])
        found = signatures[f"tokenize_{request['tokenizer']}"](texts=texts)
        written = signatures[f"detokenize_{request['tokenizer']}"](ids=tf.constant(request["ids"], tf.int32))
        rows = [row[row != 0].tolist() for row in found["ids"].numpy()]
        return {"ids": rows, "texts": [base64.b64encode(text).decode() for text in written["text"].numpy()]}

    return answer


def saved_model_answer(artifact):
    import tensorflow as tf  # noqa: PLC0415
    import tensorflow_text  # noqa: F401, PLC0415

    signatures = tf.saved_model.load(artifact).signatures

    def answer(request):
        texts = tf.constant([base64.b64decode(text) for text in request["texts"]])
        found = signatures["serving_default"](text=texts)
        tokens = signatures["attention"](text=texts)["source_tokens"].numpy()
        return {
            "translations": [text.decode() for text in found["translation"].numpy()],
            "scores": found["score"].numpy().tolist(),
            "source_tokens": [[token.decode() for token in row if token] for row in tokens],
        }

    return answer


def runner_file(kind):
    return EXPORT / kind.removesuffix("_text") / f"{kind}_runner.py"


def runner_answer(kind, artifact):
    spec = importlib.util.spec_from_file_location(kind, runner_file(kind))
    runner = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(runner)

    def answer(request):
        try:
            return runner.run(artifact, **request)
        except SystemExit as error:  # Runners use this status for a failed comparison.
            return {"error": str(error)}

    return answer


def main(kind, artifact):
    if kind == "tokenizers":
        answer = tokenizers_answer(artifact)
    elif kind == "saved_model":
        answer = saved_model_answer(artifact)
    else:
        answer = runner_answer(kind, artifact)
    assert "keras_transformer" not in sys.modules
    serve(answer)


if __name__ == "__main__":
    main(*sys.argv[1:])
