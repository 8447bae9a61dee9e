"""The picture of the architecture, an SVG file."""

from xml.sax.saxutils import escape

_WIDTH, _HEIGHT = 800, 540
_BOX_WIDTH, _ROW = 260, 46
_COLUMNS = {"encoder": 200, "decoder": 600}  # Centres.
_COLOURS = {"attention": "#ffd8a8", "norm": "#fff3bf", "dense": "#a5d8ff", "embedding": "#fcc2d7", "output": "#d0bfff"}
_LINE = "#495057"
_STYLE = """\
text { font-family: system-ui, "Segoe UI", "DejaVu Sans", "Apple SD Gothic Neo", "Malgun Gothic", "Noto Sans CJK KR",
  NanumGothic, sans-serif; font-size: 15px; fill: #212529; text-anchor: middle; dominant-baseline: central; }
.code { font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: 11px; fill: #495057; }
.name { text-anchor: start; }
.note { font-size: 13px; fill: #495057; }
"""
# Rows from the bottom of the picture: kind, title, class in the library.
_ENCODER = (
    ("attention", "Self-attention", "MultiHeadSelfAttention"),
    ("norm", "Add & Norm", ""),
    ("dense", "Feed-forward", "FeedForward"),
    ("norm", "Add & Norm", ""),
)
_DECODER = (
    ("attention", "Masked self-attention", "MultiHeadSelfAttention"),
    ("norm", "Add & Norm", ""),
    ("attention", "Cross-attention", "MultiHeadCrossAttention"),
    ("norm", "Add & Norm", ""),
    ("dense", "Feed-forward", "FeedForward"),
    ("norm", "Add & Norm", ""),
)
_BOTTOM = 468


def architecture_svg(source, target, following):
    """Returns the picture of an encoder-decoder Transformer as SVG.

    Args:
        source: tokens of a sentence.
        target: tokens of the beginning of its translation.
        following: the next token.
    """
    parts = []
    tops = {}
    for side, rows, tokens in (("encoder", _ENCODER, source), ("decoder", _DECODER, target)):
        centre = _COLUMNS[side]
        parts += [_text(centre, _BOTTOM + 44, " ".join(tokens)), _arrow(centre, _BOTTOM + 30, centre, _BOTTOM + 18)]
        parts += _box(centre, _BOTTOM, "embedding", "Embedding + position", "PositionalEmbedding")
        first, top = _BOTTOM - 68, _BOTTOM - 68 - (len(rows) - 1) * _ROW
        frame = centre - _BOX_WIDTH / 2 - 18, top - 30, _BOX_WIDTH + 36, first - top + 60
        parts.insert(0, _rectangle(*frame, "#f8f9fa", dashed=True))
        parts.append(_arrow(centre, _BOTTOM - 18, centre, first + 18))
        name = f"Transformer{side.capitalize()}"
        parts.append(_text(frame[0] - 12, frame[1] - 11, f"{name} × N", "code name"))
        for number, (kind, title, layer) in enumerate(rows):
            parts += _box(centre, first - number * _ROW, kind, title, layer)
            if number:
                parts.append(_arrow(centre, first - (number - 1) * _ROW - 18, centre, first - number * _ROW + 18))
        tops[side] = top
    cross = _BOTTOM - 68 - 2 * _ROW
    left, right = _COLUMNS["encoder"], _COLUMNS["decoder"] - _BOX_WIDTH / 2
    middle = (left + right + _BOX_WIDTH / 2) / 2 - 10
    corner = tops["encoder"] - 60
    points = [(left, tops["encoder"] - 18), (left, corner), (middle, corner), (middle, cross), (right - 3, cross)]
    parts.append(_path(points))
    parts += [_text(left + 18, corner - 14, "R"), _text((middle + right) / 2 - 9, cross - 12, "K, V", "note")]
    centre, top = _COLUMNS["decoder"], tops["decoder"] - 84
    parts += [
        _arrow(centre, tops["decoder"] - 18, centre, top + 18),
        *_box(centre, top, "output", "Dense + softmax", ""),
    ]
    parts += [_arrow(centre, top - 18, centre, top - 34), _text(centre, top - 48, following)]
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'width="{_WIDTH}" height="{_HEIGHT}">\n'
        f"<style>{_STYLE}</style>\n"
        '<defs><marker id="tip" markerWidth="8" markerHeight="8" refX="6" refY="4" orient="auto">'
        f'<path d="M0 0.5 L7 4 L0 7.5 z" fill="{_LINE}"/></marker></defs>\n'
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" rx="8" fill="#ffffff"/>\n{body}\n</svg>\n'
    )


def _box(centre, y, kind, title, layer):
    rectangle = _rectangle(centre - _BOX_WIDTH / 2, y - 18, _BOX_WIDTH, 36, _COLOURS[kind])
    if not layer:
        return [rectangle, _text(centre, y, title)]
    return [rectangle, _text(centre, y - 7, title), _text(centre, y + 10, layer, "code")]


def _rectangle(x, y, width, height, fill, dashed=False):
    dashes = ' stroke-dasharray="5 4"' if dashed else ""
    size = f'width="{width:g}" height="{height:g}" rx="6"'
    return f'<rect x="{x:g}" y="{y:g}" {size} fill="{fill}" stroke="{_LINE}"{dashes}/>'


def _text(x, y, text, style=""):
    kind = f' class="{style}"' if style else ""
    return f'<text x="{x:g}" y="{y:g}"{kind}>{escape(text)}</text>'


def _arrow(*ends):
    return _path([ends[:2], ends[2:]])


def _path(points):
    line = " L".join(f"{x:g} {y:g}" for x, y in points)
    return f'<path d="M{line}" fill="none" stroke="{_LINE}" stroke-width="1.5" marker-end="url(#tip)"/>'
