"""The board of a head: what is broken now, the rows behind each figure, the cause and the measure."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from oralu import policyfiles
from oralu.apps.access.models import Role, User
from oralu.apps.agencies.models import Agency, Region
from oralu.apps.cases.models import Case
from oralu.apps.cases.services import EvidenceData
from oralu.apps.journal.models import Access, Entry
from oralu.apps.referrals.escalation_services import escalation_answer
from oralu.apps.referrals.models import CorrectiveMeasure, Escalation, Referral
from oralu.apps.referrals.selectors import escalations_visible_to
from oralu.apps.routing import board_figures
from oralu.apps.routing import board_selectors as figures
from oralu.apps.routing.board_figures import figures_dump, figures_keep
from oralu.apps.routing.board_rows import Figure, board_rows
from oralu.apps.routing.confirming import referral_person_confirms, referral_person_disputes
from oralu.apps.routing.facts import FactData
from oralu.apps.routing.models import BoardFigure
from oralu.apps.routing.policies import edition_adopt
from oralu.apps.routing.referring import referral_serve
from oralu.apps.routing.worker import turn
from oralu.web.board.showing import late_one
from world import EDITION, World, build

NO_PAPERS = {
    "identity_document": "none",
    "housing": "stable",
    "violence_threat": "no",
    "exploitation_risk": "no",
    "income": "lawful",
    "plan": "agreed",
}
SURNAME = "Канарейкина"
ANSWER = {
    "cause": "staff_overloaded",
    "cause_note": "",
    "measure": "Выделить окно",
    "responsible": "Зам. руководителя",
    "due_on": "2026-06-05",
}


@pytest.fixture
def world(db: None) -> World:
    return build()


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch, world: World) -> None:
    """Screens are asked for two days after the world was made."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: world.at + timedelta(hours=48))


@pytest.fixture
def sign_in(client: Client) -> Callable[[User], Client]:
    def signed(user: User) -> Client:
        client.force_login(user)
        return client

    return signed


def late_case(world: World, **more: object) -> Case:
    case = world.enrol(facts=NO_PAPERS, person=world.person(surname=SURNAME), **more)
    turn(world.at + timedelta(hours=25))
    return case


def escalation_of(case: Case) -> Escalation:
    return Escalation.objects.get(case=case, kind="breach", need__service="identity_document_application")


@pytest.mark.parametrize("who", ["aigul", "dana", "erlan", "admin"])
def test_the_board_is_for_heads(world: World, sign_in: Callable[[User], Client], who: str) -> None:
    escalation = escalation_of(late_case(world))
    client = sign_in(getattr(world, who))
    for address in ("/board", "/board/escalations", f"/board/escalations/{escalation.pk}"):
        assert client.get(address).status_code == 404
    assert client.post(f"/board/escalations/{escalation.pk}", ANSWER).status_code == 404
    assert not CorrectiveMeasure.objects.exists()


def test_leadership_sees_the_case_by_its_number_and_never_the_person(
    world: World, sign_in: Callable[[User], Client]
) -> None:
    case = late_case(world)
    client = sign_in(world.kairat)
    addresses = ["/board", f"/board/escalations/{escalation_of(case).pk}", "/board/sla?kept=no", "/board/load"]
    addresses += [f"/board/{figure}" for figure in ("escalations", "measures", "breaches", "inherited", "gone-up")]
    addresses += ["/board/risk?value=2", "/board/index?value=2", "/board/answers?value=confirmed"]
    for address in addresses:
        page = client.get(address)
        assert page.status_code == 200, address
        assert SURNAME not in page.content.decode(), address
    board = client.get("/board").content.decode()
    assert f"{case.pk}" in board
    assert f"/board/escalations/{escalation_of(case).pk}" in board


def test_a_head_sees_the_persons_of_the_own_unit_and_the_reading_is_recorded(
    world: World, sign_in: Callable[[User], Client]
) -> None:
    case = late_case(world)
    client = sign_in(world.bolat)
    assert SURNAME in client.get("/board").content.decode()
    assert SURNAME in client.get("/board/breaches").content.decode()
    read = Access.objects.filter(actor=world.bolat.pk, subjects__contains=[case.pk], purpose="oversight")
    assert sorted(read.values_list("route", flat=True)) == ["board", "board-rows"]
    stranger = User.objects.create_user(
        "other", "x", role=Role.UNIT_HEAD, agency=world.erlan.agency, full_name="Чужой начальник"
    )
    for address in ("/board", "/board/breaches", "/board/load"):
        assert SURNAME not in sign_in(stranger).get(address).content.decode()
    assert sign_in(stranger).get(f"/board/escalations/{escalation_of(case).pk}").status_code == 404


