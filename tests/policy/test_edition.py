"""Whatever is wrong in an edition is refused, with file, line, key and remedy; and what the first edition holds."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from oralu.core.reading import LANGUAGES
from oralu.policyfiles import POLICY_DIR, EditionError, edition_names, load_edition

PILOT = load_edition("kz-pilot-2026")
CYRILLIC = re.compile("[а-яёәғқңөұүһі]", re.IGNORECASE)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the first edition to break."""
    return Path(shutil.copytree(POLICY_DIR / "kz-pilot-2026", tmp_path / "edition"))


def change(folder: Path, file: str, old: str, new: str) -> None:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{old!r} is not in {file}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


LEGAL, ROUTING, FACTS, HEAD = "domains/legal.yaml", "routing.yaml", "facts.yaml", "edition.yaml"
DATED = "    basis: proposal\n"
BROKEN = {
    "a repeated key": (LEGAL, "domain: legal\n", "domain: legal\ndomain: legal\n", "stands twice"),
    "an unknown key": (LEGAL, "    points: 2\n", "    points: 2\n    colour: red\n", "colour: is not a key"),
    "a missing key": (LEGAL, "    verified: 2026-11-21\n", "", "'verified' is missing"),
    "a line without basis": (LEGAL, DATED, "", "'basis' is missing"),
    "a basis of no kind": (LEGAL, DATED, "    basis: habit\n", "'habit' is not a known basis"),
    "a decision without why": (LEGAL, DATED, "    basis: decision\n", "needs the key 'why'"),
    "a rule without basis": (ROUTING, DATED, "", "'basis' is missing"),
    "a proposal without citation": (LEGAL, '    citation: "002 §3: «Наличие документа (ИИН) и регистрации»"\n', "",
                                    "needs the key 'citation'"),
    "a decision with citation": (HEAD, "basis: decision\n", 'basis: decision\n    citation: "002"\n', "no citation"),
    "a date that is none": (LEGAL, "verified: 2026-11-21", "verified: 2026-13-21", "is not a date"),
    "a label missing in Kazakh": (FACTS, "label: {kk: жоқ, ru: нет", "label: {ru: нет", "'kk' is missing"),
    "an empty label": (FACTS, "label: {kk: жоқ, ru: нет", "label: {kk: '', ru: нет", "is empty"),
    "a text missing in English": (LEGAL, '      en: "The identity', '      de: "The', "de: is not a key"),
    "an unknown fact": (LEGAL, "fact: identity_document, in: [applied", "fact: passport, in: [applied", "'passport'"),
    "an unknown value": (LEGAL, "in: [applied, held]", "in: [applied, lost]", "'lost' is not a known value"),
    "a value that stands twice": (LEGAL, "in: [applied, held]", "in: [held, held]", "stands twice"),
    "an unknown term": (LEGAL, "when: {term: identity_and_registration}", "when: {term: papers}", "'papers'"),
    "an unused term": (HEAD, "\nterms:\n", "\nterms:\n  - {term: spare, when: {from_day: 1}}\n", "spare"),
    "a circular term": (HEAD, "not: {fact: income, in: [lawful]}", "not: {term: no_lawful_income}", "stands on itself"),
    "an unknown domain": (ROUTING, "{failure: legal}", "{failure: moral}", "'moral' is not a known domain"),
    "a forward reference": (LEGAL, "{from_day: 30}", "{failure: housing}", "before it is given"),
    "its own failure in a failure": (LEGAL, "{from_day: 30}", "{failure: legal}", "before it is given"),
    "a risk in a failure": (LEGAL, "{from_day: 30}", "{risk: legal, in: [R3]}", "is not known here"),
    "a look ahead outside of a risk": (ROUTING, "{failure: legal}", "{failure: legal, ahead: 3}", "looks ahead"),
    "a condition of no form": (LEGAL, "{from_day: 30}", "{moon: full}", "is not a condition"),
    "a condition of two forms": (LEGAL, "{from_day: 30}", "{from_day: 30, sex: male}", "is not a condition"),
    "an empty list": (LEGAL, "in: [applied, held]", "in: []", "at least one item"),
    "a referral of no state": (HEAD, "referral: legal, is: sent", "referral: legal, is: lost", "'lost'"),
    "points beyond the scale": (LEGAL, "    points: 2\n", "    points: 3\n", "beyond the scale"),
    "points that are no number": (LEGAL, "    points: 2\n", '    points: "2"\n', "is not a whole number"),
    "proof that takes nothing": (LEGAL, "    unproved: 1\n", "    unproved: 2\n", "fewer points"),
    "proof without its words": (LEGAL, "    unproved: 1\n", "", "go together"),
    "a first line without condition": (LEGAL, "    when: {term: identity_and_registration}\n", "", "but the last"),
    "an id that stands twice": (LEGAL, "id: legal_1", "id: legal_2", "stands twice"),
    "an allowance that is none": (ROUTING, "target: PT24H", "target: 24h", "is not an allowance"),
    "an allowance of zero": (ROUTING, "limit: 10WD", "limit: 0WD", "is not an allowance"),
    "a target after its limit": (ROUTING, "target: PT24H", "target: PT72H", "later than the limit"),
    "hours after working days": (ROUTING, "target: PT24H\n    limit: 2WD", "target: PT49H\n    limit: 2WD", "later"),
    "an unknown agency": (ROUTING, "agency: crisis_centre", "agency: circus", "'circus'"),
    "an unused service": (ROUTING, "    service: safe_place", "    service: stable_place", None),
    "an unknown addressee": (ROUTING, "on_breach: police_chief", "on_breach: leb", "'leb'"),
    "a rule of no domain": (ROUTING, "    domain: housing", "    domain: moral", "'moral'"),
    "an answer by another domain": (
        "domains/institutional.yaml", "answered_by: [I1, I2]", "answered_by: [I1, H1]", "'H1'"),
    "waiting without words": (ROUTING, "    waits_while: {term: identity_document_absent}\n", "", "go together"),
    "an unquoted yes": (HEAD, 'in: ["yes"]', "in: [yes]", "truth value"),
    "a number with a point": (LEGAL, "{from_day: 30}", "{from_day: 30.0}", "float"),
    "a null": (LEGAL, "{from_day: 30}", "{from_day: }", "null"),
    "an octal number": (LEGAL, "{from_day: 30}", "{from_day: 030}", "plain whole number"),
    "an alias": (LEGAL, "domain: legal\n", "domain: &x legal\nspare: *x\n", "alias"),
    "broken YAML": (LEGAL, "points:\n", "points: [\n", "is not YAML"),
    "a missing domain": (HEAD, "  - code: legal\n", "  - code: moral\n", "domains/legal.yaml"),
    "a judge that is no domain": (HEAD, "judging_domain: institutional", "judging_domain: court", "'court'"),
    "an unknown anchor": (HEAD, "anchor: enrolment", "anchor: birth", "'birth'"),
    "an unknown failure scope": (HEAD, "failure_scope: at_assessment", "failure_scope: never", "'never'"),
    "milestones out of order": (HEAD, "[30, 60, 90, 180]", "[60, 30]", "rising order"),
    "an index beyond all": (HEAD, "index_from: 7", "index_from: 11", "more than all"),
    "two last risks": (HEAD, "    when: {points: this, in: [1]}\n", "", "exactly one line"),
    "a prerequisite of no value": (FACTS, "requires: assessed_safe", "requires: safe", "'safe'"),
    "a fact of no domain": (FACTS, "    domain: legal\n", "    domain: moral\n", "'moral'"),
    "a value named unknown": (FACTS, "value: applied", "value: unknown", "code that can be given"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_wrong_is_refused_with_its_place(name: str, folder: Path) -> None:
    file, old, new, words = BROKEN[name]
    change(folder, file, old, new)
    if name == "an unused service":
        change(folder, file, "    service: safe_place", "    service: stable_place")
        words = "no rule uses 'safe_place'"
    with pytest.raises(EditionError) as raised:
        load_edition(folder)
    text = str(raised.value)
    assert words in text
    assert raised.value.file.endswith(".yaml")
    assert raised.value.remedy.endswith(".")
    assert text.startswith(raised.value.file)
    assert f"line {raised.value.line}" in text or name == "a missing domain"


def test_the_line_and_the_key_are_those_of_the_mistake(folder: Path) -> None:
    change(folder, ROUTING, "limit: P90D", "limit: ninety")
    line = (folder / ROUTING).read_text(encoding="utf-8").split("\n").index("    limit: ninety") + 1
    with pytest.raises(EditionError) as raised:
        load_edition(folder)
    assert (raised.value.line, raised.value.path) == (line, ("rules", 2, "limit"))
    assert str(raised.value).startswith(f"routing.yaml, line {line}: rules[3].limit: ")


@pytest.mark.parametrize("file", [HEAD, FACTS, ROUTING, LEGAL])
def test_a_missing_file_is_named(file: str, folder: Path) -> None:
    (folder / file).unlink()
    with pytest.raises(EditionError, match=file.rpartition("/")[2]):
        load_edition(folder)


def test_a_file_of_no_domain_is_refused(folder: Path) -> None:
    (folder / "domains/moral.yaml").write_text("domain: moral\n", encoding="utf-8")
    with pytest.raises(EditionError, match="not a file of this edition"):
        load_edition(folder)


def test_a_file_that_is_no_utf8_or_empty_is_refused(folder: Path) -> None:
    (folder / LEGAL).write_bytes("domain: құқық".encode("cp1251", "replace") + b"\xff")
    with pytest.raises(EditionError, match="UTF-8"):
        load_edition(folder)
    (folder / LEGAL).write_text("# nothing\n", encoding="utf-8")
    with pytest.raises(EditionError, match="is empty"):
        load_edition(folder)


def test_an_unknown_name_lists_the_editions() -> None:
    with pytest.raises(EditionError, match="kz-pilot-2026"):
        load_edition("kz-pilot-1926")
    assert "kz-pilot-2026" in edition_names()


def test_the_digest_follows_the_content_and_not_the_layout(folder: Path) -> None:
    assert load_edition(folder).digest == PILOT.digest
    other = Path(shutil.copytree(folder, folder.parent / "other"))
    change(other, LEGAL, "domain: legal\n", "# a comment\n\n\ndomain:   'legal'\n")
    assert load_edition(other).digest == PILOT.digest
    third = Path(shutil.copytree(folder, folder.parent / "third"))
    change(third, LEGAL, "{from_day: 30}", "{from_day: 31}")
    assert load_edition(third).digest != PILOT.digest


def test_an_edition_is_loaded_once() -> None:
    assert load_edition("kz-pilot-2026") is PILOT


class TestFirstEdition:
    def test_its_frame(self) -> None:
        assert (PILOT.id, PILOT.anchor, PILOT.failure_scope) == ("kz-pilot-2026", "enrolment", "at_assessment")
        assert PILOT.milestones == (30, 60, 90, 180)
        assert PILOT.risk_levels == ("R0", "R1", "R2", "R3")
        assert (PILOT.success.from_day, PILOT.success.index_from, PILOT.look_ahead) == (180, 7, 10)
        assert PILOT.served_states == {"served"}

    def test_only_a_restored_contact_needs_an_earlier_value(self) -> None:
        required = {
            (f.name, v.code): v.requires for f in PILOT.facts for v in f.values if PILOT.prerequisite(f.name, v.code)
        }
        assert required == {("family_contact", "restored"): "assessed_safe"}
        assert [f.name for f in PILOT.facts if not f.always_asked] == ["family_contact"]

    def test_the_proposals_among_the_rules_are_those_of_the_page(self) -> None:
        assert {rule.code for rule in PILOT.rules if rule.basis == "proposal"} == {"H1", "L1", "E1", "I1", "I2", "M1"}
        assert all(rule.citation.startswith("002 §3") for rule in PILOT.rules if rule.basis == "proposal")

    @pytest.mark.parametrize("lang", LANGUAGES)
    def test_every_code_has_words(self, lang: str) -> None:
        for fact in PILOT.facts:
            assert PILOT.label("fact", fact.name, lang) == fact.label(lang)
            assert fact.question(lang).endswith("?")
            for value in fact.codes:
                words = PILOT.value_label(fact.name, value, lang)
                assert PILOT.label("value", f"{fact.name}.{value}", lang) == words
                assert PILOT.label("value", (fact.name, value), lang) == words
            for answer in ("asked_unknown", "refused", "unknown"):
                assert PILOT.value_label(fact.name, answer, lang)
        kinds = {"service": PILOT.services, "domain": PILOT.domains, "risk": PILOT.risk_levels,
                 "agency": (*PILOT.agencies, *PILOT.addressees), "state": PILOT.referral_states}  # fmt: skip
        for kind, codes in kinds.items():
            assert all(PILOT.label(kind, code, lang) for code in codes)

    def test_kazakh_and_russian_are_written_in_their_letters_and_english_is_not(self) -> None:
        for labels in PILOT.words.values():
            if labels["en"]:
                assert CYRILLIC.search(labels["kk"])
                assert CYRILLIC.search(labels["ru"])
                assert not CYRILLIC.search(labels["en"])
                assert not re.search("[әғқңөұүһі]", labels["ru"])
