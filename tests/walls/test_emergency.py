"""Opening a case in an emergency: to read, for its time, told and reviewed; never for who is shut out."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from oralu.apps.access.models import Role, User
from oralu.apps.cases.models import Case, Emergency
from oralu.apps.cases.restriction_services import case_shut
from oralu.apps.journal.models import Access, Entry
from oralu.apps.messages.models import Message
from walls.scene import FACTS
from world import World, build


@pytest.fixture
def world(db: None) -> World:
    return build(timezone.now() - timedelta(days=1))


@pytest.fixture
def case(world: World) -> Case:
    return world.enrol(facts=FACTS)


def entered(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def opened(world: World, case: Case, wanted: str = "") -> int:
    data = {"wanted": wanted or str(case.pk), "reason": "life", "words": "нужна помощь"}
    return int(entered(world.erlan).post(reverse("emergency"), data).status_code)


def test_it_is_read_told_and_reviewed(world: World, case: Case) -> None:
    erlan, page = entered(world.erlan), reverse("case", args=[case.pk])
    auditor = User.objects.create_user("madina", "long-password-of-a-test", role=Role.AUDITOR, full_name="Мадина")
    assert erlan.get(page).status_code == 404
    assert opened(world, case) == 303
    answer = erlan.get(page).content.decode()
    assert case.person.full_name in answer
    for act in ("case-close", "offence", "note-add", "plan"):
        assert reverse(act, args=[case.pk]) not in answer, act
        assert erlan.get(reverse(act, args=[case.pk])).status_code == 404, act
    assert Access.objects.filter(kind="emergency", actor=world.erlan.pk, subjects=[case.pk]).exists()
    assert Entry.objects.filter(kind="emergency.opened", case=case, actor=world.erlan).exists()
    told = set(Message.objects.filter(template="emergency_opened").values_list("user_id", flat=True))
    assert told == {world.bolat.pk, auditor.pk}
    assert "№" in entered(auditor).get(reverse("control")).content.decode()
    one = Emergency.objects.get()
    review = reverse("emergency-review", args=[one.pk])
    assert entered(world.erlan).get(review).status_code == 404
    assert entered(world.bolat).post(review, {"answer": "no", "words": ""}).status_code == 422
    assert entered(world.bolat).post(review, {"answer": "no", "words": "не было нужды"}).status_code == 303
    one.refresh_from_db()
    assert (one.is_justified, one.reviewed_by) == (False, world.bolat)


def test_it_ends(world: World, case: Case) -> None:
    assert opened(world, case) == 303
    before = timezone.now() - timedelta(hours=4)
    Emergency.objects.update(opened_at=before, until=before + timedelta(hours=3))
    assert entered(world.erlan).get(reverse("case", args=[case.pk])).status_code == 404


def test_by_iin_and_never_for_who_is_shut_out(world: World, case: Case) -> None:
    assert opened(world, case, case.person.iin) == 303
    Emergency.objects.all().delete()
    case_shut(case=case, user=world.erlan, reason="conflict", note="спор", actor=world.bolat, at=world.at)
    for wanted in (str(case.pk), case.person.iin, "999999"):
        assert opened(world, case, wanted) == 422, wanted
    assert not Emergency.objects.exists()
