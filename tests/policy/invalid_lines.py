"""One line for each refusal of the command-line contract: a name, the line as bytes, a word its error must mention.

Why the word: an error is part of the interface, it says what was wrong. It is empty where no one word can be expected.
"""

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

Record = dict[str, Any]
InvalidLine = tuple[str, bytes, str]

GOOD: Record = {
    "id": "x",
    "day": 30,
    "sex": "female",
    "facts": {
        "identity_document": {"value": "held", "day": -400, "evidence": True},
        "housing": {"value": "shelter", "day": 2, "until": 40},
    },
    "referrals": [{"domain": "legal", "state": "served"}],
    "breached": ["housing"],
    "minor_children": False,
}
FACT = ("facts", "identity_document")
REFERRAL = ("referrals", 0)
WRONG_TYPES: tuple[Any, ...] = (None, True, 0, 1, 30.5, "text", [], ["held"], {}, {"held": 1})
MISSING = object()


def line_of(record: Any) -> bytes:
    return json.dumps(record, ensure_ascii=False).encode()


def changed(path: tuple[str | int, ...], value: Any) -> bytes:
    """The good record with the place at `path` set to `value`, or taken out."""
    record = deepcopy(GOOD)
    place: Any = record
    for step in path[:-1]:
        place = place[step]
    if value is MISSING:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return line_of(record)


def good_line_with(old: str, new: str) -> bytes:
    text = json.dumps(GOOD)
    assert text.count(old) == 1, f"{old!r} must stand once in {text}"
    return text.replace(old, new).encode()


def no_json() -> Iterator[InvalidLine]:
    broken = {
        "a blank line": b"",
        "a line of spaces": b"  \t ",
        "a line cut short": line_of(GOOD)[:-1],
        "a word": b"hello",
        "single quotes": b"{'id': 'x', 'day': 30, 'sex': 'female'}",
        "a trailing comma": b'{"id": "x", "day": 30, "sex": "female",}',
        "a comment": b'{"id": "x", "day": 30, "sex": "female"} // note',
        "two objects on one line": b'{"id": "x", "day": 30, "sex": "female"} {"id": "y", "day": 30, "sex": "male"}',
        "bytes that are no UTF-8": b'{"id": "\xff\xfe", "day": 30, "sex": "female"}',
        "a control character in a string": b'{"id": "a\x01b", "day": 30, "sex": "female"}',
        "brackets nested a hundred thousand deep": b"[" * 100_000,
        "a record in brackets nested a hundred thousand deep": b"[" * 100_000 + b"]" * 100_000,
        "facts nested fifty thousand deep": b'{"id": "x", "day": 0, "sex": "male", "facts": ' + b'{"a": ' * 50_000,
        "a byte order mark": b"\xef\xbb\xbf" + line_of(GOOD),
        "a zero byte": b"\x00" + line_of(GOOD),
        "two objects parted by a carriage return": line_of(GOOD) + b"\r" + line_of(GOOD),
        "a day of ten thousand digits cut short": b'{"id": "x", "day": ' + b"9" * 10_000,
    }
    for name, line in broken.items():
        yield name, line, ""
    for name, value in {"null": None, "a number": 3, "a string": "x", "true": True, "a list": [GOOD], "[]": []}.items():
        yield f"a line that is {name}", line_of(value), ""
    yield "an empty object", b"{}", ""


def days() -> Iterator[InvalidLine]:
    texts = (
        "30.0",
        "30.5",
        "3e1",
        "30E0",
        "true",
        "false",
        "null",
        '"30"',
        "[30]",
        "{}",
        "NaN",
        "Infinity",
        "-Infinity",
    )
    for text in (*texts, "030", "+30", "0x1e", "30_0", "--1", "1."):
        yield f"day {text}", good_line_with('"day": 30', f'"day": {text}'), ""
        yield f"a fact's day {text}", good_line_with('"day": 2', f'"day": {text}'), ""
        yield f"until {text}", good_line_with('"until": 40', f'"until": {text}'), ""
    yield "a fact dated one day after the day", changed((*FACT, "day"), 31), "identity_document"
    answer = {"value": "asked_unknown", "day": 31}
    yield "an answer without a value dated after the day", changed(FACT, answer), "identity_document"
    yield "until on the fact's own day", changed(("facts", "housing", "until"), 2), "until"
    yield "until before the fact's own day", changed(("facts", "housing", "until"), 1), "until"