def test_leadership_of_another_region_sees_nothing_of_it(world: World, sign_in: Callable[[User], Client]) -> None:
    case = late_case(world)
    agency = Agency.objects.create(
        kind="leb_leadership", region=Region.objects.get(code="75"), name_ru="Другой акимат", name_kk="Басқа әкімдік"
    )
    other = User.objects.create_user("other", "x", role=Role.LEADERSHIP, agency=agency, full_name="Аким")
    client = sign_in(other)
    assert client.get(f"/board/escalations/{escalation_of(case).pk}").status_code == 404
    assert figures.counts(other, measures=figures.measures_open(other), at=world.at).broken == 0
    assert figures.distribution(other) == {}
    assert f"№ {case.pk}" not in client.get("/board/breaches").content.decode()


def test_only_the_addressee_records_cause_and_measure(world: World, sign_in: Callable[[User], Client]) -> None:
    escalation = escalation_of(late_case(world))
    address = f"/board/escalations/{escalation.pk}"
    page = sign_in(world.bolat).get(address)
    assert page.status_code == 200
    assert 'name="cause"' not in page.content.decode()
    assert sign_in(world.bolat).post(address, ANSWER).status_code == 404
    answer = sign_in(world.kairat).post(address, ANSWER)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/board")
    escalation.refresh_from_db()
    assert (escalation.cause, escalation.answered_by) == ("staff_overloaded", world.kairat)
    assert Entry.objects.get(kind="escalation.answered").actor == world.kairat
    again = sign_in(world.kairat).post(address, ANSWER)
    assert again.status_code == 409
    assert CorrectiveMeasure.objects.count() == 1


@pytest.mark.parametrize(
    "change", [{"measure": ""}, {"due_on": "2026-05-01"}, {"cause": ""}, {"cause": "other"}, {"responsible": ""}]
)
def test_a_bad_answer_keeps_what_was_typed(
    world: World, sign_in: Callable[[User], Client], change: dict[str, str]
) -> None:
    escalation = escalation_of(late_case(world))
    data = {**ANSWER, "responsible": "Зам. Тулеуов", "measure": "Открыть второе окно", **change}
    answer = sign_in(world.kairat).post(f"/board/escalations/{escalation.pk}", data)
    assert answer.status_code == 422
    kept = [text for text in ("Зам. Тулеуов", "Открыть второе окно") if text in data.values()]
    assert all(text in answer.content.decode() for text in kept)
    escalation.refresh_from_db()
    assert escalation.answered_at is None
    assert not CorrectiveMeasure.objects.exists()


def test_a_measure_is_carried_out_by_who_ordered_it(world: World, sign_in: Callable[[User], Client]) -> None:
    escalation = escalation_of(late_case(world))
    sign_in(world.kairat).post(f"/board/escalations/{escalation.pk}", ANSWER)
    measure = CorrectiveMeasure.objects.get()
    address = f"/board/measures/{measure.pk}/done"
    assert "Выделить окно" in sign_in(world.kairat).get("/board").content.decode()
    assert sign_in(world.bolat).post(address, {"note": "сделано"}).status_code == 404
    assert sign_in(world.kairat).post(address, {"note": ""}).status_code == 422
    assert sign_in(world.kairat).post(address, {"note": "сделано"}).status_code == 303
    measure.refresh_from_db()
    assert (measure.done_note, measure.done_at) == ("сделано", world.at + timedelta(hours=48))
    assert Entry.objects.get(kind="measure.done").actor == world.kairat
    assert sign_in(world.kairat).post(address, {"note": "сделано"}).status_code == 409


def served(world: World, hours: float) -> Referral:
    """A case whose identity document was applied for after so many hours."""
    case = world.enrol(facts=NO_PAPERS)
    turn(world.at + timedelta(hours=hours))
    referral = Referral.objects.get(case=case, need__service="identity_document_application")
    return referral_serve(
        referral=referral,
        facts=[FactData("identity_document", "held")],
        evidence=EvidenceData("Талон", "1"),
        note="",
        actor=world.dana,
        at=world.at + timedelta(hours=hours),
    )


