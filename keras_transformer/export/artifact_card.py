import contextlib

from keras_transformer.files.markdown_table import markdown_table
from keras_transformer.files.small_files import read_json
from keras_transformer.files.strict_json import json_text
from keras_transformer.files.whole_files import write_text
from keras_transformer.generation.search_limits import LENGTH_FACTOR, LENGTH_MARGIN
from keras_transformer.version import __version__

VERIFICATION_NAME = "verification.json"


def remove_verification(folder, artifact):
    """Removes the `verification.json` of an artifact that will be replaced. Those of other artifacts are kept."""
    path = folder / VERIFICATION_NAME
    if path.is_file():
        with contextlib.suppress(ValueError):  # A file of the user.
            if read_json(path).get("artifact") == artifact:
                path.unlink()


def write_artifact_card(path, title, uses, translator, settings, verification=None, fixes_search=True):
    """Writes the model card of an artifact, and `verification.json` if the artifact was verified.

    Args:
        path: the card, a `.md` file.
        title: the name of the artifact.
        uses: Markdown lines about its use.
        translator: the `Translator` of the artifact.
        settings: `SearchSettings` with a `max_length`.
        verification: a `Verification`, or None if the artifact was not verified.
        fixes_search: whether the artifact includes the search with its settings. Default True.
    """
    from keras_transformer.models.ensemble import members_of  # noqa: PLC0415 (imports Keras)

    configs = [parts.config.to_dict() for parts in members_of(translator.model)]
    model = "An encoder-decoder Transformer"
    if len(configs) > 1:
        model = f"An ensemble of {len(configs)} encoder-decoder Transformers, by the mean of their probabilities,"
    lines = [
        f"# {title}",
        "",
        f"{model} for translation, exported by keras-transformer {__version__}.",
        "",
        *uses,
        "",
        *_limits(settings, fixes_search),
        *_direction(translator),
        "",
        "## Model",
        "",
        *markdown_table(
            [("",) * (1 + len(configs)), *((name, *(fields[name] for fields in configs)) for name in configs[0])]
        ),
        "",
        "## Verification",
        "",
    ]
    if verification is None:
        lines.append("None. `keras-transformer export` compares every artifact with its model.")
    else:
        search = ", ".join(f"{name} {value}" for name, value in verification.search.items())
        lines += [f"Comparison with the model in a fresh process, with {search}:", ""]
        lines += markdown_table(verification.rows())
        if verification.bleu_signature:
            lines += ["", f"BLEU: `{verification.bleu_signature}`."]
        if verification.operations is not None:
            lines += ["", f"Operations: {', '.join(verification.operations)}."]
        record = json_text({"artifact": title, **verification.to_dict()}, indent=2, ensure_ascii=False)
        write_text(path.parent / VERIFICATION_NAME, record + "\n")
    write_text(path, "\n".join(lines) + "\n")


def _direction(translator):
    """Returns lines about the direction of a multilingual model, or no lines for other models."""
    config, tokenizers = translator.config, translator.tokenizers
    sides = ((tokenizers.source, config.source_prefix), (tokenizers.target, config.target_prefix))
    names = [tokenizer.token(prefix) for tokenizer, prefix in sides if prefix is not None]
    if len(names) == 1:
        texts = translator.texts
        return [
            "",
            f"The model has several directions. This artifact translates from `{texts.source_language or 'any'}` to "
            f"`{texts.target_language}`. It inserts",
            f"the tag `{names[0]}` itself. Another direction needs another export with `--target-language`.",
        ]
    if not names:
        return []
    return [
        "",
        f"The model has many languages. This artifact translates from `{names[0]}` to `{names[1]}`. It inserts both",
        "tokens itself. Another direction needs another export with `--source-language` and `--target-language`.",
    ]


def _limits(settings, fixes_search):
    if not fixes_search:
        return [f"A source has at most {settings.max_length - 1} tokens and the end token."]
    fixed = {name.replace("_", " "): value for name, value in settings.described().items() if name != "max_length"}
    return [
        f"Sources are cut at {settings.max_length - 1} tokens. A translation has at most {LENGTH_FACTOR} times the "
        f"number of source tokens plus {LENGTH_MARGIN} tokens, and at most {settings.max_length} tokens. The search "
        f"settings are fixed: {', '.join(f'{name} {value}' for name, value in fixed.items())}."
    ]
