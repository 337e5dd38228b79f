"""The one module that reads an edition of the policy from disk.

YAML is read strictly: a repeated key, an anchor, a tag or a value of a kind that the policy does not use is an error
that names file, line and key. A silent "last one wins" in a rule would be a wrong rule.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from oralu.core.edition import Edition
from oralu.core.loading import read_edition
from oralu.core.reading import EditionError
from oralu.core.reading import Path as KeyPath

__all__ = ["DEFAULT_EDITION", "POLICY_DIR", "EditionError", "edition_names", "load_edition"]

POLICY_DIR = Path(__file__).resolve().parent / "policy"
DEFAULT_EDITION = "kz-pilot-2026"
_SCALARS = {"tag:yaml.org,2002:str", "tag:yaml.org,2002:int", "tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp"}


def edition_names() -> tuple[str, ...]:
    """The editions that the package brings."""
    return tuple(sorted(path.parent.name for path in POLICY_DIR.glob("*/edition.yaml")))


def load_edition(name_or_path: str | Path = DEFAULT_EDITION) -> Edition:
    """An edition by its name, or from a folder. Loaded once per process.

    Raises `EditionError` if there is none, or if anything in it is wrong."""
    return _load(_folder(name_or_path))


@lru_cache(maxsize=64)
def _folder(name_or_path: str | Path) -> Path:
    name = str(name_or_path)
    if isinstance(name_or_path, str) and name in edition_names():
        return POLICY_DIR / name
    folder = Path(name_or_path)
    if not (folder / "edition.yaml").is_file():
        raise EditionError(
            name,
            (),
            None,
            "is neither an edition nor a folder with an edition.yaml",
            f"Editions here: {', '.join(edition_names())}.",
        )
    return folder.resolve()


@lru_cache(maxsize=32)
def _load(folder: Path) -> Edition:
    documents: dict[str, Any] = {}
    lines: dict[str, dict[KeyPath, int]] = {}
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and p.suffix in (".yaml", ".yml", ".json")):
        file = path.relative_to(folder).as_posix()
        lines[file] = {}
        documents[file] = _read(path, file, lines[file])
    edition = read_edition(documents, lines)
    if folder.parent == POLICY_DIR and edition.id != folder.name:
        raise EditionError(
            "edition.yaml", ("edition",), lines["edition.yaml"].get(("edition",)),
            f"{edition.id!r} is not the name of its folder", f"Write {folder.name!r}.",
        )  # fmt: skip
    return edition


def _read(path: Path, file: str, lines: dict[KeyPath, int]) -> Any:
    try:
        text = path.read_bytes().decode("utf-8")
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
    except UnicodeDecodeError as error:
        raise EditionError(file, (), None, f"is not UTF-8 (byte {error.start})", "Save it as UTF-8.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = None if mark is None else mark.line + 1
        problem = getattr(error, "problem", None) or str(error)
        raise EditionError(file, (), line, f"is not YAML: {problem}", "Correct the line.") from None
    if node is None:
        raise EditionError(file, (), None, "is empty", "Write its content, or remove the file.")
    return _plain(node, file, (), lines, set())


def _plain(node: yaml.Node, file: str, path: KeyPath, lines: dict[KeyPath, int], seen: set[int]) -> Any:
    line = node.start_mark.line + 1
    lines.setdefault(path, line)
    if id(node) in seen:
        raise EditionError(file, path, line, "is an alias of another place", "Write the value out.")
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        result: dict[str, Any] = {}
        for key_node, value in node.value:
            key = _scalar(key_node, file, path)
            key_line = key_node.start_mark.line + 1
            if not isinstance(key, str):
                raise EditionError(file, path, key_line, f"the key {key!r} is not a text", "Put it in quotes.")
            if key in result:
                raise EditionError(file, (*path, key), key_line, "stands twice", "Keep one of the two.")
            lines[(*path, key)] = key_line
            result[key] = _plain(value, file, (*path, key), lines, seen)
        return result
    if isinstance(node, yaml.SequenceNode):
        return [_plain(part, file, (*path, place), lines, seen) for place, part in enumerate(node.value)]
    return _scalar(node, file, path)


def _scalar(node: yaml.Node, file: str, path: KeyPath) -> str | int | bool:
    line = node.start_mark.line + 1
    if not isinstance(node, yaml.ScalarNode) or node.tag not in _SCALARS:
        raise EditionError(
            file, path, line, f"is of the kind {node.tag.rpartition(':')[2]}, which the policy does not use",
            "Write a text, a whole number, or true or false.",
        )  # fmt: skip
    if node.tag.endswith(":int"):
        if not (node.value.lstrip("-").isdigit() and str(int(node.value)) == node.value):
            raise EditionError(file, path, line, f"{node.value!r} is not a plain whole number", "Write it in digits.")
        return int(node.value)
    if node.tag.endswith(":bool"):
        if node.value not in ("true", "false"):
            raise EditionError(
                file, path, line, f"{node.value!r} can be read as a truth value", "Put it in quotes, or write true."
            )  # fmt: skip
        return bool(node.value == "true")
    return str(node.value)
