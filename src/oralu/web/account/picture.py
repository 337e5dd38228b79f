"""A square code that a phone reads, as numbers for a picture: a page may carry no style or script of its own."""

from __future__ import annotations

from dataclasses import dataclass

import qrcode

QUIET = 4
"""Empty squares around the code, without which readers do not find it (ISO/IEC 18004)."""


@dataclass(frozen=True)
class Picture:
    """The side in squares, and the dark squares as one path of SVG."""

    side: int
    path: str


def picture_of(text: str) -> Picture:
    code = qrcode.QRCode(border=QUIET)
    code.add_data(text)
    code.make(fit=True)
    rows = code.get_matrix()
    dark = (f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, is_dark in enumerate(row) if is_dark)
    return Picture(len(rows), "".join(dark))
