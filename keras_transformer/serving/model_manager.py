import threading

from keras_transformer.errors import InputError
from keras_transformer.serving.model_folder_engine import ModelFolderEngine
from keras_transformer.serving.model_source import SAVED_MODEL_NAME, ModelSource
from keras_transformer.serving.models_config import check_names, read_models_config
from keras_transformer.serving.request_error import RequestError
from keras_transformer.serving.saved_model_engine import SavedModelEngine
from keras_transformer.serving.served_model import ServedModel, not_found, unknown_label
from keras_transformer.serving.text_pieces import can_split
from keras_transformer.serving.version_policy import VersionPolicy


class ModelManager:
    """The models of the server. A thread looks for new versions.

    Args:
        models: a list of pairs: the name, or None for the default, and the path.
        config_file: a `models.config`, or None. It is read again when it changes.
        settings: the `ServingSettings`.
        log: a function that writes an event with fields.
        metrics: the `ServerMetrics`.

    Raises:
        InputError: a path is not a model, two models have the same name, or the file is not a `models.config`.
    """

    def __init__(self, models, config_file, settings, log, metrics):
        self._settings = settings
        self._log = log
        self._metrics = metrics
        self._config_file = config_file
        self._config_state = _state(config_file)
        self._given = [(*_named(name, path), VersionPolicy()) for name, path in models]
        # The models of the config, and those that answer requests until these are loaded.
        self._wanted, self._models = {}, {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="versions", daemon=True)
        configured = [] if config_file is None else _sources(read_models_config(config_file))
        self._set_models(self._given + configured)
        self._replace_models()
        self.is_settled = threading.Event()

    @property
    def models(self):
        """The `ServedModel` of each name, in the order of the command."""
        return self._models

    @property
    def is_ready(self):
        """Whether each model has a version that answers."""
        # A model that was added to the config may still be loading.
        models = self._models.values()
        return self.is_settled.is_set() and all(model.available or not model.is_settled for model in models)

    def start(self):
        """Starts the thread, which loads the models."""
        self._thread.start()

    def stop(self):
        """Ends the thread after its current work, without waiting for it."""
        self._ended.set()

    def acquire(self, name, number=None, label=None):
        """Returns the `LoadedVersion` for a request, see `ServedModel.acquire`."""
        while (model := self._models.get(name)) is not None:
            try:
                return model.acquire(number, label)
            except RequestError:
                if self._models.get(name) is model:  # It was not replaced meanwhile.
                    raise
        raise not_found(name, number) if label is None else unknown_label(label)

    def load(self, path):
        """Loads a version and runs its signatures once."""
        languages = self._settings.source_language, self._settings.target_language
        if (path / SAVED_MODEL_NAME).exists():
            engine = SavedModelEngine(path, languages)
        else:
            engine = ModelFolderEngine(path, self._settings.search, languages)
        engine.warm_up()
        for language in engine.directions.sources[:1]:
            can_split(language)  # Loads the rules of sentences.
        return engine

    def _set_models(self, models):
        check_names([(name, source.path) for name, source, _ in models])
        wanted = {}
        for name, source, policy in models:
            known = [each[name] for each in (self._wanted, self._models) if name in each]
            known = [model for model in known if model.source.path == source.path]
            if known:
                known[0].policy = policy
                wanted[name] = known[0]
            else:
                wanted[name] = ServedModel(name, source, policy, self.load, self._log, self._metrics)
        self._wanted = wanted

    def _replace_models(self):
        """Serves the models of the config. A model with another path answers until its successor has a version."""
        before, models = self._models, dict(self._wanted)
        for name in models.keys() & before.keys():
            if before[name].available and not models[name].available:
                models[name] = before[name]
        self._models = models
        for name, model in before.items():
            if models.get(name) is not model:
                model.close()
                if name in models:
                    models[name].report()  # Both can have a version of the same number.

    def _watch(self):
        while not self._ended.is_set():
            for model in list(self._wanted.values()):
                if self._ended.is_set():
                    return
                self._poll(model)
                self._replace_models()
            if all(model.is_settled for model in self._wanted.values()):
                self.is_settled.set()
            self._ended.wait(self._settings.poll_seconds)
            self._read_config_again()

    def _poll(self, model):
        try:
            model.poll()
        except Exception as error:  # The thread continues to look for new versions.
            self._log("versions_failed", model=model.name, error=f"{type(error).__name__}: {error}"[:200])

    def _read_config_again(self):
        state = _state(self._config_file)
        if state == self._config_state:
            return
        self._config_state = state
        try:
            self._set_models(self._given + _sources(read_models_config(self._config_file)))
            self._replace_models()
            self._log("config_read", path=str(self._config_file))
        except (InputError, OSError) as error:
            self._log("config_failed", path=str(self._config_file), error=" ".join(str(error).split()))


def _named(name, path):
    source = ModelSource(path)
    return source.name if name is None else name, source


def _sources(models):
    return [(name, ModelSource(folder), policy) for name, folder, policy in models]


def _state(file):
    if file is None:
        return None
    try:
        state = file.stat()
    except OSError:
        return None
    return state.st_mtime_ns, state.st_size, state.st_ino
