"""Programme, item 6: who may do what, asked of every address.

Made from the resolver of addresses, the declared permission of each view and the table of permissions: for each
address, person and case it is computed whether the answer must be one or must look like absence. No expectation is
written by hand but for `STATE`: addresses that also ask for a state which the scene has not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from oralu.apps.access.models import ApiClient, ApiToken, IdentityProvider, Role, User
from oralu.apps.access.permissions import Permission, Relation, relations_for
from oralu.apps.agencies.models import Occupancy
from oralu.apps.cases.models import Case, Emergency, Evidence, Exclusion, Statement, Step
from oralu.apps.people.models import Merge
from oralu.apps.referrals.models import CorrectiveMeasure, EarlierMeeting, Escalation, Need, Referral
from oralu.apps.routing.models import Erasure, LegalHold
from oralu.web.declared import OPEN, routes
from systems import system_of
from walls.scene import life, scene
from world import World

ABSENT = 987654321
PEOPLE = (
    "aigul", "bolat", "marat", "erlan", "saule", "zarina", "timur", "dana", "gulnar", "nurse", "kairat", "askar",
    "madina", "admin",
)  # fmt: skip
METHODS: tuple[tuple[str, dict[str, str]], ...] = (("get", {}), ("get", {"HX-Request": "true"}), ("post", {}))
PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
SERVED = {200, 302, 303, 400, 405, 409, 422}
STATE: Mapping[str, str] = {
    "factor-remove": "a factor of one's own: in the scene nobody has one",
    "session-end": "the mark of another session of one's own",
    "evidence": "a proof with a file that has been let through",
    "quarantine-release": "a file that waits",
    "quarantine-reject": "a file that waits",
    "quarantine-take": "a file that waits",
    "referral-answer": "an agency that has no account",
    "place-release": "a place that is taken",
    "places": "an agency that counts its places",
    "escalation": "the answer: whoever it is addressed to",
    "transfer-decide": "of a case manager: an own case",
    "need-reopen": "a need that is closed",
    "need-served": "a need that the unit itself meets",
    "need-earlier": "a need that is met",
    "earlier-decide": "a claim that another officer has made",
    "referral-whereabouts": "a referral to a refuge that has gone",
}
"""Addresses that ask for more than a relation: that they may be denied is asserted all the same."""
FOR_EVERYBODY = {
    "rights", "profile", "password", "security", "confirm", "factor-codes", "factor-passkey", "factor-recovery",
    "factor-remove", "sessions-end", "session-end", "messages", "policy",
}  # fmt: skip
"""The own account and the policy: every member of staff has them."""


class Target:
    """An object that an address is asked for: its keys, its case or referral, or whose own it is."""

    def __init__(self, kwargs: dict[str, Any], case: Case | None = None, **more: Any) -> None:
        self.kwargs, self.case = kwargs, case
        self.referral: Referral | None = more.get("referral")
        self.owner: int | None = more.get("owner")
        self.answers: int | None = more.get("answers")


class Scene:
    """The scene of the walls with a restricted case, an emergency, and a third officer who is not listed."""

    def __init__(self) -> None:
        self.clients: dict[str, Client] = {}
        self.drafts: dict[str, str] = {}
        self.world, self.cases = scene(timezone.now() - timedelta(days=3))
        world = self.world
        world.marat = User.objects.create_user(  # type: ignore[attr-defined]
            "marat", "long-password-of-a-test", role=Role.CASE_MANAGER, agency=world.unit, full_name="Марат"
        )
        closed = life(world, world.unit, world.aigul)
        Case.objects.filter(pk=closed.pk).update(is_restricted=True, listed=[world.aigul.pk, world.bolat.pk])
        self.cases["restricted"] = closed
        for case in self.cases.values():
            case.refresh_from_db()
            Referral.objects.filter(case=case, agency=world.agencies["clinic"]).update(state="served")
        now, ours = timezone.now(), self.cases["ours"]
        until = now + timedelta(hours=2)
        Emergency.objects.create(
            case=ours, unit=world.unit, user=world.erlan, opened_at=now, until=until, reason="life", words="Кто-то"
        )
        self.emergencies = {(world.erlan.pk, ours.pk)}
        IdentityProvider.objects.create(agency=world.unit, key="p", name="P", issuer="https://p.example", client_id="c")
        system_of(world, world.unit, Role.CASE_MANAGER, world.bolat)

    def relations(self, user: User, target: Target) -> set[Relation]:
        """How somebody stands to a case, from what is stored, by another way than the doors'."""
        case, found = target.case, set()
        if case is None or user.pk in case.excluded:
            return set()
        if not case.is_restricted or user.pk in case.listed:
            if user.agency_id == case.unit_id:
                found |= {Relation.UNIT} | ({Relation.OWN} if case.officer_id == user.pk else set())
            if user.agency is not None and user.agency.region_id == case.region_id:
                found.add(Relation.REGION)
            if user.agency_id is not None and user.agency_id == case.prison_id:
                found.add(Relation.BEFORE_RELEASE)
        if (user.pk, case.pk) in self.emergencies:
            found.add(Relation.EMERGENCY)
        if target.referral is not None and target.referral.agency_id == user.agency_id:
            served = target.referral.state == Referral.State.SERVED
            found.add(Relation.PAST_REFERRAL if served else Relation.OPEN_REFERRAL)
        return found

    def allows(self, user: User, permission: Permission, target: Target) -> bool:
        wanted = relations_for(user.role, permission)
        if target.owner is not None and target.owner != user.pk:
            return False
        if target.answers is not None and target.answers != user.agency_id:
            return False
        return bool(wanted if target.case is None else wanted & (self.relations(user, target) | {Relation.NONE}))

    def targets(self, user: User, path: str) -> Iterator[Target]:
        """Objects to ask for at an address, one in each case where it is about cases."""
        names = PARAMETER.findall(path)
        if not names:
            yield Target({})
        elif "draft_id" in names:
            yield Target({"draft_id": self.draft(user), **({"step": "identity"} if "step" in names else {})})
        elif names == ["message_id"]:
            message = user.messages.first() or self.world.aigul.messages.first()
            yield Target({"message_id": message.pk}, owner=message.user_id)
        elif set(names) <= OTHERS.keys():
            yield Target({name: OTHERS[name](self.world) for name in names})
        elif set(names) <= OF_CASE.keys():
            for case in self.cases.values():
                yield from self._of_case(user, path, names, case)

    def _of_case(self, user: User, path: str, names: list[str], case: Case) -> Iterator[Target]:
        kwargs: dict[str, Any] = {}
        more: dict[str, Any] = {}
        for name in names:
            found = FACT_OF.get(path.split("/", maxsplit=1)[0], "housing") if name == "name" else OF_CASE[name](case)
            if name == "referral_id" and path.startswith("inbox"):
                states = ["served"] if path.endswith("/notes") else ["sent", "accepted"]
                theirs = Referral.objects.filter(case=case, agency=user.agency, state__in=states).first()
                more["referral"] = found = theirs or found
            if found is None:
                return
            if name == "occupancy_id":
                more["referral"] = found.referral
            if name == "measure_id":
                more["answers"] = found.escalation.agency_id
            if name == "escalation_id" and user.role == Role.LEADERSHIP:
                more["answers"] = found.agency_id
            kwargs[name] = getattr(found, "pk", found)
        yield Target(kwargs, case, **more)

    def draft(self, user: User) -> str:
        if user.username not in self.drafts:
            answer = self.client(user).post(reverse("enrol"))
            self.drafts[user.username] = answer["Location"].split("/")[2] if answer.status_code == 303 else "aaaaaaaa"
        return self.drafts[user.username]

    def client(self, user: User) -> Client:
        if user.username not in self.clients:
            self.clients[user.username] = Client(raise_request_exception=False)
            self.clients[user.username].force_login(user)
        return self.clients[user.username]


