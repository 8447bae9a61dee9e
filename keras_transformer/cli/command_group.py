import importlib

import click

from keras_transformer.processes.command_process import end_in_order, is_command

# Each command and its short help. Its module has its name, or that in `_MODULES`. It checks its input before it
# imports TensorFlow.
COMMANDS = {
    "train": "Train a model by a recipe.",
    "recipes": "List the bundled recipes.",
    "translate": "Translate text, line by line.",
    "translate-corpus": "Translate the files of a corpus, on one machine or a cluster.",
    "evaluate": "Measure BLEU, chrF and TER on a test set.",
    "score": "Score given translations.",
    "shortlist": "Learn the vocabulary shortlist of a model.",
    "clean": "Drop bad sentence pairs of a parallel corpus.",
    "import": "Convert a model of another toolkit to a model folder.",
    "export": "Convert a model to a format for other runtimes.",
    "plot": "Plot attention, training or position encodings.",
    "explain": "Explain a translation as an offline page.",
    "serve": "Serve models over HTTP.",
    "info": "Describe a model, as JSON.",
}
# A keyword of Python and a name with a hyphen cannot be the name of a module.
_MODULES = {"import": "import_model", "translate-corpus": "translate_corpus"}


def imported_command(name):
    """Imports the module of a command, and returns the command."""
    module = _MODULES.get(name, name)
    return getattr(importlib.import_module(f"keras_transformer.cli.{module}"), module)


class CommandGroup(click.Group):
    """A group that imports a command when it is called."""

    def list_commands(self, context):
        return list(COMMANDS)

    def get_command(self, context, name):
        if name not in COMMANDS:
            raise click.exceptions.NoSuchCommand(name, possibilities=COMMANDS, ctx=context)
        command = imported_command(name)
        if is_command():
            end_in_order()  # Before that, a signal ends the process at once, because imports cannot be interrupted.
        return command

    def format_commands(self, context, formatter):
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))
