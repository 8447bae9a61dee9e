"""Finds the line of Python code that created a node of a SavedModel's graphs."""

import pathlib

from tensorflow.core.framework import graph_debug_info_pb2

DEBUG_FOLDER = "debug"
_FILE_NAME = "saved_model_debug_info.pb"
_PACKAGE = pathlib.Path(__file__).resolve().parents[1]


class DebugInfo:
    """The traces that `tf.saved_model.save` writes with `save_debug_info`.

    Args:
        saved_model: the folder of the SavedModel.
    """

    def __init__(self, saved_model):
        content = (pathlib.Path(saved_model) / DEBUG_FOLDER / _FILE_NAME).read_bytes()
        self._info = graph_debug_info_pb2.GraphDebugInfo.FromString(content)

    def line_of(self, node):
        """Returns the line of a node as "file:line": the innermost line of this package or of no installed package.

        Args:
            node: "node@function", as in the traces.

        Returns:
            A string, or None without a trace.
        """
        info = self._info
        if node not in info.name_to_trace_id:
            return None
        frames = [info.frames_by_id[number] for number in info.traces_by_id[info.name_to_trace_id[node]].frame_id]
        lines = [(pathlib.Path(info.files[frame.file_index]), frame.line) for frame in frames]
        of_interest = [
            (path, line) for path, line in lines if path.is_relative_to(_PACKAGE) or "site-packages" not in path.parts
        ]
        path, line = (of_interest or lines)[-1]
        return f"{path.relative_to(_PACKAGE.parent) if path.is_relative_to(_PACKAGE) else path}:{line}"
