import pathlib

import click

from keras_transformer.cli.finite_range import FiniteRange
from keras_transformer.cli.language_option import checked_language
from keras_transformer.cli.quiet_tensorflow import import_tensorflow_quietly
from keras_transformer.cli.search_options import beam_size_option, length_penalty_option
from keras_transformer.errors import InputError, check_installed
from keras_transformer.generation import SearchSettings
from keras_transformer.processes.command_process import end_process, is_command

_FILE = click.Path(path_type=pathlib.Path)
_PACKAGES = ("starlette", "uvicorn", "httptools", "prometheus_client", "python_multipart")


@click.command()
@click.argument("models", nargs=-1, metavar="[NAME=]MODEL…")
@click.option("--host", default="127.0.0.1", help="Address to listen on. 0.0.0.0 is every network of the machine.")
@click.option("--port", type=click.IntRange(0, 65535), default=8501, help="0 chooses a free port.")
@click.option("--model-config-file", type=_FILE, help="A models.config of TensorFlow Serving [default: none]")
@click.option("--token-file", type=_FILE, help="Keys that clients must send, one per line [default: no key]")
@click.option("--cors-origin", multiple=True, help="Origin of pages that may use the server, or *. Repeatable.")
@click.option("--workers", type=click.IntRange(1), help="Batches at a time [default: the number of cores]")
@click.option("--batch-size", type=click.IntRange(1), default=32, help="Most texts of a batch.")
@click.option("--queue-size", type=click.IntRange(1), default=1024, help="Most texts that wait. More get status 429.")
@click.option("--max-characters", type=click.IntRange(1), default=100_000, help="Limit of a request.")
@click.option("--max-texts", type=click.IntRange(1), default=256, help="Limit of a request.")
@click.option("--max-seconds", type=FiniteRange(0.1), default=30.0, help="Limit of a request.")
@click.option("--drain-seconds", type=FiniteRange(1), default=30.0, help="Limit of the end after SIGTERM.")
@click.option("--n-best", type=click.IntRange(1), help="Translations of the signature n_best [default: --beam-size]")
@click.option("--source-language", callback=checked_language, help="Of models that do not name it, such as ko.")
@click.option("--target-language", callback=checked_language, help="Of models that do not name it, such as en.")
@length_penalty_option
@beam_size_option
def serve(models, model_config_file, token_file, cors_origin, beam_size, length_penalty, n_best, **options):
    """Serve models over HTTP: the REST routes of TensorFlow Serving, LibreTranslate's interface, and a page at /.

    MODEL is a model folder, an exported SavedModel, or a folder of versions. The name of a model is that of its folder,
    or NAME. The options of the search apply to model folders. Only this machine can reach the server unless --host is
    given.

    SIGTERM ends the server after the requests that have arrived.
    """
    for package in _PACKAGES:
        check_installed(package, extra="serve")
    if not models and model_config_file is None:
        raise InputError("expected at least one model: keras-transformer serve MODEL, or --model-config-file FILE.")
    # Imported here, because the packages are an extra.
    from keras_transformer.serving.access_control import read_tokens  # noqa: PLC0415
    from keras_transformer.serving.check_server import check_server  # noqa: PLC0415
    from keras_transformer.serving.serving_settings import ServingSettings  # noqa: PLC0415

    settings = ServingSettings(
        search=SearchSettings(beam_size=beam_size, length_penalty=length_penalty, n_best=n_best),
        tokens=frozenset() if token_file is None else read_tokens(token_file),
        origins=cors_origin,
        max_batch_size=options.pop("batch_size"),
        **options,
    )
    models = [_named(model) for model in models]
    check_server(models, model_config_file, settings)
    import_tensorflow_quietly()
    from keras_transformer.serving.run_server import run_server  # noqa: PLC0415

    status = run_server(models, model_config_file, settings)
    if is_command():
        end_process(status)  # A version may still be loading.
    return status


def _named(model):
    """Returns the name or None, and the path, of an argument. A path with = exists as it is."""
    name, separator, path = model.partition("=")
    if not separator or pathlib.Path(model).exists():
        return None, model
    if not name or not path:
        raise InputError(f"expected NAME=MODEL or MODEL. Received: {model}")
    return name, path