def test_the_service_level_counts_what_was_met_in_time_of_all_met_or_missed(world: World) -> None:
    served(world, 2)
    served(world, 30)
    late_case(world)
    world.enrol(facts=NO_PAPERS, at=world.at + timedelta(hours=40))
    world.enrol(facts=NO_PAPERS, go_live_on=world.at.date(), import_key="k1")
    at = world.at + timedelta(hours=48)
    services = {one.key: (one.kept, one.all) for one in figures.sla_by_service(world.kairat, at=at)}
    assert services["identity_document_application"] == (1, 3)
    agencies = {one.key: (one.kept, one.all) for one in figures.sla_by_agency(world.kairat, at=at)}
    assert services["residence_registration_application"] == (0, 1)  # it ran from the second hour on
    assert agencies[world.agencies["one_stop_shop"].pk] == (1, 4)
    assert sum(number for _, number in agencies.values()) == sum(number for _, number in services.values())


def test_every_figure_counts_the_rows_that_it_opens(world: World) -> None:
    served(world, 2)
    served(world, 30)
    late_case(world)
    at = world.at + timedelta(hours=48)
    turn(at)
    for actor in (world.kairat, world.bolat):

        def opened(figure: Figure, **wanted: str) -> int:
            rows, _ = board_rows(actor=actor, figure=figure, wanted=wanted, after=None, size=100, at=at)  # noqa: B023
            return len(rows)

        counts = figures.counts(actor, measures=figures.measures_open(actor), at=at)
        assert opened(Figure.ESCALATIONS) == counts.broken
        assert opened(Figure.GONE_UP) == counts.gone_up
        for one in figures.sla_by_agency(actor, at=at):
            key = "none" if one.key is None else str(one.key)
            assert opened(Figure.SLA, holder=key) == one.all
            assert opened(Figure.SLA, holder=key, kept="yes") == one.kept
            assert opened(Figure.SLA, holder=key, kept="no") == one.all - one.kept
        for one in figures.sla_by_service(actor, at=at):
            assert opened(Figure.SLA, service=one.key) == one.all
        weeks = figures.breaches_by_week(actor, at=at)
        assert opened(Figure.BREACHES) == sum(map(sum, weeks.values())) > 0
        for domain, numbers in weeks.items():
            assert opened(Figure.BREACHES, domain=domain) == sum(numbers)
        for load in figures.load(actor, at=at):
            assert (
                sum(load.by_risk.values())
                == load.all
                == opened(Figure.LOAD, **{"unit" if actor is world.kairat else "officer": str(load.key)})
            )
        for answer, (number, _staff) in figures.answers(actor).items():
            assert opened(Figure.ANSWERS, value=answer) == number
        distribution = figures.distribution(actor)
        for (index, risk), _number in distribution.items():
            of_index = sum(n for (i, _), n in distribution.items() if i == index)
            of_risk = sum(n for (_, r), n in distribution.items() if r == risk)
            assert opened(Figure.INDEX, value=str(index)) == of_index
            assert opened(Figure.RISK, value=str(risk)) == of_risk


def test_what_the_person_said_is_counted_with_who_recorded_it(world: World) -> None:
    confirmed, disputed, _silent = served(world, 1), served(world, 2), served(world, 3)
    at = world.at + timedelta(hours=5)
    referral_person_confirms(referral=confirmed, actor=world.aigul, at=at)
    referral_person_disputes(referral=disputed, note="не пришло", actor=world.aigul, at=at)
    assert figures.answers(world.bolat) == {"confirmed": (1, 1), "disputed": (1, 1), "not_asked": (1, 0)}


def test_inherited_escalations_are_one_group(world: World, sign_in: Callable[[User], Client]) -> None:
    for n in range(3):
        world.enrol(facts=NO_PAPERS, go_live_on=world.at.date(), import_key=f"k{n}")
    turn(world.at + timedelta(hours=30))
    expected = Escalation.objects.filter(in_digest=True, agency=world.kairat.agency).count()
    assert expected >= 3
    counts = figures.counts(
        world.kairat, measures=figures.measures_open(world.kairat), at=world.at + timedelta(hours=48)
    )
    assert (counts.broken, counts.inherited) == (0, expected)
    text = sign_in(world.kairat).get("/board").content.decode()
    assert text.count('href="/board/inherited"') == 1
    assert 'id="row-e' not in text


