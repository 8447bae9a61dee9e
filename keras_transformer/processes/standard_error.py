import contextlib
import os
import sys
import tempfile

_originals = []


def print_error(line):
    """Prints a line to standard error, also from another thread while output is held back.

    Args:
        line: the text, without a line break.
    """
    with contextlib.suppress(OSError):  # Standard error is full or closed.
        if _originals:
            os.write(_originals[0], f"{line}\n".encode(errors="backslashreplace"))
        else:
            print(line, file=sys.stderr)


@contextlib.contextmanager
def standard_error_held_back(shown_on_failure=True):
    """Captures output to file descriptor 2, such as that of TensorFlow's C++ code.

    Args:
        shown_on_failure: whether the output is printed if the block fails. Default True.
    """
    try:
        original = os.dup(2)
    except OSError:  # Standard error is closed.
        yield
        return
    with tempfile.TemporaryFile() as held_back:
        os.dup2(held_back.fileno(), 2)
        _originals.append(original)
        try:
            yield
        except BaseException:
            if shown_on_failure:
                held_back.seek(0)
                os.write(original, held_back.read())
            raise
        finally:
            _originals.remove(original)
            os.dup2(original, 2)
            os.close(original)
