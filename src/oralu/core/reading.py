"""Strict reading of the plain data of an edition: every key is consumed, nothing is left over, and every error names
file, key, line and remedy, so that a lawyer can repair the file without a programmer."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NoReturn

LANGUAGES = ("kk", "ru", "en")

Path = tuple[str | int, ...]


class EditionError(ValueError):
    """An edition that cannot be used. `str()` gives file, line, key, what is wrong and what to do."""

    def __init__(self, file: str, path: Path, line: int | None, message: str, remedy: str) -> None:
        self.file, self.path, self.line, self.message, self.remedy = file, path, line, message, remedy
        where = file if line is None else f"{file}, line {line}"
        key = key_text(path)
        super().__init__(f"{where}: {key + ': ' if key else ''}{message}. {remedy}")


def key_text(path: Path) -> str:
    """`("rules", 3, "target")` as `rules[3].target`; items are counted from 1, as a reader counts them."""
    text = ""
    for part in path:
        text += f"[{part + 1}]" if isinstance(part, int) else f"{'.' if text else ''}{part}"
    return text


class Labels(Mapping[str, str]):
    """One text in Kazakh, Russian and English."""

    __slots__ = ("_texts",)

    def __init__(self, kk: str, ru: str, en: str) -> None:
        self._texts = {"kk": kk, "ru": ru, "en": en}

    def __getitem__(self, lang: str) -> str:
        return self._texts[lang]

    def __iter__(self) -> Any:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)

    def __hash__(self) -> int:
        return hash(tuple(self._texts.values()))

    def __repr__(self) -> str:
        return f"Labels({self._texts!r})"


class Item:
    """One value of the data together with the place where it stands."""

    __slots__ = ("data", "file", "lines", "path")

    def __init__(self, data: Any, file: str, lines: Mapping[Path, int], path: Path = ()) -> None:
        self.data, self.file, self.lines, self.path = data, file, lines, path

    def fail(self, message: str, remedy: str) -> NoReturn:
        path = self.path
        while path and path not in self.lines:
            path = path[:-1]
        raise EditionError(self.file, self.path, self.lines.get(path), message, remedy)

    def child(self, key: str | int) -> Item:
        return Item(self.data[key], self.file, self.lines, (*self.path, key))

    def keys(self, required: Collection[str], optional: Collection[str] = ()) -> dict[str, Item]:
        """The children by key. Raises `EditionError` on a key that is missing or not in the two lists."""
        if not isinstance(self.data, dict):
            self.fail("is not a mapping", f"Write the keys {listed(required)}.")
        allowed = [*required, *optional]
        for key in self.data:
            if key not in allowed:
                Item(None, self.file, self.lines, (*self.path, str(key))).fail(
                    "is not a key that is known here", f"Allowed here: {listed(allowed)}."
                )
        for key in required:
            if key not in self.data:
                self.fail(f"the key {key!r} is missing", "Add it.")
        return {key: self.child(key) for key in self.data}

    def each(self) -> list[Item]:
        if not isinstance(self.data, list) or not self.data:
            self.fail("is not a list with at least one item", "Write a list.")
        return [self.child(i) for i in range(len(self.data))]

    def text(self) -> str:
        if not isinstance(self.data, str):
            self.fail(f"{self.data!r} is not a text", "Write a text; put yes, no and numbers that are codes in quotes.")
        if not self.data.strip():
            self.fail("is empty", "Write the text.")
        return self.data

    def integer(self, least: int = 0) -> int:
        if type(self.data) is not int or self.data < least:
            self.fail(f"{self.data!r} is not a whole number from {least}", "Write such a number.")
        return self.data

    def boolean(self) -> bool:
        if not isinstance(self.data, bool):
            self.fail(f"{self.data!r} is neither true nor false", "Write true or false.")
        return self.data

    def choice(self, allowed: Collection[str], what: str) -> str:
        text = self.text()
        if text not in allowed:
            self.fail(f"{text!r} is not a known {what}", f"Allowed: {listed(allowed)}.")
        return text

    def choices(self, allowed: Collection[str], what: str) -> tuple[str, ...]:
        found: list[str] = []
        for item in self.each():
            code = item.choice(allowed, what)
            if code in found:
                item.fail(f"{code!r} stands twice", "Keep one.")
            found.append(code)
        return tuple(found)

    def labels(self) -> Labels:
        texts = self.keys(LANGUAGES)
        return Labels(*(texts[lang].text() for lang in LANGUAGES))


def listed(words: Collection[str]) -> str:
    return ", ".join(words) if words else "none"
