"""Every number of a page is compared with the model's."""

import numpy as np
import pytest
import tensorflow as tf
from explained_pages import SENTENCE, page_entries, page_matrix, page_picture, small_translator
from numpy_transformer import forward

import keras_transformer as kt
from keras_transformer.generation import SearchSettings
from keras_transformer.models import transformer_parts
from keras_transformer.models.dtype_policy import dtype_policy
from keras_transformer.special_tokens import END_ID, START_ID

CASES = {
    "post-norm": {},
    "pre-norm": {"normalize_first": True, "activation": "gelu", "num_decoder_layers": 1, "output_bias": True},
    "two vocabularies": {"separate": True, "share_output": False, "activation": "tanh_shrink", "num_encoder_layers": 1},
    "wide pictures": {"intermediate_dim": 1200, "num_heads": 1, "num_encoder_layers": 1, "num_decoder_layers": 1},
}


SLOW = {"two vocabularies", "wide pictures"}


@pytest.fixture(
    scope="module",
    params=[pytest.param(name, id=name, marks=[pytest.mark.slow] if name in SLOW else []) for name in CASES],
)
def case(request, tmp_path_factory):
    translator = small_translator(**CASES[request.param])
    path = tmp_path_factory.mktemp("page") / "a.html"
    assert kt.explain(translator, SENTENCE, path) == path
    return translator, *page_entries(path)


def test_every_matrix_equals_the_forward_pass_in_numpy(case):
    translator, data, content = case
    parts = transformer_parts(translator.model)
    expected, logits = forward(parts, data["source"]["ids"], data["target"]["ids"])
    assert set(data["matrices"]) == set(expected)
    for name, matrix in expected.items():
        numbers, error = page_matrix(data, content, name)
        tolerance = error + 2e-6 * np.abs(matrix).max()
        np.testing.assert_allclose(numbers, matrix[..., : numbers.shape[-1]], rtol=0, atol=tolerance, err_msg=name)
        entry = data["matrices"][name]
        assert ("picture" in entry) == (matrix.shape[-1] > 64)
        if "picture" in entry:
            shades, error = page_picture(data, content, name)
            assert shades.shape[-1] <= 512
            differences = np.abs(shades - matrix[..., :: entry["step"]])
            assert (differences <= error + 2e-6 * np.abs(matrix).max()).all(), name
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    probabilities = powers / powers.sum(axis=-1, keepdims=True)
    for step, row in zip(data["next"], probabilities, strict=True):
        assert [token_id for _, token_id, _ in step["words"]] == np.argsort(-row)[:10].tolist()
        for _, token_id, probability in [*step["words"], step["chosen"]]:
            assert probability == pytest.approx(row[token_id], rel=1e-4, abs=1e-7)


def test_the_translation_is_that_of_the_translator(case):
    translator, data, _ = case
    ids = [*data["target"]["ids"][1:], END_ID]
    assert data["target"]["ids"][0] == START_ID
    assert [step["chosen"][1] for step in data["next"]] == ids
    assert data["translation"] == translator.translate([SENTENCE])[0]
    assert data["target"]["tokens"][0] == "<start>"
    assert data["source"]["tokens"][-1] == "<end>"


def test_the_tree_has_the_best_translation_of_the_search(case):
    translator, data, _ = case
    found = translator._generator.generate(tf.constant([data["source"]["ids"]]), settings=SearchSettings(n_best=1))
    steps, ids = data["steps"], found.token_ids[0, 0].numpy()
    best = max(
        (node for node in steps[-1]["nodes"] if node["state"] in ("ended", "finished")), key=lambda node: node["score"]
    )
    assert best["score"] == pytest.approx(float(found.scores[0, 0]), rel=1e-4)
    written = translator.target_tokenizer.tokens(ids[ids > END_ID]).numpy()
    assert _tokens(steps, len(steps) - 1, best) == [token.decode() for token in written]


def test_every_node_of_the_tree_has_the_sum_of_log_probabilities_and_the_score(case):
    _, data, _ = case
    steps = data["steps"]
    for number, (before, step) in enumerate(zip(steps, steps[1:]), 1):
        assert step["penalty"] == pytest.approx(((5 + number) / 6) ** 0.6)
        assert 1 <= len(step["nodes"]) <= 4
        parents = {node["slot"]: node for node in before["nodes"]}
        scores = [node["score"] for node in step["nodes"]]
        assert scores == sorted(scores, reverse=True)
        for node in step["nodes"]:
            parent = parents[node["parent"]]
            if node["state"] == "finished":
                assert (node["score"], node["log_prob"]) == (parent["score"], parent["log_prob"])
                continue
            assert parent["state"] == "live"
            assert node["score"] == pytest.approx(node["log_prob"] / step["penalty"])
            sums = [parent["log_prob"] + log_prob for token, log_prob in parent["candidates"] if token == node["token"]]
            assert any(total == pytest.approx(node["log_prob"], rel=1e-5) for total in sums)


def _tokens(steps, number, node):
    """The written tokens of a hypothesis, without start and end."""
    tokens = []
    while number:
        if node["state"] != "finished" and node["token"] != "<end>":
            tokens.insert(0, node["token"])
        number -= 1
        node = next(other for other in steps[number]["nodes"] if other["slot"] == node["parent"])
    return tokens


@pytest.mark.parametrize(
    "kind",
    [
        *("mixed_float16", "int8"),
        *(pytest.param(kind, marks=pytest.mark.slow) for kind in ("mixed_bfloat16", "float16", "lora")),
    ],
)
def test_models_of_other_precisions_show_the_numbers_of_their_layers(tmp_path, kind):
    with dtype_policy(kind if "float" in kind else "float32"):
        translator = small_translator(num_encoder_layers=1, num_decoder_layers=1)
    parts = transformer_parts(translator.model)
    dense = parts.decoders[0].feed_forward.intermediate_dense
    if kind == "int8":
        dense.quantize("int8")
    elif kind == "lora":
        dense.enable_lora(2)
        dense.lora_kernel_b.assign(np.ones(dense.lora_kernel_b.shape))
    kt.explain(translator, SENTENCE, tmp_path / "a.html", beam_size=2)
    data, content = page_entries(tmp_path / "a.html")
    source_ids, target_ids = (tf.constant([data[side]["ids"]]) for side in ("source", "target"))
    encoder_sequence, padding_mask = parts.encode(source_ids)
    _, self_scores, cross_scores = parts.decoders[0](
        parts.target_embedding(target_ids),
        encoder_sequence,
        encoder_padding_mask=padding_mask,
        return_attention_scores=True,
    )
    logits = translator.model({"source_ids": source_ids, "target_ids": target_ids})
    for name, tensor in {
        "encoder_sequence": encoder_sequence,
        "decoder/1/self_attention/scores": self_scores,
        "decoder/1/cross_attention/scores": cross_scores,
    }.items():
        numbers, error = page_matrix(data, content, name)
        expected = tf.cast(tensor, "float32").numpy()[0][..., : numbers.shape[-1]]
        np.testing.assert_allclose(numbers, expected, rtol=0, atol=error + 1e-6, err_msg=name)
    probabilities = tf.nn.softmax(logits).numpy()[0]
    for step, row in zip(data["next"], probabilities, strict=True):
        for _, token_id, probability in step["words"]:
            assert probability == pytest.approx(row[token_id], rel=1e-4, abs=1e-7)
