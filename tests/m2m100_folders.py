"""Folders of M2M100 and NLLB with random weights and vocabularies learned from generated text."""

import base64
import json

import numpy as np
from marian_folders import LETTERS, SIZES, learned_pieces, lines_of, shapes_of, write_safetensors
from sentencepiece import sentencepiece_model_pb2

LANGUAGES = {"m2m100": ("en", "fr", "de"), "nllb": ("eng_Latn", "fra_Latn", "zho_Hant")}


def pieces_of_both(size=300, **options):
    """Returns a SentencePiece model of the type bpe of generated text in two languages."""
    lines = [*lines_of("source"), *lines_of("target"), *[LETTERS] * 4]
    return learned_pieces(lines, size, **{"model_type": "bpe", "character_coverage": 1.0, **options})


def write_m2m100_tokenizer(folder, pieces, dropped=(), source="en", target="fr", padding_id=1):
    """Writes the tokenizer of an M2M100 folder. Returns the number of tokens without languages."""
    proto = sentencepiece_model_pb2.ModelProto.FromString(pieces)
    found = [piece.piece for piece in proto.pieces if piece.type not in (piece.UNKNOWN, piece.CONTROL)]
    tokens = ["<s>", "</s>", "<unk>", *(piece for piece in found if piece not in dropped)]
    tokens.insert(padding_id, "<pad>")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "sentencepiece.bpe.model").write_bytes(pieces)
    (folder / "vocab.json").write_text(json.dumps({token: number for number, token in enumerate(tokens)}))
    settings = {"tokenizer_class": "M2M100Tokenizer", "src_lang": source, "tgt_lang": target}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")
    return len(tokens)


def write_nllb_tokenizer(folder, pieces, source="eng_Latn", target="fra_Latn"):
    """Writes the tokenizer of an NLLB folder with Transformers, which writes tokenizer.json only. Returns its size."""
    from transformers import NllbTokenizer  # noqa: PLC0415 (it takes seconds)

    spm = folder / "pieces"
    spm.mkdir(parents=True)
    (spm / "sentencepiece.bpe.model").write_bytes(pieces)
    NllbTokenizer.from_pretrained(spm).save_pretrained(spm)
    content = json.loads((spm / "tokenizer.json").read_text(encoding="utf-8"))
    parts = {part["type"]: part for part in content["normalizer"]["normalizers"]}
    tokenizer = NllbTokenizer(
        vocab={token: number for token, number in content["model"]["vocab"].items() if token != "<mask>"},
        merges=[tuple(merge) for merge in content["model"]["merges"]],
        _spm_precompiled_charsmap=base64.b64decode(parts["Precompiled"]["precompiled_charsmap"]),
        src_lang=source,
        tgt_lang=target,
    )
    tokenizer.save_pretrained(folder)
    return len(tokenizer)


def write_model(folder, size, seed=0, **overrides):
    """Writes a model of random weights with Transformers, and returns it."""
    import torch  # noqa: PLC0415 (it takes seconds)
    from transformers import M2M100Config, M2M100ForConditionalGeneration  # noqa: PLC0415

    torch.manual_seed(seed)
    model = M2M100ForConditionalGeneration(M2M100Config(**{**SIZES, "vocab_size": size, **overrides})).eval()
    with torch.no_grad():
        for tensor in model.state_dict().values():
            if tensor.dim() == 1:
                tensor.add_(0.2 * torch.randn_like(tensor))
            else:
                tensor.copy_(torch.randn_like(tensor) * tensor.shape[-1] ** -0.5)
    model.save_pretrained(folder)
    return model


def make_folder(folder, kind="m2m100", pieces=None, dropped=(), keep_pieces=False, padding_id=1, **model):
    """Writes a folder. Returns the model and the tokenizer of Transformers."""
    from transformers import M2M100Tokenizer, NllbTokenizer  # noqa: PLC0415

    content = pieces_of_both(**(pieces or {}))
    if kind == "m2m100":
        size = write_m2m100_tokenizer(folder, content, dropped, padding_id=padding_id) + 108
        model |= _special_ids(padding_id)
        tokenizer = M2M100Tokenizer
    else:
        size = write_nllb_tokenizer(folder, content) + 2
        tokenizer = NllbTokenizer
        if keep_pieces:
            (folder / "sentencepiece.bpe.model").write_bytes(content)
    made = write_model(folder, size, **model)
    return made, tokenizer.from_pretrained(folder)


def _special_ids(padding_id):
    """Returns the ids in `config.json`."""
    end = 2 if padding_id <= 1 else 1
    return {"pad_token_id": padding_id, "eos_token_id": end, "decoder_start_token_id": end}


def make_plain_folder(folder, seed=0, padding_id=1, **overrides):
    """Writes an M2M100 folder without Transformers, for tests that need no reference."""
    size = write_m2m100_tokenizer(folder, pieces_of_both(), padding_id=padding_id) + 108
    config = {**SIZES, "model_type": "m2m_100", "vocab_size": size, **_special_ids(padding_id), **overrides}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    numbers = np.random.default_rng(seed)
    shapes = dict(shapes_of({**config, "share_encoder_decoder_embeddings": True, "decoder_vocab_size": size}))
    del shapes["final_logits_bias"]
    for side in ("encoder", "decoder"):
        shapes |= {f"model.{side}.layer_norm.{part}": (config["d_model"],) for part in ("weight", "bias")}
    write_safetensors(
        folder / "model.safetensors",
        {
            name: (numbers.normal(size=shape) * shape[-1] ** -0.5 + name.endswith("norm.weight")).astype("float32")
            for name, shape in shapes.items()
        },
    )
    return folder
