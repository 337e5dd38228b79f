"""Browser files that other people make: fetched by npm at set-up and served from there, not copied."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.checks import CheckMessage, Error
from django.core.files.storage import FileSystemStorage, Storage
from whitenoise.storage import CompressedManifestStaticFilesStorage

_GOLOS = "@fontsource-variable/golos-text/files/golos-text"
NODE_FILES = {
    "vendor/htmx/htmx.min.js": "htmx.org/dist/htmx.min.js",
    "vendor/tabler/tabler.min.css": "@tabler/core/dist/css/tabler.min.css",
    "vendor/golos/cyrillic-ext.woff2": f"{_GOLOS}-cyrillic-ext-wght-normal.woff2",
    "vendor/golos/cyrillic.woff2": f"{_GOLOS}-cyrillic-wght-normal.woff2",
    "vendor/golos/latin.woff2": f"{_GOLOS}-latin-wght-normal.woff2",
}
"""Address under the static prefix → file inside node_modules. Add a line here when a page needs another file."""


class NodeFinder(BaseFinder):
    """Finds exactly the files of NODE_FILES, so that a package's other contents are never published."""

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        missing = [source for source in NODE_FILES.values() if not (settings.NODE_MODULES / source).is_file()]
        if not missing:
            return []
        return [Error(f"Browser files are missing ({missing[0]}).", hint="Run `make setup`.", id="oralu.E001")]

    # Django calls this both as find(path) and find(path, find_all=True); the old keyword `all` is gone in 6.1.
    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> str | list[str]:
        source = NODE_FILES.get(path)
        found = settings.NODE_MODULES / source if source else None
        if found is None or not found.is_file():
            return []
        return [str(found)] if find_all or kwargs.get("all") else str(found)

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Storage]]:
        storage = NodeStorage(location=settings.NODE_MODULES)
        for address, source in NODE_FILES.items():
            if (settings.NODE_MODULES / source).is_file():
                yield address, storage


class NodeStorage(FileSystemStorage):
    """Reads a file of node_modules under the address that the page uses."""

    def path(self, name: str) -> str:
        return str(Path(self.location) / NODE_FILES[name])


class CollectedStorage(CompressedManifestStaticFilesStorage):
    """Names that change with the content, compressed once, so that a phone fetches each file one time only."""

    # Without the default's source-map pattern: maps are not published, and a missing one would stop the collection.
    patterns = (("*.css", (r"""(?P<matched>url\(['"]{0,1}\s*(?P<url>.*?)["']{0,1}\))""",)),)
    keep_only_hashed_files = False
