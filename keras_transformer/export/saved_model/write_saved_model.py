import shutil

import tensorflow as tf

from keras_transformer.export.debug_info import DEBUG_FOLDER
from keras_transformer.export.saved_model.served_operations import check_served_operations
from keras_transformer.export.saved_model.serving_files import (
    longer_texts,
    warmup_text,
    write_text_facts,
    write_warmup_requests,
)
from keras_transformer.export.saved_model.text_to_text import TextToText
from keras_transformer.generation.compiled_search import compiled_lengths
from keras_transformer.models.dtype_policy import in_float32


def write_saved_model(translator, artifact, settings, prefix_signature, jit):
    """Writes a SavedModel with its warm-up requests.

    Args:
        translator, artifact, settings: see `Exporter.write`.
        prefix_signature, jit: see `SavedModelExporter`.
    """
    model, shortlist = in_float32(translator.model), translator.shortlist
    module = TextToText(model, translator.tokenizers, settings, prefix_signature, shortlist, jit)
    signatures = module.signatures()
    options = tf.saved_model.SaveOptions(save_debug_info=True)
    tf.saved_model.save(module, str(artifact), signatures=signatures, options=options)
    check_served_operations(artifact, jit)
    shutil.rmtree(artifact / DEBUG_FOLDER)  # It contains folder names of this machine.
    tokenizer = translator.tokenizers.source
    text = warmup_text(tokenizer)
    # One for each compiled search. The short text has the first one.
    longer = longer_texts(tokenizer, text, compiled_lengths(settings.max_length)[:-1]) if jit else []
    write_warmup_requests(artifact, signatures, text, longer)
    write_text_facts(artifact, translator.texts, settings.max_length)
