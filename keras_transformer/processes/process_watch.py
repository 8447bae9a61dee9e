import os
import re
import signal
import socket
import threading
import time

from keras_transformer.errors import InputError
from keras_transformer.processes.command_process import (
    EXIT_INPUT_ERROR,
    WATCHED,
    end_process,
    interrupted_status,
    is_interrupted,
)
from keras_transformer.processes.json_connection import JsonConnection
from keras_transformer.processes.printable import printable
from keras_transformer.processes.process_settings import ProcessSettings
from keras_transformer.processes.standard_error import print_error

_SECONDS_BETWEEN_BEATS = 5
# A process that sends nothing for this time is lost.
SECONDS_OF_SILENCE = 30
# Time for the other processes to read the reason of the end.
_SECONDS_TO_TELL = 0.5
# Time in which a launcher ends its processes.
_SECONDS_OF_LAUNCHER = 60
# JAX's errors after the loss of another process.
_OF_NETWORK = re.compile("gloo|nccl|collective|coordination|deadline|unavailable|connection|socket", re.IGNORECASE)


class ProcessWatch:
    """Ends this process if another process of the joint training ends or is lost, and the other way round.

    The other processes are connected with the first one, over TCP. Each sends a message every 5 seconds. A process that
    fails sends its error, so that every host prints one line with the reason.

    Args:
        settings: the `ProcessSettings`.
    """

    def __init__(self, settings: ProcessSettings):
        self.settings = settings
        self.host = socket.gethostname()
        self._connections: dict[int, JsonConnection] = {}
        self._hosts = {settings.index: self.host}
        self._advice = "Start all processes again."
        self._ending = threading.Lock()
        self._finished: set[int] = set()
        self._changed = threading.Condition()
        threading.Thread(target=self._beat, daemon=True).start()

    def training_begins(self) -> None:
        """The errors advise to resume the training from now on."""
        self._advice = "Start all processes again with --resume."

    def wait_for_first(self) -> None:
        """Waits until the first process has called it as well. All processes must call it equally often."""
        raise NotImplementedError

    def leave(self, error: BaseException) -> None:
        """Sends an error of this process to the others. Call it before the error is reported.

        It does not return if another process is the cause. The watch then reports the cause and ends this process.

        Args:
            error: the exception.
        """
        if isinstance(error, KeyboardInterrupt) and is_interrupted():
            status = interrupted_status()
            reason = f"{self._name()} was ended by {signal.Signals(status - 128).name}. {self._advice}"
        elif isinstance(error, (InputError, OSError)):
            status, reason = EXIT_INPUT_ERROR, f"{self._name()}: {_text(error)}"
        else:
            status, reason = 1, f"{self._name()} failed: {_text(error)}"
            if _OF_NETWORK.search(str(error)):
                # Another process may be the cause. The watch notices it soon.
                deadline = time.monotonic() + SECONDS_OF_SILENCE + _SECONDS_BETWEEN_BEATS
                while not self._ending.locked() and time.monotonic() < deadline:
                    time.sleep(0.1)
        if not self._ending.acquire(blocking=False):
            threading.Event().wait()  # The watch ends the process.
        self._tell(reason, status)

    def _name(self, index=None):
        index = self.settings.index if index is None else index
        return f"process {index} ({self._hosts.get(index, 'unknown host')})"

    def _beat(self):
        while True:
            time.sleep(_SECONDS_BETWEEN_BEATS)
            for connection in list(self._connections.values()):
                connection.send(beat=True)

    def _follow(self, index):
        """Reads the messages of another process until it ends. Runs in a thread."""
        problem = "ended unexpectedly"
        try:
            while message := self._connections[index].receive(SECONDS_OF_SILENCE):
                if "end" in message:
                    self._end(str(message["end"]), int(message["status"]))
                self._receive(index, message)
        except ConnectionError:
            pass
        except TimeoutError:
            problem = f"has not answered for {SECONDS_OF_SILENCE} seconds"
        except (OSError, ValueError) as error:
            problem = f"is lost ({error})"
        with self._changed:
            is_finished = index in self._finished
            self._connections.pop(index).close()
            self._changed.notify_all()
        if not is_finished:
            self._end(f"{self._name(index)} {problem}. {self._advice}", 1)

    def _receive(self, index, message):
        """Handles a message of another process."""

    def _wait_until(self, condition, seconds=None):
        """Waits until messages have made a condition true. Returns whether it is."""
        with self._changed:
            while not self._changed.wait_for(condition, 0.2 if seconds is None else seconds):
                if seconds is not None:
                    return False
        return True

    def _end(self, reason, status):
        """Ends this process for the reason of another one."""
        if not self._ending.acquire(blocking=False):
            return  # It is ending already.
        self._tell(reason, status)
        if os.environ.get(WATCHED):
            time.sleep(_SECONDS_OF_LAUNCHER)  # The launcher reports the error and ends this process.
        else:
            print_error(f"keras-transformer: {printable(reason)}")
        end_process(status)

    def _tell(self, reason, status):
        """Sends the reason to the connected processes, and waits until they have ended."""
        for connection in list(self._connections.values()):
            connection.send(end=reason, status=status)
        self._wait_until(lambda: not self._connections, _SECONDS_TO_TELL)


def _text(error):
    if isinstance(error, OSError) and error.filename and error.strerror:
        return f"{error.filename}: {error.strerror}."
    return " ".join(str(error).split()) or type(error).__name__
