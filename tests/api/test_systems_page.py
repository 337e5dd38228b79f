"""An administrator makes a system and its key, revokes and closes: each is in the journal, the key is seen once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from oralu.apps.access.invitations import invitation_make
from oralu.apps.access.machines import client_make
from oralu.apps.access.models import ApiClient, ApiToken
from oralu.apps.journal.models import Entry
from systems import System
from world import World


def asked(world: World, **more: object) -> dict[str, object]:
    values: dict[str, object] = {
        "name": "АИС ЦОН",
        "agency": world.agencies["one_stop_shop"].pk,
        "role": "provider",
        "owner": world.dana.pk,
        "scopes": ["referral.read"],
        "expires_on": (world.at + timedelta(days=90)).date().isoformat(),
    }
    return values | more


def test_a_system_is_made_given_a_key_and_closed(world: World, client: Client) -> None:
    client.force_login(world.admin)
    assert client.get("/administration/systems").status_code == 200
    assert client.get("/administration/systems/new").status_code == 200
    assert client.post("/administration/systems/new", asked(world)).status_code == 303
    made = ApiClient.objects.get()
    page = client.post(f"/administration/systems/{made.pk}/key").content.decode()
    token = page.split("<code>oralu_")[1].split("</code>")[0]
    system = System(made, f"oralu_{token}")
    assert system.read("/token").json()["scopes"] == ["referral.read"]
    assert system.read("/referrals").status_code == 200
    assert system.read("/agencies").status_code == 404
    assert token not in client.get(f"/administration/systems/{made.pk}").content.decode()
    key = ApiToken.objects.get()
    assert client.post(f"/administration/systems/{made.pk}/keys/{key.pk}/revoke").status_code == 303
    assert system.read("/token").status_code == 401
    assert client.post(f"/administration/systems/{made.pk}/close").status_code == 303
    made.user.refresh_from_db()
    assert not made.user.is_active
    kinds = set(Entry.objects.filter(kind__startswith="system.").values_list("kind", flat=True))
    assert kinds == {"system.created", "system.key_made", "system.key_revoked", "system.closed"}
    assert client.get("/administration/journal").status_code == 200


@pytest.mark.parametrize(
    ("field", "value"),
    [("scopes", ["case.read"]), ("scopes", []), ("role", "administrator"), ("expires_on", "2030-01-01"), ("name", "")],
)
def test_what_does_not_fit_is_refused_and_kept(world: World, client: Client, field: str, value: object) -> None:
    client.force_login(world.admin)
    answer = client.post("/administration/systems/new", asked(world, **{field: value}))
    assert answer.status_code == 422
    assert not ApiClient.objects.exists()
    if field != "name":
        assert "АИС ЦОН" in answer.content.decode()


@pytest.mark.parametrize("who", ["aigul", "bolat", "dana", "kairat"])
def test_to_everybody_else_the_pages_do_not_exist(world: World, client: Client, unit: System, who: str) -> None:
    client.force_login(getattr(world, who))
    for path in ("", "/new", f"/{unit.client.pk}"):
        assert client.get(f"/administration/systems{path}").status_code == 404
    for path in ("key", "close"):
        assert client.post(f"/administration/systems/{unit.client.pk}/{path}").status_code == 404


def test_nobody_signs_in_with_the_account_of_a_system(world: World, unit: System) -> None:
    assert not unit.client.user.has_usable_password()
    with pytest.raises(ValidationError):
        invitation_make(user=unit.client.user, actor=world.admin, at=world.at)


def test_a_closed_person_answers_for_nothing(world: World) -> None:
    world.dana.is_active = False
    with pytest.raises(ValidationError):
        client_make(
            name="x",
            agency=world.agencies["one_stop_shop"],
            role="provider",
            owner=world.dana,
            scopes=["referral.read"],
            expires_at=world.at + timedelta(days=9),
            actor=world.admin,
            at=world.at,
        )
