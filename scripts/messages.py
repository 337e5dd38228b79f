"""Catalogues of translations without the tools of GNU gettext: extract, merge, compile.

    python scripts/messages.py            collect the texts, keep every translation, write .po and .mo
    python scripts/messages.py --check    change nothing; say what is missing or stale, exit 1 if anything is

The .mo files are not in the repository; set-up compiles them too (scripts/catalogues.py).

English is the source and needs no catalogue. Russian and Kazakh also hold those texts of Django's that our screens show
and that Django's own catalogue of the language leaves out (its Kazakh one is partial), and the Kazakh months, which
Django writes with a capital letter.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import django
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "oralu"
LOCALE = SOURCE / "locale"
LANGUAGES = ("ru", "kk")
DJANGO = Path(django.__file__).parent
DJANGO_FILES = (
    "forms/fields.py", "forms/forms.py", "forms/formsets.py", "forms/models.py", "forms/widgets.py",
    "core/validators.py",
    "contrib/auth/forms.py", "contrib/auth/password_validation.py", "contrib/auth/validators.py",
    "template/defaultfilters.py", "utils/dates.py",
)  # fmt: skip
DJANGO_CATALOGUES = ("conf/locale", "contrib/auth/locale")
REPLACED = {"kk": ("alt. month", None)}
"""Contexts whose Django translation we replace: Kazakh dates are written «21 қараша», in small letters."""
BIRTH = datetime(2026, 11, 21, tzinfo=UTC)

_ONE, _TWO, _CONTEXT = (1,), (1, 2), ((1, "c"), 2)
KEYWORDS = {
    **dict.fromkeys(("gettext", "gettext_lazy", "gettext_noop", "_"), _ONE),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), _TWO),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), _CONTEXT),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), ((1, "c"), 2, 3)),
}
Key = tuple[str, str | None]
PLACEHOLDER = re.compile(r"%\((\w+)\)|\{(\w+)\}")


@dataclass
class Text:
    """One text to translate: its singular, plural if any, context, and the files that show it."""

    singular: str
    plural: str | None
    context: str | None
    files: set[str] = field(default_factory=set)

    @property
    def id(self) -> str | tuple[str, str]:
        return (self.singular, self.plural) if self.plural else self.singular


def source_of(path: Path) -> str:
    """Python as it is; a template as the calls that Django makes of it, bracketed as its indentation means nothing."""
    text = path.read_text(encoding="utf-8")
    return f"({templatize(text, origin=str(path))})" if path.suffix in (".html", ".txt") else text


def texts_in(path: Path, name: str) -> Iterator[Text]:
    stream = io.BytesIO(source_of(path).encode())
    for _line, message, _comments, context in extract("python", stream, keywords=KEYWORDS):
        singular, plural = message if isinstance(message, tuple) else (message, None)
        if singular:
            yield Text(singular, plural, context, {name})


def our_files() -> list[Path]:
    templates = [path for path in SOURCE.rglob("templates/**/*") if path.suffix in (".html", ".txt")]
    return sorted([*SOURCE.rglob("*.py"), *templates])


def collect() -> dict[Key, Text]:
    """Every text of ours, by singular and context."""
    found: dict[Key, Text] = {}
    for path in our_files():
        for text in texts_in(path, path.relative_to(ROOT).as_posix()):
            known = found.setdefault((text.singular, text.context), text)
            known.files |= text.files
            known.plural = known.plural or text.plural
    return found


def django_texts(language: str) -> dict[Key, Text]:
    """Texts of Django's forms and sign-in that Django does not have in this language."""
    own: dict[Key, Message] = {}
    for folder in DJANGO_CATALOGUES:
        path = DJANGO / folder / language / "LC_MESSAGES" / "django.po"
        if path.is_file():
            own.update({key_of(message): message for message in read(path, language) if message.id})
    found: dict[Key, Text] = {}
    for name in DJANGO_FILES:
        for text in texts_in(DJANGO / name, f"django/{name}"):
            key = (text.singular, text.context)
            translated = key in own and is_translated(own[key])
            if not translated or (text.context and text.context in REPLACED.get(language, ())):
                found.setdefault(key, text)
    return found


def read(path: Path, language: str) -> Catalog:
    with path.open("rb") as stream:
        return read_po(stream, locale=language)


def key_of(message: Message) -> Key:
    return (message.id if isinstance(message.id, str) else message.id[0], message.context)