FACT_OF = {"care": "medical_need", "release": "identity_document"}
"""A fact that who opens these pages may record."""
OTHERS: Mapping[str, Callable[[World], Any]] = {
    "factor_id": lambda world: 1,
    "mark": lambda world: "mark",
    "figure": lambda world: "load",
    "agency_id": lambda world: world.unit.pk,
    "user_id": lambda world: world.dana.pk,
    "provider_id": lambda world: IdentityProvider.objects.get().pk,
    "client_id": lambda world: ApiClient.objects.earliest("pk").pk,
    "token_id": lambda world: ApiToken.objects.earliest("pk").pk,
}
OF_CASE: Mapping[str, Callable[[Case], Any]] = {
    "case_id": lambda case: case,
    "name": lambda case: "housing",
    "need_id": lambda case: Need.objects.filter(case=case, state="open").first(),
    "referral_id": lambda case: Referral.objects.filter(case=case, state="sent").first(),
    "statement_id": lambda case: Statement.objects.filter(case=case, retracts=None).first(),
    "evidence_id": lambda case: Evidence.objects.filter(case=case).first(),
    "step_id": lambda case: Step.objects.filter(plan__case=case).first(),
    "claim_id": lambda case: EarlierMeeting.objects.filter(need__case=case).first(),
    "exclusion_id": lambda case: Exclusion.objects.filter(case=case).first(),
    "emergency_id": lambda case: case.emergencies.first(),
    "merge_id": lambda case: Merge.objects.filter(kept=case.person_id).first(),
    "request_id": lambda case: case.transfer_requests.first(),
    "escalation_id": lambda case: Escalation.objects.filter(case=case).order_by("pk").first(),
    "measure_id": lambda case: CorrectiveMeasure.objects.filter(escalation__case=case).first(),
    "erasure_id": lambda case: Erasure.objects.filter(case=case).first(),
    "hold_id": lambda case: LegalHold.objects.filter(case=case).first(),
    "occupancy_id": lambda case: Occupancy.objects.filter(referral__case=case).first(),
}


