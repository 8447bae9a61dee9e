"""The beam search of one sentence as a tree."""

import tensorflow as tf

from keras_transformer.generation.beam_search import BeamSearch
from keras_transformer.layers.observation import observed
from keras_transformer.special_tokens import END_ID, PADDING_ID, START_ID


def search_tree(parts, source_ids, settings, written):
    """Searches the translation of one sentence eagerly, and returns every step.

    Args:
        parts: the `TransformerParts` of the model.
        source_ids: `(1, source_length)` int32.
        settings: `SearchSettings` of the model.
        written: function from a list of ids of target tokens to their written forms.

    Returns:
        The token ids of the best translation with its end token, a list, and the steps for JSON, the first with the
        start token. A step has `penalty` and `nodes`, the hypotheses of the beam, best first. A node has

        - `slot`, its place in the beam, and `parent`, the slot in the step before that it continues;
        - `token`, and `log_prob` and `score` of the whole hypothesis;
        - `state`: "live", "ended" by the end token in this step, "finished" earlier, or "stopped", because it could no
          longer surpass the finished hypotheses;
        - `candidates` of a live hypothesis: pairs of a token that the next step compared and its log-probability.
    """
    search = BeamSearch((parts,), settings).search
    with observed("search_step") as results:
        found = search(source_ids, tf.constant(settings.length_penalty, tf.float32), tf.constant(settings.max_length))
    (start,) = written([START_ID])
    nodes = [{"slot": 0, "parent": 0, "token": start, "log_prob": 0.0, "score": 0.0, "state": "live"}]
    steps = [{"penalty": 1.0, "nodes": nodes}]
    for _, result in results:
        step = tf.nest.map_structure(lambda part: part.numpy(), result)
        for node in nodes:
            if node["state"] == "live":
                node["candidates"] = _candidates(step.tokens, node["slot"], written)
        nodes = _nodes(step, {node["slot"]: node for node in nodes}, written)
        steps.append({"penalty": float(step.penalty), "nodes": nodes})
    token_ids = found.token_ids[0, 0].numpy()
    return token_ids[token_ids != PADDING_ID].tolist(), steps


def _candidates(tokens, slot, written):
    """Returns the tokens that can continue a hypothesis, and the end token, most probable first."""
    log_probs = [*tokens.log_probs[slot].tolist(), float(tokens.end_log_probs[slot])]
    names = written([*tokens.token_ids[slot].tolist(), END_ID])
    pairs = [[name, log_prob] for name, log_prob in zip(names, log_probs) if log_prob > float("-inf")]
    return sorted(pairs, key=lambda pair: -pair[1])


def _nodes(step, parents, written):
    """Returns the hypotheses of a step. Slots without a hypothesis have none."""
    nodes = []
    chosen = step.chosen
    for slot, token in enumerate(written(chosen.token_ids[0].tolist())):
        log_prob, score = float(chosen.log_probs[0, slot]), float(chosen.scores[0, slot])
        parent = parents.get(int(step.parents[0, slot]))
        if max(log_prob, score) == float("-inf"):
            continue
        node = {"slot": slot, "parent": parent["slot"], "token": token, "log_prob": log_prob, "score": score}
        if log_prob > float("-inf"):
            node["score"] = log_prob / float(step.penalty)
            node["state"] = "live" if step.beam.log_probs[0, slot] > float("-inf") else "stopped"
        elif chosen.token_ids[0, slot] == END_ID:
            node["log_prob"] = parent["log_prob"] + float(step.tokens.end_log_probs[parent["slot"]])
            node["state"] = "ended"
        else:
            node |= {"token": parent["token"], "log_prob": parent["log_prob"], "state": "finished"}
        nodes.append(node)
    return nodes
