import pytest

from keras_transformer.export.web.site_files import LITERT_NAME, MODEL_NAME, write_site


@pytest.mark.parametrize("max_length, longest", [(2, 1), (40, 38), (64, 62), (258, 256), (2048, 256)])
def test_a_sentence_fits_the_model_and_the_signature(tmp_path, max_length, longest):
    (tmp_path / LITERT_NAME).mkdir()
    (tmp_path / MODEL_NAME).touch()
    write_site(tmp_path, max_length)
    program = (tmp_path / "translator.js").read_text("utf-8")
    assert f'export const LONGEST_SENTENCE = Number("{longest}");' in program
    assert all("{{" not in path.read_text("utf-8") for path in tmp_path.glob("*.js"))
