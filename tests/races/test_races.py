"""Programme, item 15, in small; `make bench-races` runs a thousand."""

from __future__ import annotations

import os
from collections import Counter

import pytest

from oralu.apps.cases.models import Case
from oralu.apps.journal.models import Access
from races.course import NO_PAPERS, SEEN, Course

RACES = int(os.environ.get("RACES", "42"))
SHARES = int(os.environ.get("SHARES", "1"))
"""Parts in which the races are run, each on a ground of its own: two processes take them in turn."""


@pytest.mark.parametrize("share", range(SHARES))
@pytest.mark.django_db(transaction=True)
def test_of_those_who_do_the_same_at_the_same_moment_one_does_it(share: int) -> None:
    numbers = range(share, RACES, SHARES)
    course, run, wrong = Course(len(numbers)), Counter[str](), list[str]()
    for n in range(len(numbers)):
        race = course.race(n)
        run[race.name] += 1
        if problem := race.run():
            wrong.append(problem)
    assert wrong == [], f"{len(wrong)} of {len(numbers)}:\n" + "\n".join(wrong[:40])
    print(f"{len(numbers)} races: {dict(run)}")


@pytest.mark.django_db(transaction=True)
def test_who_comes_with_an_old_form_is_told_what_has_changed_and_loses_no_word() -> None:
    course = Course(0)
    world, case = course.world, course.world.enrol(facts=NO_PAPERS)
    aigul, marat = course.clients[world.aigul.pk], course.clients[course.marat.pk]
    address = f"/cases/{case.pk}/notes"
    number = SEEN.search(marat.get(address).content.decode())
    assert number is not None
    assert aigul.post(f"/cases/{case.pk}/suspend", {"note": "Не найден"}).status_code == 303
    late = marat.post(address, {"note": "Говорил с матерью", "seen": number[1]}, headers={"Accept-Language": "ru"})
    text = late.content.decode()
    assert late.status_code == 409
    assert world.aigul.full_name in text
    assert "Говорил с матерью" in text
    assert Access.objects.latest("pk").subjects == [case.pk]
    assert not Case.objects.get(pk=case.pk).notes.filter(text="Говорил с матерью").exists()
    twice = aigul.post(f"/cases/{case.pk}/resume", {"seen": number[1]})
    assert twice.status_code == 409
    assert "в том числе вами" in twice.content.decode()
    assert "в том числе вами" not in text
    # Who has been told may do it all the same.
    told = SEEN.search(text)
    assert told is not None
    assert int(told[1]) > int(number[1])
    assert marat.post(address, {"note": "Говорил с матерью", "seen": told[1]}).status_code == 303
    # A paper that was printed meanwhile changes nothing.
    again = SEEN.search(marat.get(address).content.decode())
    assert again is not None
    aigul.get(f"/referrals/{case.referrals.first().pk}/pdf")
    assert marat.post(address, {"note": "Ещё", "seen": again[1]}).status_code == 303