def is_translated(message: Message) -> bool:
    strings = (message.string,) if isinstance(message.string, str) else message.string
    return bool(strings) and all(strings)


def merged(language: str, ours: dict[Key, Text]) -> Catalog:
    """The catalogue as it should be: every text in use, its translation if there is one; what fell out of use is kept
    at the end as obsolete, so that a text that comes back is not translated twice."""
    path = po_path(language)
    old = read(path, language) if path.is_file() else Catalog(locale=language)
    kept: dict[Key, Message] = {key_of(message): message for message in [*old.obsolete.values(), *old] if message.id}
    catalog = Catalog(
        locale=language, project="Oralu", version="", creation_date=BIRTH, revision_date=BIRTH, fuzzy=False
    )
    catalog.header_comment = f"# Oralu, {language}. Written by scripts/messages.py; translations are edited here."
    catalog.last_translator = catalog.language_team = catalog.msgid_bugs_address = "Oralu"
    used = {**django_texts(language), **ours}
    for key, text in sorted(used.items(), key=lambda item: (min(item[1].files), item[0][0], item[0][1] or "")):
        before = kept.pop(key, None)
        string = before.string if before and any(before.string) and fits(before, text, catalog.num_plurals) else ""
        places = [(file, 0) for file in sorted(text.files)]
        catalog.add(text.id, string, locations=places, context=text.context, flags={"python-format"} & flags(text))
    for message in kept.values():
        if is_translated(message):
            catalog.obsolete[message.id] = message
    return catalog


def fits(message: Message, text: Text, forms: int) -> bool:
    """Whether an old translation has the number of forms that the text now needs."""
    count = 1 if isinstance(message.string, str) else len(message.string)
    return count == (forms if text.plural else 1) and (text.plural is None) == isinstance(message.string, str)


def flags(text: Text) -> set[str]:
    return {"python-format"} if "%(" in text.singular else set()


def po_path(language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / "django.po"


def po_bytes(catalog: Catalog) -> bytes:
    stream = io.BytesIO()
    write_po(stream, catalog, width=110, include_lineno=False)
    return stream.getvalue()


def mo_bytes(catalog: Catalog) -> bytes:
    stream = io.BytesIO()
    write_mo(stream, catalog)
    return stream.getvalue()


def faults(language: str, catalog: Catalog) -> Iterator[str]:
    """What a reader of this language would stumble over: untranslated texts, placeholders lost or invented."""
    for message in catalog:
        if not message.id:
            continue
        singular = key_of(message)[0]
        where = ", ".join(file for file, _line in message.locations)
        if not is_translated(message):
            yield f"{language}: not translated: {singular!r} ({where})"
            continue
        wanted = {name for text in ids_of(message) for pair in PLACEHOLDER.findall(text) for name in pair if name}
        for string in (message.string,) if isinstance(message.string, str) else message.string:
            extra = {name for pair in PLACEHOLDER.findall(string) for name in pair if name} - wanted
            lost = set() if message.pluralizable else wanted - {n for p in PLACEHOLDER.findall(string) for n in p if n}
            if extra or lost:
                yield f"{language}: placeholders {sorted(extra | lost)} differ in {string!r} ({where})"


def ids_of(message: Message) -> tuple[str, ...]:
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


def problems() -> list[str]:
    """Everything that `--check` reports: stale files, then untranslated texts."""
    ours, lines = collect(), []
    for language in LANGUAGES:
        catalog = merged(language, ours)
        path = po_path(language)
        if not path.is_file() or path.read_bytes() != po_bytes(catalog):
            lines.append(f"{language}: {path.relative_to(ROOT)} is stale; run `make messages`")
        lines += faults(language, catalog)
    return lines


def write() -> None:
    ours = collect()
    for language in LANGUAGES:
        catalog = merged(language, ours)
        path = po_path(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(po_bytes(catalog))
        path.with_suffix(".mo").write_bytes(mo_bytes(catalog))
        missing = sum(1 for message in catalog if message.id and not is_translated(message))
        print(f"{language}: {len(catalog)} texts, {missing} not translated")


def main() -> int:
    if not settings.configured:
        settings.configure()
    if "--check" in sys.argv[1:]:
        lines = problems()
        print("\n".join(lines) or "Every text is translated, every catalogue is current.")
        return 1 if lines else 0
    write()
    return 0


if __name__ == "__main__":
    sys.exit(main())
