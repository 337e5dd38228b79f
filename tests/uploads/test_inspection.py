"""What is taken as evidence, and what is refused in bounded memory and time."""

from __future__ import annotations

import io
import subprocess
import sys

import pytest
from django.core.exceptions import ValidationError
from PIL import Image

from oralu.apps.cases import inspector
from oralu.apps.cases.inspection import INSPECTOR, WORDS, inspected
from papers import jpeg, pdf, png, png_bomb, squeezed, squeezed_zeros

MB = 1024 * 1024
SCRIPT = {5: b"<< /S /JavaScript /JS (app.alert(1)) >>"}
NESTED = {5: squeezed_zeros(64 * MB, filters=b"[/FlateDecode /FlateDecode]")}

COUNTING = (
    "import resource, subprocess, sys\n"
    "subprocess.run([sys.executable, '-I', '-B', sys.argv[1]], check=True)\n"
    "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
    "print(used.ru_maxrss, used.ru_utime + used.ru_stime, file=sys.stderr)"
)
"""Runs an inspection and says on standard error the most memory that it held, in kilobytes, and the seconds for which a
processor worked for it: what passes besides depends on who else is at work."""


def code_of(content: bytes) -> str:
    with pytest.raises(ValidationError) as refused:
        inspected(content)
    error = refused.value.error_dict["evidence"][0]
    assert error.message == str(WORDS[error.code])
    return error.code


@pytest.mark.parametrize(
    "content",
    [
        pdf(),
        pdf(catalog=b"/OpenAction [3 0 R /Fit]"),
        pdf(more={5: b"<< /Type /Annot /Subtype /Link /A << /S /URI /URI (https://egov.kz) >> >>"}),
        pdf(more={5: squeezed_zeros(100 * MB)}),
    ],
    ids=["plain", "opens at a page", "has a link", "a large scan"],
)
def test_a_plain_pdf_is_kept_byte_by_byte(content: bytes) -> None:
    found = inspected(content)
    assert (found.kind, found.content) == ("application/pdf", content)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"MZ\x90\x00" + bytes(600), "type"),
        (b"GIF89a" + bytes(60), "type"),
        (b"<html><script>alert(1)</script></html>", "type"),
        (b"", "type"),
        (b"%PDF-1.7 generated", "damaged"),
        (b"\xff\xd8\xff\xe0" + bytes(50), "damaged"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "damaged"),
        (png()[:-30], "damaged"),
        (pdf(catalog=b"/OpenAction 5 0 R", more=SCRIPT), "active"),
        (pdf(catalog=b"/OpenAction 5 0 R", more={5: b"<< /S /J#61vaScript /J#53 (x) >>"}), "active"),
        (pdf(more={5: b"<< /S /Launch /F (cmd.exe) >>"}), "active"),
        (pdf(more={5: b"<< /Type /Annot /AA << /E 6 0 R >> >>"}), "active"),
        (pdf(more={5: b"<< /S /SubmitForm /F (http://example.org) >>"}), "active"),
        (pdf(catalog=b"/AcroForm << /XFA 5 0 R >>"), "active"),
        (pdf() + b"9 0 obj << /S /JavaScript /JS (hidden from the table) >> endobj", "active"),
        (pdf(more={5: b"<< /Type /Filespec /EF << /F 6 0 R >> >>"}), "carries_files"),
        (pdf(catalog=b"/Collection << /Type /Collection >>"), "carries_files"),
        (pdf(more={5: squeezed_zeros(600 * MB)}), "too_large_inside"),
        (pdf(more=NESTED), "too_large_inside"),
        (pdf(more={n: squeezed_zeros(60 * MB) for n in range(5, 15)}), "too_large_inside"),
        (png_bomb(), "pixels"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_is_refused_and_why(content: bytes, code: str) -> None:
    assert code_of(content) == code


def test_a_script_inside_a_squeezed_object_is_found() -> None:
    inside = b"5 0 6 5 << /A 1 >> "
    body = b"5 0 << /S /JavaScript /JS (x) >>"
    stream = squeezed(body, extra=b"/Type /ObjStm /N 1 /First 4")
    rows = bytes([2, 0, 6, 0])
    assert inside
    with io.BytesIO() as made:
        made.write(b"%PDF-1.7\n")
        places = {}
        for number, text in {
            1: b"<< /Type /Catalog /Pages 2 0 R /OpenAction 5 0 R >>",
            2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>",
            6: stream,
        }.items():
            places[number] = made.tell()
            made.write(b"%d 0 obj\n%s\nendobj\n" % (number, text))
        table = made.tell()
        entries = [b"\x00\x00\x00\x00"]
        for number in range(1, 8):
            if number == 5:
                entries.append(rows)
            elif number == 7:
                entries.append(b"\x01" + table.to_bytes(2, "big") + b"\x00")
            elif number in places:
                entries.append(b"\x01" + places[number].to_bytes(2, "big") + b"\x00")
            else:
                entries.append(b"\x00\x00\x00\x00")
        data = squeezed(b"".join(entries), extra=b"/Type /XRef /Size 8 /W [1 2 1] /Root 1 0 R")
        made.write(b"7 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n" % (data, table))
        content = made.getvalue()
    assert b"JavaScript" not in content
    assert code_of(content) == "active"


def test_a_photograph_loses_its_place_its_telephone_and_what_hangs_behind_it() -> None:
    content = jpeg(turned=True, place=True, tail=b"PK\x03\x04CANARY-ARCHIVE")
    assert b"CANARY-TELEPHONE" in content
    found = inspected(content)
    assert found.kind == "image/jpeg"
    assert b"CANARY" not in found.content
    with Image.open(io.BytesIO(found.content)) as picture:
        assert picture.size == (200, 320), "turned for good"
        assert not picture.getexif()
        red, green, blue = picture.getpixel((100, 160))
        assert (abs(red - 180), abs(green - 120), abs(blue - 60)) < (4, 4, 4)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_kind_of_png_is_drawn_anew(mode: str) -> None:
    found = inspected(png(mode=mode))
    with Image.open(io.BytesIO(found.content)) as picture:
        assert (found.kind, picture.size) == ("image/png", (64, 40))


def test_the_largest_sheet_that_is_taken_and_a_bomb_stay_within_memory_and_time() -> None:
    """What a child may use is bounded by the kernel; here it is seen that the bound holds and answers come in time. The
    child is counted from a small parent: a fork of this process would be counted with all that the tests hold."""
    for content, answer in ((jpeg(size=(4960, 7016)), b'"kind": "image/jpeg"'), (png_bomb(60_000), b'"pixels"')):
        run = subprocess.run(
            [sys.executable, "-I", "-c", COUNTING, str(INSPECTOR)], input=content, capture_output=True, check=True
        )
        assert answer in run.stdout.partition(b"\n")[0]
        memory, seconds = run.stderr.split()
        assert 0 < int(memory) * 1024 < inspector.MEMORY
        assert 0 < float(seconds) < inspector.SECONDS
