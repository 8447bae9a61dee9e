from keras_transformer.export.tflite.ids_to_ids import IdsToIds
from keras_transformer.export.tflite.one_text import OneText
from keras_transformer.export.tflite.text_signatures.texts_to_texts import TextsToTexts
from keras_transformer.export.tflite.tflite import convert
from keras_transformer.models.dtype_policy import in_float32


def tflite_content(translator, settings, quantize, text, has_text_signatures):
    """Returns the bytes of a TFLite file.

    Args:
        translator: the `Translator`.
        settings: `SearchSettings` with a `max_length`.
        quantize: None, "float16" or "int8".
        text: whether the file maps texts to texts with TensorFlow Text's operations.
        has_text_signatures: whether the file has the signatures for texts with built-in operations.

    Raises:
        ExportError: TFLite does not support an operation.
    """
    model = in_float32(translator.model)
    if text:
        module = OneText(model, translator.tokenizers, settings, quantize)
    else:
        module = IdsToIds(model, settings, quantize)
        if has_text_signatures:
            module = TextsToTexts(module, translator.tokenizers)
    return convert(module, quantize, allow_text=text)
