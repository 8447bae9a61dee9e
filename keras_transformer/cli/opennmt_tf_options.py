import pathlib

import click

_FILE = click.Path(path_type=pathlib.Path)


def opennmt_tf_options(command):
    """Adds the options of `import` for models of OpenNMT-tf. Each is an argument of `OpenNMTTFFolder`."""
    for option in reversed(
        (
            click.option(
                "--source-vocabulary",
                type=_FILE,
                help="opennmt-tf: vocabulary of the source [default: a file of FOLDER whose first line is <blank>]",
            ),
            click.option("--target-vocabulary", type=_FILE, help="opennmt-tf: vocabulary of the target"),
            click.option(
                "--source-tokenizer",
                type=_FILE,
                help="opennmt-tf: SentencePiece model of the source [default: that of FOLDER which fits, otherwise "
                "tokens are separated by spaces]",
            ),
            click.option("--target-tokenizer", type=_FILE, help="opennmt-tf: SentencePiece model of the target"),
            click.option(
                "--num-heads",
                type=click.IntRange(1),
                help="opennmt-tf: number of attention heads [default: that of model_description.py]",
            ),
            click.option(
                "--activation",
                help="opennmt-tf: activation of the feed-forward networks [default: that of model_description.py, or "
                "relu]",
            ),
            click.option(
                "--source-end/--no-source-end",
                default=None,
                help="opennmt-tf: whether the source ends with the end token, `source_sequence_controls: {end: true}` "
                "[default: no]",
            ),
        )
    ):
        command = option(command)
    return command
