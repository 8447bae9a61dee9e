import click


class SeveralValues(click.Command):
    """A command with an option that takes several values, as in `--reference FILE FILE`.

    Click supports this only for arguments. The option can be repeated as well. The values end at the next option. The
    argument of the command can be before or after all options. If it is not there, it is the last of the values.

    Args:
        several: the option.
    """

    def __init__(self, *arguments, several, **options):
        super().__init__(*arguments, **options)
        self._several = several

    def parse_args(self, ctx, args):
        return super().parse_args(ctx, self._repeated(args))

    def _repeated(self, arguments):
        """Returns the arguments with the option before each of its values."""
        flags = {name for option in self.params if getattr(option, "is_flag", False) for name in option.opts}
        flags.update(self.get_help_option_names(click.Context(self)))
        groups, rest, taking = [], [], None
        waiting = list(arguments)
        while waiting:
            argument = waiting.pop(0)
            name, equals, value = argument.partition("=")
            if name == self._several:
                taking = [value] if equals else waiting[:1]
                del waiting[: 0 if equals else 1]
                groups.append(taking)
            elif argument.startswith("-") and argument != "-":
                taking = None
                takes_value = argument not in flags and not equals
                rest.append([argument, *(waiting[:1] if takes_value else [])])
                del waiting[: 1 if takes_value else 0]
            elif taking is not None:
                taking.append(argument)
            else:
                rest.append([argument])
        is_argument_given = any(not part[0].startswith("-") for part in rest)
        if groups and not is_argument_given and len(groups[-1]) > 1:
            rest.append([groups[-1].pop()])
        # An option without a value is unchanged. Click reports the error.
        repeated = [[self._several, value] for group in groups for value in group] + [
            [self._several] for group in groups if not group
        ]
        return [argument for part in rest + repeated for argument in part]
