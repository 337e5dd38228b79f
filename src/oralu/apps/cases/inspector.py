"""Looks into one attached file, in a process of its own that may use only so much memory and time.

Run by its path (`inspection`), not imported: whatever a prepared file does to a library, it does to a process that has
no database, no secrets in its environment and a few seconds to live. Reads the file from standard input; answers on
standard output with one line of JSON: `kind` and `size` of what follows the line (the bytes to keep), or `refused` with
one of the codes of `inspection.WORDS`."""

from __future__ import annotations

import io
import json
import re
import resource
import sys
import warnings
import zlib
from typing import Any

MEGABYTE = 1024 * 1024
MEMORY = 768 * MEGABYTE
"""Of addresses, the interpreter with its libraries included."""
SECONDS = 8
"""Of processor time."""
PIXELS = 40_000_000
"""A sheet of A4 at 600 dots per inch has 35 million."""
OBJECTS = 50_000
DECOMPRESSED = 400 * MEGABYTE
"""Of all streams of a PDF together; a dozen pages scanned in colour have 300."""
ACTIVE_KEYS = frozenset({"/JS", "/JavaScript", "/AA", "/XFA", "/RichMedia", "/RichMediaContent"})
CARRIED_KEYS = frozenset({"/EF", "/EmbeddedFile", "/EmbeddedFiles", "/Collection"})
ACTIONS = frozenset({"/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/GoToE", "/GoToR", "/Rendition"})
ACTIONS_OF_MEDIA = frozenset({"/Movie", "/Sound", "/RichMediaExecute", "/Hide", "/ResetForm", "/Trans"})
SPOKEN = re.compile(rb"/(JavaScript|Launch|RichMedia|EmbeddedFiles?)\b")
"""Looked for in the bytes too: what no table of the file points to, another reader may still find."""
ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
SQUEEZING = frozenset({"/FlateDecode", "/Fl", "/LZWDecode", "/LZW", "/RunLengthDecode", "/RL", "/BrotliDecode"})


class RefusedError(Exception):
    """The file is not taken; the argument is a code."""


