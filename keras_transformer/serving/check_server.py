from keras_transformer.errors import InputError
from keras_transformer.saving.model_files import read_model_files
from keras_transformer.serving.listening_socket import listening_socket
from keras_transformer.serving.model_source import SAVED_MODEL_NAME, ModelSource
from keras_transformer.serving.models_config import check_names, read_models_config


def check_server(models, config_file, settings):
    """Raises the errors of `run_server` that can be detected without TensorFlow.

    The weights of a model folder, and the graph of a SavedModel, are checked when they are loaded.

    Args:
        models, config_file, settings: see `run_server`.

    Raises:
        InputError: the address is taken, a path is not a model, a model folder cannot be loaded, two models have the
            same name, or the file is not a `models.config` of versions that exist.
    """
    listening_socket(settings.host, settings.port).close()
    sources = [(name, ModelSource(path)) for name, path in models]
    sources = [(source.name if name is None else name, source) for name, source in sources]
    configured = [] if config_file is None else read_models_config(config_file)
    others = [(name, ModelSource(folder), policy) for name, folder, policy in configured]
    check_names([(name, source.path) for name, source, *_ in [*sources, *others]])
    for name, source, policy in others:
        if not policy.chosen(source.versions()):
            numbers = " or ".join(map(str, sorted(policy.specific))) or "of an empty list"
            raise InputError(f"the model {name} has no version {numbers}: {source.path}")
    for name, source in sources:
        versions = source.versions()
        path, _ = versions[max(versions)]
        if not (path / SAVED_MODEL_NAME).exists():
            _check_folder(name, path, settings.search)


def _check_folder(name, path, search):
    try:
        search.of_model(read_model_files(path).config)
    except InputError as error:
        raise InputError(f"the model {name} cannot be loaded: {error}") from None