def keys() -> Iterator[InvalidLine]:
    for key in ("colour", "Day", "success", "failed_before", ""):
        yield f"an unknown key {key!r} at the top", changed((key,), 1), key
    for key in ("colour", "source", "Evidence"):
        yield f"an unknown key {key!r} in a fact", changed((*FACT, key), True), key
    for key in ("colour", "day", "evidence"):
        yield f"an unknown key {key!r} in a referral", changed((*REFERRAL, key), 1), key
    for path in (
        ("id",),
        ("day",),
        ("sex",),
        (*FACT, "value"),
        (*FACT, "day"),
        (*REFERRAL, "domain"),
        (*REFERRAL, "state"),
    ):
        yield f"no {'.'.join(map(str, path))}", changed(path, MISSING), str(path[-1])
    for key in ('"id": "x"', '"day": 30', '"sex": "female"', '"minor_children": false', '"breached": ["housing"]'):
        yield f"{key} twice", good_line_with(key, f"{key}, {key}"), key.split('"')[1]
    for key in ("facts", "referrals"):
        again = json.dumps(GOOD)[:-1] + f', "{key}": {json.dumps(GOOD[key])}}}'
        yield f"{key} twice", again.encode(), key
    fact = '"identity_document": {"value": "held", "day": -400, "evidence": true}'
    yield "the same fact twice", good_line_with(fact, f"{fact}, {fact}"), "identity_document"
    for key in ('"value": "held"', '"day": -400', '"evidence": true', '"until": 40'):
        yield f"{key} twice in a fact", good_line_with(key, f"{key}, {key}"), key.split('"')[1]
    for key in ('"domain": "legal"', '"state": "served"'):
        yield f"{key} twice in a referral", good_line_with(key, f"{key}, {key}"), key.split('"')[1]
    escaped = '"day": 30, "d\\u0061y": 30'
    yield "a key repeated in escaped letters", good_line_with('"day": 30', escaped), "day"


def names() -> Iterator[InvalidLine]:
    for fact in ("passport", "Housing", "housing ", "sex", ""):
        yield f"an unknown fact {fact!r}", changed(("facts", fact), {"value": "held", "day": 0}), fact
    for value in ("lost", "Held", "held ", "shelter", "unknown", "", "high"):
        yield f"identity_document {value!r}", changed((*FACT, "value"), value), "identity_document"
    for domain in ("money", "Legal", ""):
        yield f"a referral of the domain {domain!r}", changed((*REFERRAL, "domain"), domain), domain
        yield f"a breached domain {domain!r}", changed(("breached",), ["housing", domain]), domain
    for state in ("done", "Served", "none", "asked_unknown", "refused", ""):
        yield f"a referral in the state {state!r}", changed((*REFERRAL, "state"), state), state
    for sex in ("Female", "f", "unknown", "asked_unknown", ""):
        yield f"sex {sex!r}", changed(("sex",), sex), "sex"


def wrong_types() -> Iterator[InvalidLine]:
    """Every place of the record with a value of every type that it does not take."""
    right: dict[tuple[str | int, ...], tuple[type, ...]] = {
        ("id",): (str,),
        ("sex",): (),
        ("facts",): (dict,),
        FACT: (),
        (*FACT, "value"): (),
        (*FACT, "evidence"): (bool,),
        ("referrals",): (list,),
        REFERRAL: (),
        (*REFERRAL, "domain"): (),
        (*REFERRAL, "state"): (),
        ("breached",): (list,),
        ("breached", 0): (),
        ("minor_children",): (bool,),
    }
    for path, types in right.items():
        for value in WRONG_TYPES:
            empty = value in ([], {}) and type(value) in types
            if (type(value) in types and not isinstance(value, list | dict)) or empty:
                continue
            name = ".".join(map(str, path))
            word = {"facts": "identity_document", "referrals": "referral"}.get(str(path[0]), str(path[0]))
            yield f"{name} is {json.dumps(value)}", changed(path, value), "facts" if path == ("facts",) else word


def invalid_lines() -> list[InvalidLine]:
    return [*no_json(), *days(), *keys(), *names(), *wrong_types()]