def main() -> None:
    """Take the limits, look, answer. Memory that runs out is an answer too; a processor limit ends the process."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
    for nothing in (resource.RLIMIT_FSIZE, resource.RLIMIT_CORE, resource.RLIMIT_NPROC):
        resource.setrlimit(nothing, (0, 0))
    warnings.simplefilter("ignore")
    content = sys.stdin.buffer.read()
    kept = b""
    try:
        kind, kept = looked_into(content)
        answer: dict[str, Any] = {"kind": kind, "size": len(kept)}
    except RefusedError as refusal:
        answer = {"refused": refusal.args[0]}
    except (MemoryError, RecursionError):
        kept, answer = b"", {"refused": "too_large_inside"}
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + kept)


def looked_into(content: bytes) -> tuple[str, bytes]:
    """The type of a file by its content, and the bytes to keep. Raises RefusedError, MemoryError, RecursionError."""
    import filetype

    guess = filetype.guess(content)
    kind = guess.mime if guess is not None else ""
    if kind == "application/pdf":
        pdf_check(content)
        return kind, content
    if kind in ("image/jpeg", "image/png"):
        return kind, image_anew(content, kind)
    raise RefusedError("type")


def image_anew(content: bytes, kind: str) -> bytes:
    """A picture drawn anew from its pixels: the place where it was taken, the owner of the telephone, comments and
    whatever was hung on behind its end stay out. A turned photograph is turned for good, since the mark that says so
    goes too."""
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = None
    try:
        with Image.open(io.BytesIO(content), formats=["JPEG" if kind == "image/jpeg" else "PNG"]) as picture:
            if picture.width * picture.height > PIXELS:
                raise RefusedError("pixels")
            picture.load()
            upright = ImageOps.exif_transpose(picture) or picture
    except (OSError, SyntaxError, ValueError, zlib.error) as error:
        raise RefusedError("damaged") from error
    plain = Image.new(upright.mode, upright.size)
    if upright.mode == "P":
        plain.putpalette(upright.getpalette() or [])
    plain.paste(upright)
    drawn = io.BytesIO()
    if kind == "image/jpeg":
        plain.save(drawn, "JPEG", quality=92)
    else:
        seen_through = upright.info.get("transparency")
        plain.save(drawn, "PNG", **({} if seen_through is None else {"transparency": seen_through}))
    return drawn.getvalue()


def pdf_check(content: bytes) -> None:
    """Read every object of a PDF and refuse one that does something by itself, carries other files, is locked, or grows
    beyond bounds when it is opened."""
    import pypdf
    from pypdf.errors import LimitReachedError, PyPdfError

    if SPOKEN.search(ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), content)):
        raise RefusedError("active")
    try:
        reader = pypdf.PdfReader(io.BytesIO(content), strict=False)
        if reader.is_encrypted:
            raise RefusedError("locked")
        _objects_check(reader)
        if not len(reader.pages) >= 1:
            raise RefusedError("damaged")
    except LimitReachedError as error:
        raise RefusedError("too_large_inside") from error
    except RefusedError:
        raise
    except (PyPdfError, OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, zlib.error) as error:
        raise RefusedError("damaged") from error


def _objects_check(reader: Any) -> None:
    from pypdf.generic import IndirectObject

    numbers = {(number, generation) for generation, found in reader.xref.items() for number in found}
    numbers |= {(number, 0) for number in reader.xref_objStm}
    if len(numbers) > OBJECTS:
        raise RefusedError("too_large_inside")
    left = DECOMPRESSED
    for number, generation in sorted(numbers):
        try:
            found = reader.get_object(IndirectObject(number, generation, reader))
        except Exception as error:
            if type(error).__name__ == "LimitReachedError":
                raise
            continue  # a pointer to nothing: no reader can open what is there either
        _refuse_active(found)
        left -= _size_opened(found, left)
        reader.resolved_objects.pop((generation, number), None)
    _refuse_active(reader.trailer)


def _refuse_active(root: Any) -> None:
    """Walk through what stands in one object, without following its pointers: each object is met by itself."""
    waiting = [root]
    while waiting:
        found = waiting.pop()
        if isinstance(found, dict):
            keys = set(found)
            if keys & CARRIED_KEYS or found.get("/Type") == "/EmbeddedFile":
                raise RefusedError("carries_files")
            if keys & ACTIVE_KEYS or (_raw(found, "/S") in ACTIONS | ACTIONS_OF_MEDIA and "/S" in keys):
                raise RefusedError("active")
            waiting.extend(dict.values(found))
        elif isinstance(found, list):
            waiting.extend(list.__iter__(found))


def _raw(found: Any, key: str) -> str:
    value = dict.get(found, key)
    return str(value) if isinstance(value, str) else ""


def _size_opened(found: Any, most: int) -> int:
    """How large a stream is when it is opened, in bytes, never held at once. Squeezed twice is a way of hiding a
    bomb."""
    if not hasattr(found, "_data") or not isinstance(found, dict):
        return 0
    filters = found.get("/Filter", [])
    names = [str(name) for name in (filters if isinstance(filters, list) else [filters])]
    squeezing = [name for name in names if name in SQUEEZING]
    if len(squeezing) > 1:
        raise RefusedError("too_large_inside")
    if not squeezing or names[0] not in ("/FlateDecode", "/Fl"):
        return len(found._data)
    size, opener, rest = 0, zlib.decompressobj(), bytes(found._data)
    try:
        while rest and not opener.eof:
            size += len(opener.decompress(rest, MEGABYTE))
            rest = opener.unconsumed_tail
            if size > most:
                raise RefusedError("too_large_inside")
    except zlib.error:
        return size
    return size


if __name__ == "__main__":
    main()