def test_what_waits_is_counted_as_far_as_one_plans_by_it(
    world: World, sign_in: Callable[[User], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "MOST", 2)
    for n in range(3):
        world.enrol(facts=NO_PAPERS, go_live_on=world.at.date(), import_key=f"k{n}")
    late_case(world)
    turn(world.at + timedelta(hours=30))
    for actor in (world.kairat, world.bolat):
        with CaptureQueriesContext(connection) as asked:
            figures.counts(actor, measures=figures.measures_open(actor), at=world.at + timedelta(hours=48))
        statement = asked.captured_queries[-1]["sql"]
        kinds = statement.count("UNION ALL") + 1
        assert statement.count("LIMIT 3") == kinds >= 3
        assert "COUNT(" not in statement
    assert figures.counts(world.kairat, measures=figures.measures_open(world.kairat), at=world.at).inherited == 3, (
        "more than two"
    )
    text = sign_in(world.kairat).get("/board?lang=ru").content.decode()
    assert "2+ нарушенных срока загруженного реестра" in text


def test_breaches_are_counted_in_the_week_of_their_limit(world: World) -> None:
    case = late_case(world)
    weeks = figures.breaches_by_week(world.kairat, at=world.at + timedelta(days=7))
    assert weeks["legal"][-2:] == [1, 0]
    Escalation.objects.filter(case=case).update(fell_due_at=world.at - timedelta(weeks=13))
    assert figures.breaches_by_week(world.kairat, at=world.at + timedelta(days=7)) == {}


def test_rows_are_paged_and_nonsense_is_absent(world: World, sign_in: Callable[[User], Client]) -> None:
    for _ in range(3):
        world.enrol(facts=NO_PAPERS)
    at = world.at
    first, more = board_rows(actor=world.bolat, figure=Figure.LOAD, wanted={}, after=None, size=2, at=at)
    second, end = board_rows(actor=world.bolat, figure=Figure.LOAD, wanted={}, after=first[-1].key, size=2, at=at)
    assert ([len(first), more], [len(second), end]) == ([2, True], [1, False])
    assert len({row.case_id for row in (*first, *second)}) == 3
    client = sign_in(world.bolat)
    for address in ("/board/nonsense", "/board/risk", "/board/risk?value=x", "/board/answers?value=x"):
        assert client.get(address).status_code == 404
    assert client.get("/board/load?officer=none").status_code == 200


@pytest.mark.parametrize("who", ["bolat", "kairat"])
def test_the_cost_of_the_board_does_not_grow_with_the_cases(
    world: World,
    sign_in: Callable[[User], Client],
    django_assert_max_num_queries: DjangoAssertNumQueries,
    who: str,
) -> None:
    for _ in range(12):
        world.enrol(facts=NO_PAPERS)
    turn(world.at + timedelta(hours=25))
    client = sign_in(getattr(world, who))
    with django_assert_max_num_queries(29):
        assert client.get("/board").status_code == 200
    with django_assert_max_num_queries(12):
        assert client.get("/board/breaches").status_code == 200


def test_an_empty_board_says_that_nothing_is_broken(world: World, sign_in: Callable[[User], Client]) -> None:
    assert 'class="nothing"' in sign_in(world.kairat).get("/board").content.decode()


@pytest.fixture
def trial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A second edition that calls a domain by another name."""
    for name in (EDITION, "kz-trial-2027"):
        shutil.copytree(policyfiles.POLICY_DIR / EDITION, tmp_path / name)
    file = tmp_path / "kz-trial-2027" / "edition.yaml"
    words = file.read_text(encoding="utf-8").replace(f"edition: {EDITION}", "edition: kz-trial-2027")
    label = policyfiles.load_edition(EDITION).label("domain", "economic", "ru")
    assert label in words
    file.write_text(words.replace(label, "трудовой и денежный"), encoding="utf-8")
    monkeypatch.setattr(policyfiles, "POLICY_DIR", tmp_path)
    policyfiles._folder.cache_clear()
    yield "kz-trial-2027"
    policyfiles._folder.cache_clear()


def test_the_words_over_the_figures_are_those_of_the_edition_in_force(
    world: World, sign_in: Callable[[User], Client], trial: str
) -> None:
    head = sign_in(world.bolat)
    assert "Трудовой и денежный" not in head.get("/board").content.decode()
    day = world.at.date() + timedelta(days=1)
    edition_adopt(edition_name=trial, region=world.region, from_date=day, actor=world.admin, at=world.at)
    assert "Трудовой и денежный" in head.get("/board").content.decode()
    export = b"".join(head.get("/cases.csv").streaming_content).decode()
    assert "рудовой и денежный" in export


def test_a_late_measure_names_who_was_to_carry_it_out(world: World, sign_in: Callable[[User], Client]) -> None:
    world.enrol(facts=NO_PAPERS)
    at = world.at + timedelta(days=12)
    turn(at)
    missed = Escalation.objects.filter(kind=Escalation.Kind.BREACH).first()
    assert missed is not None
    leader = User.objects.filter(agency=missed.agency).first()
    escalation_answer(
        escalation=missed,
        cause="staff_overloaded",
        cause_note="",
        measure="Выделить окно",
        responsible="Зам. руководителя Ахметов",
        due_on=(at + timedelta(days=2)).date(),
        actor=leader,
        at=at,
    )
    turn(at + timedelta(days=5))
    late = escalations_visible_to(leader).get(kind=Escalation.Kind.MEASURE_LATE)
    assert late_one(late) == "Зам. руководителя Ахметов"


def settle(at: datetime) -> None:
    """Let the worker keep the figures of every region and large unit: one a turn."""
    while figures_keep(at=at):
        pass


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two open cases make a unit or a region large."""
    monkeypatch.setattr(board_figures, "LARGE", 1)


def lives(world: World) -> None:
    """Something behind every figure: met, missed, confirmed, still open, of two units."""
    referral_person_confirms(referral=served(world, 2), actor=world.aigul, at=world.at + timedelta(hours=3))
    served(world, 30)
    late_case(world)
    world.enrol(facts=NO_PAPERS, unit=world.erlan.agency, officer=world.erlan)


def test_kept_figures_are_those_that_are_counted(world: World, large: None) -> None:
    lives(world)
    at = world.at + timedelta(hours=48)
    turn(at)
    counted = board_figures.figures_count(world.kairat, at=at)
    assert counted.weeks
    assert counted.services
    assert len(counted.loads) == 2
    assert any(one.nearest for one in counted.loads)
    assert counted.answers["confirmed"] == (1, 1)
    settle(at)
    assert BoardFigure.objects.get(key="35").data is not None
    assert board_figures.figures_for(world.kairat, at=at + timedelta(minutes=5)) == counted
    assert json.loads(json.dumps(figures_dump(counted))) == BoardFigure.objects.get(key="35").data
    of_unit = board_figures.figures_count(world.bolat, at=at)
    assert board_figures.figures_for(world.bolat, at=at + timedelta(minutes=5)) == of_unit
    assert of_unit != counted, "of the unit alone"
    assert of_unit.loads[0].key == world.aigul.pk, "by officer"


def test_the_board_looks_the_same_counted_and_kept(
    world: World, sign_in: Callable[[User], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    lives(world)
    at = world.at + timedelta(hours=48)
    turn(at)
    client = sign_in(world.kairat)
    counted = client.get("/board").context
    monkeypatch.setattr(board_figures, "LARGE", 1)
    settle(at)
    kept = client.get("/board").context
    for name in ("stats", "trend", "sla_agencies", "sla_services", "loads", "indexes", "risks", "answers", "broken"):
        assert kept[name] == counted[name], name
        assert kept[name], name


@pytest.mark.parametrize(
    ("language", "words"), [("en", "Figures as of"), ("ru", "Показатели по состоянию на"), ("kk", "жағдай бойынша")]
)
def test_kept_figures_say_of_which_moment_they_are(
    world: World, sign_in: Callable[[User], Client], large: None, language: str, words: str
) -> None:
    lives(world)
    User.objects.update(language=language)
    client = sign_in(world.kairat)
    settle(world.at + timedelta(hours=47))
    text = client.get("/board").content.decode()
    assert words in text
    assert "09:00" in text
    assert words in sign_in(world.bolat).get("/board").content.decode(), "of a large unit too"
    small = User.objects.create_user("other", "x", role=Role.UNIT_HEAD, agency=world.erlan.agency, full_name="Глава")
    assert words not in sign_in(small).get("/board").content.decode(), "a small one is counted while one waits"


def test_before_the_first_count_the_board_says_so_and_shows_what_is_to_be_done(
    world: World, sign_in: Callable[[User], Client], large: None
) -> None:
    escalation = escalation_of(late_case(world))
    world.enrol(facts=NO_PAPERS)
    BoardFigure.objects.all().delete()
    page = sign_in(world.kairat).get("/board")
    assert not page.context["is_counted"]
    text = page.content.decode()
    assert 'role="status"' in text
    assert f"/board/escalations/{escalation.pk}" in text
    assert 'id="trend"' not in text


def test_the_page_asks_the_same_however_many_cases_stand_behind_kept_figures(
    world: World, sign_in: Callable[[User], Client], large: None
) -> None:
    """And none of its questions goes through the needs, the referrals or the clocks of a region."""
    lives(world)
    settle(world.at + timedelta(hours=47))
    client = sign_in(world.kairat)
    client.get("/board")
    with CaptureQueriesContext(connection) as asked:
        assert client.get("/board").context["is_counted"]
    for _ in range(6):
        world.enrol(facts=NO_PAPERS)
    with CaptureQueriesContext(connection) as asked_again:
        client.get("/board")
    assert len(asked_again) == len(asked)
    of_region = [q["sql"] for q in asked.captured_queries if "\"region_id\" = '35'" in q["sql"]]
    assert len(of_region) == 1, of_region
    assert "LIMIT 2" in of_region[0]


def test_figures_are_counted_anew_only_when_they_are_old_and_something_changed_or_a_day_began(
    world: World, large: None
) -> None:
    late_case(world)
    world.enrol(facts=NO_PAPERS)
    at = world.at + timedelta(hours=48)
    settle(at)
    assert not figures_keep(at=at + timedelta(hours=2)), "nothing has happened"
    world.enrol(facts=NO_PAPERS, at=at)
    assert not figures_keep(at=at + timedelta(minutes=9)), "not old enough"
    settle(at + timedelta(minutes=10))
    kept = BoardFigure.objects.get(key="35")
    assert kept.at == at + timedelta(minutes=10)
    assert sum(n for *_, n in kept.data["distribution"]) == 3
    assert figures_keep(at=at + timedelta(days=1)), "another day"


def test_a_turn_counts_one_region(world: World) -> None:
    before = BoardFigure.objects.count()
    turn(world.at)
    turn(world.at)
    assert BoardFigure.objects.count() == before + 2


def test_a_case_that_is_closed_to_one_of_the_leadership_is_in_no_kept_figure(world: World, large: None) -> None:
    for _ in range(4):
        world.enrol(facts=NO_PAPERS)
    shut, restricted = Case.objects.order_by("id")[:2]
    police = User.objects.get(username="police-chief")
    Case.objects.filter(pk=shut.pk).update(excluded=[police.pk])
    Case.objects.filter(pk=restricted.pk).update(is_restricted=True, listed=[world.kairat.pk])
    settle(world.at)
    kept = board_figures.figures_for(world.kairat, at=world.at)
    assert kept is not None
    assert sum(kept.distribution.values()) == 2
    assert sum(figures.distribution(world.kairat).values()) == 4


def test_a_table_longer_than_is_listed_says_where_all_of_it_is(
    world: World, sign_in: Callable[[User], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    world.enrol()
    at = world.at + timedelta(days=40)
    turn(at)
    monkeypatch.setattr("django.utils.timezone.now", lambda: at)
    worst, *others = figures.sla_by_agency(world.bolat, at=at)
    assert others
    head = sign_in(world.bolat)
    row, link = "/board/sla?holder=", "?whole=agencies#sla-agencies"
    short = head.get("/board").content.decode()
    assert (short.count(row), link in short) == (1 + len(others), False)
    monkeypatch.setattr("oralu.web.board.views.LISTED", 1)
    cut, whole = head.get("/board").content.decode(), head.get("/board?whole=agencies").content.decode()
    assert (cut.count(row), link in cut) == (1, True)
    assert f"{row}{worst.key or 'none'}" in cut
    assert (whole.count(row), link in whole) == (1 + len(others), False)
