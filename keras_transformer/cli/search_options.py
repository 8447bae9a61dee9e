import click


def search_options(command):
    """The options of beam search, the same for every command that translates."""
    for option in (
        click.option("--batch-size", type=click.IntRange(1), default=64, help="Sentences translated at a time."),
        click.option("--length-penalty", type=float, default=0.6, help="More prefers longer translations."),
        click.option("--beam-size", type=click.IntRange(1), default=4, help="Hypotheses kept; 1 is greedy."),
    ):
        command = option(command)
    return command
