"""Every text on a screen has a translation in Russian and Kazakh, and the catalogues hold what the sources say."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "messages.py"
spec = importlib.util.spec_from_file_location("oralu_messages", SCRIPT)
messages = importlib.util.module_from_spec(spec)

sys.modules["oralu_messages"] = messages
spec.loader.exec_module(messages)


@pytest.fixture(scope="module")
def ours():
    return messages.collect()


@pytest.mark.parametrize("language", messages.LANGUAGES)
def test_every_text_is_translated_with_its_placeholders(language, ours):
    assert list(messages.faults(language, messages.merged(language, ours))) == []


@pytest.mark.parametrize("language", messages.LANGUAGES)
def test_the_catalogue_in_the_repository_is_current(language, ours):
    assert messages.po_path(language).read_bytes() == messages.po_bytes(messages.merged(language, ours))


def test_texts_of_templates_and_components_are_found(ours):
    assert ("Skip to the content", None) in ours
    assert ("Main navigation", None) in ours
    assert ("Why", None) in ours
    assert ours["%(n)s row shown", None].plural == "%(n)s rows shown"
    assert ("Board", "navigation") in ours


def test_faults_are_noticed():
    catalog = Catalog(locale="kk")
    catalog.add("Due %(when)s", "Мерзімі", locations=[("a.py", 0)])
    catalog.add("Untouched", "", locations=[("b.py", 0)])
    catalog.add(("%(n)d day", "%(n)d days"), ("%(n)d күн", "%(count)d күн"), locations=[("c.py", 0)])
    lines = list(messages.faults("kk", catalog))
    assert [line.rsplit("(", 1)[1] for line in lines] == ["a.py)", "b.py)", "c.py)"]
    assert "not translated" in lines[1]


def test_a_translation_survives_a_merge(tmp_path, monkeypatch, ours):
    monkeypatch.setattr(messages, "LOCALE", tmp_path)
    first = messages.merged("kk", ours)
    first.get("Why").string = "Неге екен"
    path = messages.po_path("kk")
    path.parent.mkdir(parents=True)
    path.write_bytes(messages.po_bytes(first))
    without = {key: text for key, text in ours.items() if key != ("Why", None)}
    path.write_bytes(messages.po_bytes(messages.merged("kk", without)))
    assert messages.read(path, "kk").get("Why") is None
    assert messages.merged("kk", ours).get("Why").string == "Неге екен"
