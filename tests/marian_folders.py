"""MarianMT folders with random weights and vocabularies learned from generated text."""

import functools
import io
import json
import random

import numpy as np
import sentencepiece
from sentencepiece import sentencepiece_model_pb2

SYLLABLES = {
    "source": "ba de fi go ku la me ni po ru sa te vi wo xu ya ze the ing ed qu ch sh ck j",
    "target": "ach ein ög üb ßt auf ver ung lich keit der den gé bé sch ck pf zu é wo my xj q",
}
LETTERS = "abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ 0 1 2 3 4 5 6 7 8 9 ( ) : ;"
SIZES = {
    "d_model": 32,
    "encoder_layers": 2,
    "decoder_layers": 2,
    "encoder_attention_heads": 4,
    "decoder_attention_heads": 4,
    "encoder_ffn_dim": 48,
    "decoder_ffn_dim": 48,
    "max_position_embeddings": 64,
    "scale_embedding": True,
}
CONFIG = {
    **SIZES,
    "model_type": "marian",
    "activation_function": "swish",
    "eos_token_id": 0,
    "dropout": 0.1,
}
ODD_LINES = [
    "bade figo ku .",
    "  two  spaces   and\ttab ",
    "unknown ☃ and ☃☃ and 龍 龍龍龍x",
    "caf\u00e9, \u00df, gé keit auf",
    "“quotes” „low‟ ‘single’ — dash – … ¡! ¿? « guillemets » ´ `",
    "full\u3000width　ｆｕｌｌ ①② ﬁ",
    "zero\u200bwidth \u00a0no-break\u00a0space soft\u00adhyphen",
    "12,345.67 % € £ $ # @ & * ( ) [ ] { } < > >> << >>",
    "🙂 emoji 👨‍👩‍👧 🇩🇪",
    "\u2581 \u2581underline▁inside",
    "UPPER Lower À İ",
    "x" * 90,
    ">>fra<< bade figo",
    ">>fra<<bade figo",
    ">>cmn_Hans<<  bade",
    ">>xxx<< bade",
    ">>xx<<bade",
    ">>fra<<",
]
LANGUAGES = (">>fra<<", ">>cmn_Hans<<")


def lines_of(side, count=600, seed=0):
    """Returns generated lines of a language."""
    generator = random.Random(f"{side}{seed}")
    syllables = SYLLABLES[side].split()
    words = ["".join(generator.choices(syllables, k=generator.randint(1, 3))) for _ in range(200)]
    return [
        " ".join(generator.choices(words, k=generator.randint(2, 9))) + generator.choice([" .", "!", " ?", ", 12"])
        for _ in range(count)
    ]


def learned_pieces(lines, size, **options):
    """Returns the bytes of a SentencePiece model, trained as for Marian: `<unk>` 0, `<s>` 1, `</s>` 2."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines),
        model_writer=model,
        vocab_size=size,
        **{"hard_vocab_limit": False, "minloglevel": 2, "num_threads": 1, **options},
    )
    return model.getvalue()


@functools.cache
def _generated_pieces(side, options):
    return learned_pieces(
        [*lines_of(side), *[LETTERS] * 4], **{"size": 180, "character_coverage": 1.0, **dict(options)}
    )


def pieces_model(side, **options):
    """Returns a SentencePiece model of generated text. The options are those of `learned_pieces`."""
    return _generated_pieces(side, tuple(options.items()))


def vocabulary_of(models, languages=(), dropped=()):
    """Returns a vocabulary as Marian has it: the end token, the unknown token, the pieces, and padding last."""
    tokens = dict.fromkeys(["</s>", "<unk>", *languages])
    for model in models:
        proto = sentencepiece_model_pb2.ModelProto.FromString(model)
        pieces = [piece.piece for piece in proto.pieces if piece.type not in (piece.UNKNOWN, piece.CONTROL)]
        tokens |= dict.fromkeys(piece for piece in pieces if piece not in dropped)
    return {token: number for number, token in enumerate([*tokens, "<pad>"])}


def write_tokenizers(folder, source, target, separate=False, languages=(), dropped=()):
    """Writes SentencePiece models and vocabularies. Returns the sizes of the vocabularies."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "source.spm").write_bytes(source)
    (folder / "target.spm").write_bytes(target)
    tables = [vocabulary_of([source] if separate else [source, target], languages, dropped)]
    if separate:
        tables.append(vocabulary_of([target]))
    for name, table in zip(("vocab.json", "target_vocab.json"), tables):
        (folder / name).write_text(json.dumps(table, indent=2), encoding="utf-8")
    settings = {"source_lang": "eng", "target_lang": "deu", "separate_vocabs": separate}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")
    return [len(table) for table in tables]


