"""A system of each kind of agency, and how it asks."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.test import Client

from oralu.apps.access.machines import SCOPES, client_make, token_make
from oralu.apps.access.models import ApiClient, User
from oralu.apps.access.permissions import relations_for
from oralu.apps.agencies.models import Agency
from world import World

CALM = {"violence_threat": "no", "exploitation_risk": "no"}


@dataclass
class System:
    """A system with its key. `read` and `act` ask as it."""

    client: ApiClient
    token: str
    language: str = "en"

    def read(self, path: str, **headers: str) -> HttpResponse:
        return Client().get(f"/api/v1{path}", headers=self._headers(headers))

    def act(self, path: str, body: Any = None, *, etag: str = "*", key: str | None = None, **headers: str):
        more = {"Idempotency-Key": key or uuid.uuid4().hex, "If-Match": etag}
        data = "" if body is None else json.dumps(body)
        return Client().post(
            f"/api/v1{path}",
            data,
            content_type="application/json",
            headers=self._headers({name: value for name, value in more.items() if value} | headers),
        )

    def _headers(self, more: dict[str, str]) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", "Accept-Language": self.language} | more


def system_of(world: World, agency: Agency, role: str, owner: User, scopes: list[str] | None = None) -> System:
    """A system with every scope that its role has, or with those given."""
    at = world.at
    wanted = scopes if scopes is not None else [str(scope) for scope in SCOPES if relations_for(role, scope)]
    client = client_make(
        name=f"Система {agency.kind}",
        agency=agency,
        role=role,
        owner=owner,
        scopes=wanted,
        expires_at=at + timedelta(days=90),
        actor=world.admin,
        at=at,
    )
    return System(client, token_make(client=client, actor=world.admin, at=at))


def systems_of_every_role(world: World) -> dict[str, System]:
    """A system for each role that may have one, one without any right to persons, and one of another unit."""
    found = world.agencies
    leader = found["leb_leadership"]
    return {
        "unit": system_of(world, world.unit, "case_manager", world.bolat),
        "head": system_of(world, world.unit, "unit_head", world.bolat),
        "shop": system_of(world, found["one_stop_shop"], "provider", world.dana),
        "centre": system_of(world, found["crisis_centre"], "provider", world.gulnar),
        "leadership": system_of(world, leader, "leadership", world.kairat),
        "other": system_of(world, world.erlan.agency, "case_manager", world.erlan),
        "narrow": system_of(world, world.unit, "case_manager", world.bolat, ["policy.read"]),
    }
