"""Writes the golden files of the oracle: `PYTHONPATH=.:tests python -m golden.make_from_oracle`."""

import numpy as np
import oracle

from golden.oracle_cases import (
    BLOCKS,
    FOLDER,
    HIDDEN_DIM,
    LABELS,
    POSITIONS,
    SIZES,
    SOURCE_MASK,
    TARGET_MASK,
    WEIGHTS,
    decoder_block,
    encoder_block,
    named_weights,
)


def main():
    generator = np.random.default_rng(0)
    source = generator.normal(size=(*SOURCE_MASK.shape, HIDDEN_DIM)).astype("float32")
    target = generator.normal(size=(*TARGET_MASK.shape, HIDDEN_DIM)).astype("float32")
    for case, arguments in BLOCKS.items():
        ours, theirs = encoder_block(case, source), oracle.encoder_block(**SIZES, **arguments)
        theirs.build(source.shape)
        weights = copied_weights(ours, theirs, generator)
        output, scores = theirs(source, padding_mask=SOURCE_MASK, return_attention_scores=True)
        write(f"encoder_{case}", source=source, output=output, scores=scores, **weights)

        ours, theirs = decoder_block(case, target, source), oracle.decoder_block(**SIZES, **arguments)
        theirs.build(target.shape, source.shape)
        weights = copied_weights(ours, theirs, generator)
        output = theirs(target, source, decoder_padding_mask=TARGET_MASK, encoder_padding_mask=SOURCE_MASK)
        write(f"decoder_{case}", target=target, source=source, output=output, **weights)
    write("positions", positions=oracle.positions(*POSITIONS))
    logits = generator.normal(0, 2, (*LABELS.shape, 11)).astype("float32")
    write(
        "perplexity",
        logits=logits,
        perplexity=oracle.perplexity()(LABELS, logits),
        weighted_perplexity=oracle.perplexity()(LABELS, logits, sample_weight=WEIGHTS),
    )


def copied_weights(ours, theirs, generator):
    """Random weights in both layers; biases and scales, which start as 0 and 1, too."""
    weights = named_weights(ours)
    for weight in weights.values():
        weight.assign(generator.normal(0.3, 0.3, weight.shape))
    oracle.copy_block(ours, theirs)
    return {name: np.array(weight) for name, weight in weights.items()}


def write(name, **arrays):
    np.savez(FOLDER / f"{name}.npz", **{key: np.array(array) for key, array in arrays.items()})


if __name__ == "__main__":
    main()