def config_of(sizes, **overrides):
    """Returns the fields of `MarianConfig` for vocabularies of these sizes, one size if they are shared."""
    return {
        **CONFIG,
        "vocab_size": sizes[0],
        "decoder_vocab_size": sizes[-1],
        "share_encoder_decoder_embeddings": len(sizes) == 1,
        "pad_token_id": min(sizes) - 1,
        "decoder_start_token_id": sizes[-1] - 1,
        **overrides,
    }


def write_model(folder, sizes, seed=0, **overrides):
    """Writes a model of random weights with Transformers, and returns it."""
    import torch  # noqa: PLC0415 (it takes seconds)
    from transformers import MarianConfig, MarianMTModel  # noqa: PLC0415

    torch.manual_seed(seed)
    model = MarianMTModel(MarianConfig(**config_of(sizes, **overrides))).eval()
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if "embed_positions" in name:
                continue
            if tensor.dim() == 1:
                tensor.add_(0.2 * torch.randn_like(tensor))
            else:
                tensor.copy_(torch.randn_like(tensor) * (1.0 if len(tensor) == 1 else tensor.shape[-1] ** -0.5))
    model.save_pretrained(folder)
    return model


def make_folder(
    folder, separate=False, languages=LANGUAGES, dropped=(), pieces=None, sides=("source", "target"), **model
):
    """Writes a folder. Returns the model and the tokenizer of Transformers."""
    from transformers import MarianTokenizer  # noqa: PLC0415

    sizes = write_tokenizers(
        folder, *(pieces_model(side, **(pieces or {})) for side in sides), separate, languages, dropped
    )
    return write_model(folder, sizes, **model), MarianTokenizer.from_pretrained(folder)


def make_plain_folder(folder, seed=0, separate=False, languages=(), dropped=(), pieces=None, **overrides):
    """Writes a folder without Transformers, for tests that need no reference."""
    options = {"normalization_rule_name": "identity", **(pieces or {})}
    source, target = (pieces_model(side, **options) for side in ("source", "target"))
    sizes = write_tokenizers(folder, source, target, separate, languages, dropped)
    config = config_of(sizes, **overrides)
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    numbers = np.random.default_rng(seed)
    write_safetensors(
        folder / "model.safetensors",
        {
            name: (numbers.normal(size=shape) * shape[-1] ** -0.5 + name.endswith("norm.weight")).astype("float32")
            for name, shape in shapes_of(config)
        },
    )
    return folder


def shapes_of(config):
    """Yields the name and shape of each tensor of a folder with a shared table."""
    width, inner = config["d_model"], config["encoder_ffn_dim"]
    yield "final_logits_bias", (1, config["decoder_vocab_size"])
    if config["share_encoder_decoder_embeddings"]:
        yield "model.shared.weight", (config["vocab_size"], width)
    else:
        yield "model.encoder.embed_tokens.weight", (config["vocab_size"], width)
        yield "model.decoder.embed_tokens.weight", (config["decoder_vocab_size"], width)
    for side, attentions in (("encoder", ["self_attn"]), ("decoder", ["self_attn", "encoder_attn"])):
        for number in range(config[f"{side}_layers"]):
            block = f"model.{side}.layers.{number}"
            dense = {
                f"{attention}.{part}_proj": (width, width)
                for attention in attentions
                for part in ("q", "k", "v", "out")
            }
            for name, shape in {**dense, "fc1": (inner, width), "fc2": (width, inner)}.items():
                yield f"{block}.{name}.weight", shape
                yield f"{block}.{name}.bias", shape[:1]
            for name in (*attentions, "final"):
                yield f"{block}.{name}_layer_norm.weight", (width,)
                yield f"{block}.{name}_layer_norm.bias", (width,)


def write_safetensors(path, tensors):
    """Writes float32 tensors, and uint16 ones as bfloat16."""
    header, position = {}, 0
    for name, tensor in tensors.items():
        end = position + tensor.nbytes
        kind = "BF16" if tensor.dtype == "uint16" else "F32"
        header[name] = {"dtype": kind, "shape": list(tensor.shape), "data_offsets": [position, end]}
        position = end
    encoded = json.dumps(header).encode("utf-8")
    path.write_bytes(
        len(encoded).to_bytes(8, "little") + encoded + b"".join(each.tobytes() for each in tensors.values())
    )
