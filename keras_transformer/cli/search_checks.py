from keras_transformer.errors import InputError
from keras_transformer.generation.shortlist_limits import NO_SHORTLIST
from keras_transformer.saving.ensemble_files import smallest_config
from keras_transformer.saving.model_files import SHORTLIST_NAME
from keras_transformer.text.glossary import check_terms
from keras_transformer.text.sentences import check_languages


def check_search(files, settings, split_sentences, glossary):
    """Raises an `InputError` if models cannot translate with the options of a command, before they are loaded.

    Args:
        files: a list of `ModelFiles`.
        settings: the `SearchSettings`.
        split_sentences: whether lines are split.
        glossary: the `Glossary`, or None.
    """
    settings.of_model(smallest_config(files))
    if settings.shortlist and not (files[0].path / SHORTLIST_NAME).is_file():
        raise InputError(NO_SHORTLIST)
    if split_sentences:
        check_languages(files[0].texts)
    if glossary:
        check_terms(files[0].tokenizers.placeholder_kinds)
