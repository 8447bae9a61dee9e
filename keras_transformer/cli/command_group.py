import importlib

import click

from keras_transformer.cli.quiet_tensorflow import import_tensorflow_quietly
from keras_transformer.processes.command_process import end_in_order, is_command

# Each command, its short help, and whether it needs TensorFlow. Its module has its name, or that in `_MODULES`.
COMMANDS = {
    "train": ("Train a model by a recipe.", True),
    "recipes": ("List the bundled recipes.", False),
    "translate": ("Translate text, line by line.", True),
    "translate-corpus": ("Translate the files of a corpus, on one machine or a cluster.", True),
    "evaluate": ("Measure BLEU, chrF and TER on a test set.", True),
    "score": ("Score given translations.", True),
    "clean": ("Drop bad sentence pairs of a parallel corpus.", False),
    "import": ("Convert a model of another toolkit to a model folder.", True),
    "export": ("Convert a model to a format for other runtimes.", True),
    "plot": ("Plot attention, training or position encodings.", True),
    "explain": ("Explain a translation as an offline page.", True),
    "serve": ("Serve models over HTTP.", True),
    "info": ("Describe a model, as JSON.", True),
}
# A keyword of Python and a name with a hyphen cannot be the name of a module.
_MODULES = {"import": "import_model", "translate-corpus": "translate_corpus"}


def imported_command(name):
    """Imports the module of a command, and returns the command."""
    module = _MODULES.get(name, name)
    return getattr(importlib.import_module(f"keras_transformer.cli.{module}"), module)


class CommandGroup(click.Group):
    """A group that imports a command when it is called. TensorFlow takes seconds to import, and `--help` needs none."""

    def list_commands(self, context):
        return list(COMMANDS)

    def get_command(self, context, name):
        if name not in COMMANDS:
            raise click.exceptions.NoSuchCommand(name, possibilities=COMMANDS, ctx=context)
        _, needs_tensorflow = COMMANDS[name]
        if needs_tensorflow:
            import_tensorflow_quietly()
        command = imported_command(name)
        if is_command():
            end_in_order()  # Before that, a signal ends the process at once, because imports cannot be interrupted.
        return command

    def format_commands(self, context, formatter):
        with formatter.section("Commands"):
            formatter.write_dl([(name, short_help) for name, (short_help, _) in COMMANDS.items()])
