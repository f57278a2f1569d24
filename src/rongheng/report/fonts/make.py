"""Build ``metrics.ttf``: a font of widths alone, from which charts are laid out alike on every machine.

What lives here: the advance widths, and a writer of just the TrueType tables that a layout asks for. What does not:
any shape that is ever seen. Charts are drawn as text in the reader's own fonts; this font only tells the layout how
wide a text will be, since a machine without a Chinese font takes a wrong width and lets legends overlap.

After a change: ``python src/rongheng/report/fonts/make.py``. The same widths give the same bytes. Latin letters have
the widths of Helvetica, which Arial and Liberation Sans share; every Chinese character and full-width sign is one em.
Each glyph is a box that fills its width: an empty glyph would be measured as nothing.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

FAMILY = "Rongheng Metrics"
UNITS_PER_EM = 1000
ASCENT, DESCENT, BOX_HEIGHT = 880, -120, 700  # a line is one em high, as CJK fonts have it

# The published advance widths of Helvetica from U+0020 to U+007E, in thousandths of an em.
_ASCII = (
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278,
    556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
    1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,
    667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,
    333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556,
    556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
)  # fmt: skip

# Signs outside ASCII that figures use. Quotation marks, arrows and the ellipsis are full-width in Chinese text.
_SIGNS = {
    "\u00a0": 278, "\u202f": 200, "±": 584, "×": 584, "÷": 584, "·": 278, "°": 400, "²": 333, "σ": 556, "Σ": 618,
    "β": 556, "Δ": 612, "–": 556, "—": 1000, "−": 584, "≤": 549, "≥": 549, "≈": 549, "→": 1000, "←": 1000, "↑": 1000,
    "↓": 1000, "‰": 1000, "…": 1000, "“": 1000, "”": 1000, "‘": 1000, "’": 1000, "▲": 1000, "▼": 1000, "●": 1000,
    "○": 1000, "■": 1000, "□": 1000,
}  # fmt: skip

# Blocks of which every character is one em wide: signs, kana, Chinese characters, compatibility and full-width forms.
_FULL_WIDTH = ((0x3000, 0x30FF), (0x3200, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0xFF01, 0xFF60))


def font() -> bytes:
    """Return the font file."""
    single = {0x20 + place: width for place, width in enumerate(_ASCII)} | {ord(s): w for s, w in _SIGNS.items()}
    advances = [UNITS_PER_EM, *sorted({*single.values(), UNITS_PER_EM})]  # glyph 0 stands for what is not there
    glyphs = {advance: glyph for glyph, advance in enumerate(advances) if glyph}
    groups = [(code, code, glyphs[width]) for code, width in single.items()]
    groups += [(first, last, glyphs[UNITS_PER_EM]) for first, last in _FULL_WIDTH]
    outlines = [_box(advance) for advance in advances]
    tables = {
        b"cmap": _character_map(sorted(groups)),
        b"glyf": b"".join(outlines),
        b"head": _head(),
        b"hhea": _horizontal_header(max(advances), count=len(advances)),
        b"hmtx": b"".join(struct.pack(">Hh", advance, 0) for advance in advances),
        b"loca": b"".join(struct.pack(">I", place * len(outlines[0])) for place in range(len(outlines) + 1)),
        b"maxp": struct.pack(">HH14H", 1, 0, len(advances), 4, 1, 0, 0, 2, *[0] * 8),
        b"name": _names(),
    }
    return _file(tables)


def _box(width: int) -> bytes:
    header = struct.pack(">hhhhh", 1, 0, 0, width, BOX_HEIGHT)
    steps = (0, 0, width, 0, 0, BOX_HEIGHT, 0, -BOX_HEIGHT)  # four x steps, then four y steps
    return (header + struct.pack(">HH4B8h", 3, 0, 1, 1, 1, 1, *steps)).ljust(36, b"\0")


def _character_map(groups: Sequence[tuple[int, int, int]]) -> bytes:
    """Return a ``cmap`` that gives whole blocks one glyph (format 13), which keeps the file small."""
    body = b"".join(struct.pack(">III", *group) for group in groups)
    header = struct.pack(">HHHHI", 0, 1, 0, 6, 12)  # one subtable: Unicode, many characters to one glyph
    return header + struct.pack(">HHIII", 13, 0, 16 + len(body), 0, len(groups)) + body


def _horizontal_header(widest: int, *, count: int) -> bytes:
    caret = (1, 0, 0)
    return struct.pack(">HHhhhHhhh3h5hH", 1, 0, ASCENT, DESCENT, 0, widest, 0, 0, widest, *caret, *[0] * 5, count)


def _head() -> bytes:
    bounds = (0, 0, UNITS_PER_EM, BOX_HEIGHT)
    return struct.pack(
        ">IIIIHHqqhhhhHHhhh", 0x00010000, 0x00010000, 0, 0x5F0F3CF5, 3, UNITS_PER_EM, 0, 0, *bounds, 0, 8, 2, 1, 0
    )


def _names() -> bytes:
    postscript = f"{FAMILY.replace(' ', '')}-Regular"
    texts = {1: FAMILY, 2: "Regular", 4: FAMILY, 6: postscript}
    records, strings = b"", b""
    for identity, text in texts.items():
        encoded = text.encode("utf-16-be")
        records += struct.pack(">HHHHHH", 3, 1, 0x409, identity, len(encoded), len(strings))
        strings += encoded
    return struct.pack(">HHH", 0, len(texts), 6 + len(records)) + records + strings


def _file(tables: dict[bytes, bytes]) -> bytes:
    place = 12 + 16 * len(tables)
    directory, body = b"", b""
    for tag, table in tables.items():
        padded = table.ljust(-len(table) % 4 + len(table), b"\0")
        directory += struct.pack(">4sIII", tag, _checksum(padded), place + len(body), len(table))
        body += padded
    powers = len(tables).bit_length() - 1
    search = 16 << powers
    header = struct.pack(">IHHHH", 0x00010000, len(tables), search, powers, 16 * len(tables) - search)
    whole = header + directory + body
    adjustment = (0xB1B0AFBA - _checksum(whole)) % 2**32
    head = whole.index(tables[b"head"]) + 8
    return whole[:head] + struct.pack(">I", adjustment) + whole[head + 4 :]


def _checksum(padded: bytes) -> int:
    return sum(int.from_bytes(padded[place : place + 4], "big") for place in range(0, len(padded), 4)) % 2**32


if __name__ == "__main__":
    Path(__file__).with_name("metrics.ttf").write_bytes(font())
