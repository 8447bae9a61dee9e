import contextlib

from keras_transformer.files.markdown_table import markdown_table
from keras_transformer.files.small_files import read_json
from keras_transformer.files.strict_json import json_text
from keras_transformer.files.whole_files import write_text
from keras_transformer.generation.beam_search import LENGTH_FACTOR, LENGTH_MARGIN
from keras_transformer.version import __version__

VERIFICATION_NAME = "verification.json"


def remove_verification(folder, artifact):
    """Removes the `verification.json` of an artifact that is about to be replaced, not that of another."""
    path = folder / VERIFICATION_NAME
    if path.is_file():
        with contextlib.suppress(ValueError):  # It is somebody's own.
            if read_json(path).get("artifact") == artifact:
                path.unlink()


def write_artifact_card(path, title, uses, translator, settings, verification=None):
    """Writes what lies beside or in an artifact: a model card, and `verification.json` where there is a proof.

    Args:
        path: the card, a `.md` file.
        title: the artifact's name.
        uses: Markdown lines that say how it is used.
        translator: the `Translator` it was made from.
        settings: `SearchSettings` with a `max_length`; None where the artifact fixes nothing of the search.
        verification: a `Verification`, or None where there was none.
    """
    config = translator.config
    lines = [
        f"# {title}",
        "",
        f"An encoder-decoder Transformer for translation, exported by keras-transformer {__version__}.",
        "",
        *uses,
        "",
        *_limits(settings, config),
        "",
        "## Model",
        "",
        *markdown_table([("", ""), *config.to_dict().items()]),
        "",
        "## Verification",
        "",
    ]
    if verification is None:
        lines.append(
            "None: it was exported without. `keras-transformer export` compares every artifact with its model."
        )
    else:
        search = ", ".join(f"{name} {value}" for name, value in verification.search.items())
        lines += [f"Against the model it was made from, in a fresh process, with {search}:", ""]
        lines += markdown_table(verification.rows())
        if verification.bleu_signature:
            lines += ["", f"BLEU: `{verification.bleu_signature}`."]
        if verification.operations is not None:
            lines += ["", f"Operations: {', '.join(verification.operations)}."]
        record = json_text({"artifact": title, **verification.to_dict()}, indent=2, ensure_ascii=False)
        write_text(path.parent / VERIFICATION_NAME, record + "\n")
    write_text(path, "\n".join(lines) + "\n")


def _limits(settings, config):
    if settings is None:
        return [f"It reads sources of at most {config.max_length - 1} tokens and the end token."]
    return [
        f"A source of more than {settings.max_length - 1} tokens is cut there. A translation has at most "
        f"{LENGTH_FACTOR} times the tokens of its source and {LENGTH_MARGIN} more, and never more than "
        f"{settings.max_length}. The search is fixed: beam size "
        f"{settings.beam_size}, length penalty {settings.length_penalty}."
    ]
