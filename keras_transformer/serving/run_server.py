import asyncio
import contextlib
import logging
import os
import resource
import signal
import socket
import sys

import tensorflow as tf
import uvicorn

from keras_transformer.errors import InputError
from keras_transformer.serving.access_log import AccessLog
from keras_transformer.serving.application import Application
from keras_transformer.serving.arrived_connections import take_arrived
from keras_transformer.serving.listening_socket import BACKLOG, listening_socket
from keras_transformer.serving.timed_protocol import timed_protocol
from keras_transformer.serving.translation_service import TranslationService

_MOST_CONNECTIONS = 4096
# Time for clients of open connections to send their next request, whose response ends the connection.
_SECONDS_OF_GRACE = 0.5
_SECONDS_BETWEEN_LOOKS = 0.05


def run_server(models, config_file, settings):
    """Runs the server until a signal ends it.

    SIGTERM ends it in order: it stops listening, answers the requests that have arrived, and returns. A second signal
    ends it at once.

    Args:
        models: a list of pairs: the name of a model, or None for the default, and its path.
        config_file: a `models.config` of TensorFlow Serving, or None.
        settings: the `ServingSettings`.

    Returns:
        The exit status: 0 after SIGTERM, 130 after Ctrl-C.

    Raises:
        InputError: the address is taken, a path is not a model, or the first version of a model cannot be loaded.
    """
    log = AccessLog()
    _log_warnings(log)
    with listening_socket(settings.host, settings.port) as listener:
        service = TranslationService(models, config_file, settings, log.write)
        application = Application(service, log)
        _use_one_thread_per_batch()
        try:
            return asyncio.run(_serve(application, service, listener, log))
        finally:
            application.close()


async def _serve(application, service, listener, log):
    settings = service.settings
    config = uvicorn.Config(
        application,
        http=timed_protocol(settings.header_seconds, settings.max_bytes),
        ws="none",
        loop="asyncio",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=BACKLOG,
        limit_concurrency=_connections(),
        timeout_keep_alive=max(1, round(settings.header_seconds)),
        timeout_graceful_shutdown=max(1, round(settings.drain_seconds)),
    )
    server = _Server(config)
    received = []
    loop = asyncio.get_running_loop()

    def end(number):
        received.append(number)
        if len(received) > 1:
            os._exit(128 + number)
        log.write("draining", signal=signal.Signals(number).name)
        tasks.append(loop.create_task(_drain(application, server, listener)))

    tasks = []
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            loop.add_signal_handler(number, end, number)
    service.manager.start()
    start = loop.create_task(_report_start(service, server, listener, log))
    await server.serve(sockets=[listener])
    if start.done() and start.result() is not None:
        raise start.result()
    start.cancel()
    log.write("stopped")
    return 130 if received and received[0] == signal.SIGINT else 0


async def _report_start(service, server, listener, log):
    """Reports when the server listens and when it is ready. Returns the error if a model cannot be loaded."""
    address = _address(listener)
    while not server.started:
        await asyncio.sleep(_SECONDS_BETWEEN_LOOKS)
    log.write("listening", address=address)
    while not service.manager.is_settled.is_set():
        await asyncio.sleep(_SECONDS_BETWEEN_LOOKS)
    for name, model in service.manager.models.items():
        if not model.available:
            server.should_exit = True
            return InputError(f"the model {name} cannot be loaded: {model.error}")
    log.write("ready", address=address)
    _notify_systemd()
    return None


async def _drain(application, server, listener):
    application.is_draining = True
    await take_arrived(listener, server.protocol)
    for listening in server.servers:
        listening.close()
    if server.server_state.connections:
        await asyncio.sleep(_SECONDS_OF_GRACE)
    server.should_exit = True


class _Server(uvicorn.Server):
    def protocol(self):
        return self.config.http_protocol_class(config=self.config, server_state=self.server_state, app_state={})

    @contextlib.contextmanager
    def capture_signals(self):
        yield  # `_serve` handles the signals.


def _log_warnings(log):
    """Writes messages of uvicorn and asyncio to the log, without tracebacks, which can have texts."""
    for name in ("uvicorn", "asyncio"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [_EventHandler(log, logging.WARNING)], False


class _EventHandler(logging.Handler):
    def __init__(self, log, level):
        super().__init__(level)
        self._log = log

    def emit(self, record):
        error = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else None
        self._log.write("warning", source=record.name, message=record.getMessage().split("\n")[0][:200], type=error)


def _use_one_thread_per_batch():
    """Lets TensorFlow compute each batch with one thread, because each core has its own batch."""
    with contextlib.suppress(RuntimeError):  # TensorFlow has started its threads already.
        tf.config.threading.set_intra_op_parallelism_threads(1)


def _address(listener):
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _connections():
    """Returns the number of connections, and lets the process open as many files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_CONNECTIONS + 256
    if soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return max(64, min(_MOST_CONNECTIONS, soft - 256))


def _notify_systemd():
    """Reports to systemd that the server is ready, if it is a unit of the type notify."""
    name = os.environ.get("NOTIFY_SOCKET")
    if not name or sys.platform != "linux":
        return
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notifications:
        notifications.sendto(b"READY=1", f"\0{name[1:]}" if name.startswith("@") else name)
