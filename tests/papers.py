"""Generated documents for tests: whole ones, and ones made to do harm."""

from __future__ import annotations

import io
import struct
import zlib

from PIL import Image


def pdf(*, catalog: bytes = b"", more: dict[int, bytes] | None = None, text: str = "generated") -> bytes:
    """A PDF of one empty page. `catalog`: more entries of its catalogue; `more`: further objects, by number from 5."""
    stream = f"BT ({text}) Tj ET".encode()
    objects = {
        1: b"<< /Type /Catalog /Pages 2 0 R " + catalog + b" >>",
        2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R >>",
        4: b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
    } | (more or {})
    made, places = io.BytesIO(), {}
    made.write(b"%PDF-1.7\n")
    for number, body in objects.items():
        places[number] = made.tell()
        made.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    table = made.tell()
    made.write(b"xref\n0 1\n0000000000 65535 f \n")
    for number, place in places.items():
        made.write(b"%d 1\n%010d 00000 n \n" % (number, place))
    made.write(b"trailer\n<< /Root 1 0 R /Size %d >>\nstartxref\n%d\n%%%%EOF\n" % (max(objects) + 1, table))
    return made.getvalue()


def squeezed(data: bytes, *, extra: bytes = b"") -> bytes:
    """The body of a stream under FlateDecode."""
    body = zlib.compress(data, 9)
    return b"<< /Length %d /Filter /FlateDecode %s >>\nstream\n%s\nendstream" % (len(body), extra, body)


def squeezed_zeros(size: int, *, extra: bytes = b"", filters: bytes = b"/FlateDecode") -> bytes:
    """The same of `size` zeros, made without holding them."""
    packer = zlib.compressobj(9)
    block = bytes(1024 * 1024)
    body = b"".join(packer.compress(block) for _ in range(size // len(block))) + packer.flush()
    return b"<< /Length %d /Filter %s %s >>\nstream\n%s\nendstream" % (len(body), filters, extra, body)


def png_bomb(side: int = 30_000) -> bytes:
    """A small PNG whose pixels need `side` × `side` × 3 bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packer = zlib.compressobj(9)
    row = bytes(1 + side * 3)
    data = b"".join(packer.compress(row) for _ in range(200)) + packer.flush()
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def jpeg(*, size: tuple[int, int] = (320, 200), turned: bool = False, place: bool = False, tail: bytes = b"") -> bytes:
    """A photograph; `turned`: held upright by its mark alone; `place`: with the co-ordinates of where it was taken."""
    made, picture = io.BytesIO(), Image.new("RGB", size, (180, 120, 60))
    marks = picture.getexif()
    if turned:
        marks[0x0112] = 6
    if place:
        marks[0x010F] = "CANARY-TELEPHONE"
        marks.get_ifd(0x8825)[1] = "N"
        marks.get_ifd(0x8825)[2] = (49.0, 48.0, 12.5)
    picture.save(made, "JPEG", exif=marks)
    return made.getvalue() + tail


def png(size: tuple[int, int] = (64, 40), mode: str = "RGBA") -> bytes:
    made = io.BytesIO()
    Image.new(mode, size).save(made, "PNG")
    return made.getvalue()