def asked(client: Client, method: str, headers: Mapping[str, str], address: str) -> HttpResponse:
    """The answer; whatever the request wrote is taken back."""
    with transaction.atomic():
        response = getattr(client, method)(address, headers=headers)
        if not response.streaming:
            response.content  # noqa: B018 — made within the transaction
        transaction.set_rollback(True)
    return response


def shown(response: HttpResponse, kwargs: Mapping[str, Any]) -> str:
    """What is shown, without what differs from answer to answer and without the number that was asked for."""
    text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", response.content.decode())
    for value in (*kwargs.values(), ABSENT):
        text = text.replace(str(value), "N")
    return text


def absent(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The same address of a thing that does not exist."""
    return {name: ABSENT if isinstance(value, int) else value for name, value in kwargs.items()}


@pytest.mark.django_db
def test_every_address_serves_whom_the_table_allows_and_nobody_else() -> None:
    made = Scene()
    wrong: list[str] = []
    both: dict[str, set[bool]] = {}
    cells = 0
    addresses = [
        one for one in routes() if one[0] not in OPEN and one[0] != "home" and not one[1].startswith(("api", "^api"))
    ]
    for name, path, view in addresses:
        for who in PEOPLE:
            user = getattr(made.world, who)
            targets, tried = list(made.targets(user, path)), set[bool]()
            for target in targets if relations_for(user.role, view.permission) else targets[:1]:
                expected = made.allows(user, view.permission, target)
                both.setdefault(name, set()).add(expected)
                methods = METHODS if expected not in tried else METHODS[:1]
                tried.add(expected)
                for method, headers in methods:
                    cells += 1
                    answer = asked(made.client(user), method, headers, reverse(name, kwargs=target.kwargs))
                    problem = allowed(name, answer) if expected else denied(made, user, name, target, answer, method)
                    if problem:
                        wrong.append(f"{who} {method}{'+htmx' if headers else ''} {name} {target.kwargs}: {problem}")
    assert {name for name, _path, _view in addresses} == both.keys(), "an address that nobody was asked for"
    assert wrong == [], f"{len(wrong)} of {cells}:\n" + "\n".join(wrong[:60])
    one_sided = {name for name, sides in both.items() if sides != {True, False}}
    assert one_sided <= FOR_EVERYBODY, "an address that is only ever allowed, or only ever denied, proves nothing"
    print(f"{len(both)} addresses, {cells} cells")


def allowed(name: str, answer: HttpResponse) -> str:
    """What is wrong with the answer to somebody who may; empty: nothing."""
    if answer.status_code in SERVED or (name in STATE and answer.status_code == 404):
        return ""
    return f"allowed, but {answer.status_code}"


def denied(  # noqa: PLR0917
    made: Scene, user: User, name: str, target: Target, answer: HttpResponse, method: str
) -> str:
    """What is wrong with the answer to somebody who may not: it has to be that of a thing which does not exist."""
    if answer.status_code not in (404, 405):
        return f"denied, but {answer.status_code}"
    if method == "post" or absent(target.kwargs) == target.kwargs:
        return ""
    nothing = asked(made.client(user), method, {}, reverse(name, kwargs=absent(target.kwargs)))
    if nothing.status_code != answer.status_code:
        return f"denied {answer.status_code}, absent {nothing.status_code}"
    return "" if shown(answer, target.kwargs) == shown(nothing, target.kwargs) else "does not look like absence"
