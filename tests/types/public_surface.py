"""Type checks of the public names. `make types` checks this file. It is not run."""

import pathlib
from typing import assert_type

import keras

import keras_transformer as kt

config = kt.TransformerConfig.from_preset("tiny", vocabulary_size=8000)
assert_type(config, kt.TransformerConfig)
assert_type(config.hidden_dim, int)

mesh = keras.distribution.DeviceMesh((2, 4), ("batch", "model"))
assert_type(kt.layout_map(mesh, config, attention=False), keras.distribution.LayoutMap)

tokenizer = kt.text.learn_vocabulary(["a text"], vocabulary_size=300, normalization="nfkc")
assert_type(tokenizer, kt.text.Tokenizer)
assert_type(tokenizer.vocabulary_size, int)
tokenizer.save(pathlib.Path("tokenizer.model"))

translator = kt.Translator(kt.build_transformer(config), tokenizer)
assert_type(kt.Translator.load("models/my"), kt.Translator)
assert_type(translator.source_tokenizer, kt.text.Tokenizer)
assert_type(translator.export_saved_model("saved_models/my"), pathlib.Path)
assert_type(translator.export_tflite(pathlib.Path("my.tflite"), quantize="int8"), pathlib.Path)
assert_type(translator.translate(["a text"], beam_size=2, progress=print), list[str])
translations, scores = translator.translate(["a text"], n_best=2, return_scores=True)
assert_type(translator.score([("a text", "ein Text")]), list[float])
assert_type(translator.score([("a text", "ein Text")], return_tokens=True), tuple[list[float], list[int]])

exporter = kt.export.get_exporter("tflite", quantize="int8")
assert_type(exporter, kt.export.Exporter)
verifications: list[kt.export.Verification] = []
settings = kt.SearchSettings(beam_size=2).of_model(config)
proof = kt.export.Proof(
    translator, exporter, "int8", settings, [("a text", None), ("a text", "ein Text")], report=verifications.append
)
assert_type(proof(pathlib.Path("my.tflite")), kt.export.Verification)
assert_type(exporter.export(translator, "my.tflite", settings, proof), pathlib.Path)
kt.export.Proof(translator, "saved_model", None, settings, [("a text", "ein Text")], progress=print)

pairs = kt.data.text_pairs("train.ko", pathlib.Path("train.en"))
batches = kt.data.token_batches(pairs, tokenizer, batch_tokens=1024, shuffle=True)
assert_type(kt.data.count_batches(batches), tuple[int, float])
tokenizers = kt.Tokenizers(tokenizer)
kt.data.token_batches(pairs, tokenizers)
kt.data.count_pairs(pairs, tokenizers)
kt.data.candidate_batches(pairs, tokenizers)
kt.callbacks.TranslationScores(pairs, tokenizers)
kt.Translator(kt.build_transformer(config), tokenizers)

recipe = kt.recipes.load_recipe("my.toml", ["training.epochs=1"])
assert_type(recipe, kt.recipes.Recipe)
assert_type(kt.recipes.bundled_recipes(), dict[str, str])
kt.losses.SmoothedCrossEntropy(0.1, reduction="sum")
kt.schedules.WarmupSchedule(peak=0.002, warmup_steps=100)
kt.layers.TransformerEncoder(intermediate_dim=64, num_heads=4, normalize_first=True)
assert_type(kt.callbacks.EpochCheckpoints("checkpoints", keep=2).best_epochs, list[int])
assert_type(kt.callbacks.read_history("history.csv"), dict[str, list[float | None]])

# A type checker must refuse these lines. `warn_unused_ignores` reports a comment on an accepted line.
kt.TransformerConfig.from_preset(3)  # type: ignore[arg-type]
kt.Translator.load(3)  # type: ignore[arg-type]
kt.losses.SmoothedCrossEntropy("0.1")  # type: ignore[arg-type]
kt.export.Proof(translator, 3, None, settings, [])  # type: ignore[arg-type]
kt.export.Exporter()  # type: ignore[abstract]
kt.data.token_batches(pairs, tokenizer, batch_token=1024)  # type: ignore[call-arg]
