"""The process of a command, and joint training in several processes."""

import lazy_loader

# Names of the former module `processes`. They can be imported from this package until version 1.0.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "joined_processes": ["Processes", "alone", "join_processes"],
        "process_variables": ["leave_processes"],
    },
)
