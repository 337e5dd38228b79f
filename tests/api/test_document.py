"""The description of the interface: kept with the code, whole, and true to OpenAPI 3.1 and JSON Schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
from django.urls import URLPattern

from oralu.api.document import description
from oralu.api.urls import urlpatterns
from oralu.apps.access.permissions import Audit, Permission, Purpose
from systems import System

FILE = Path(__file__).resolve().parents[2] / "docs" / "api" / "openapi.json"


def paths() -> list[URLPattern]:
    return list(urlpatterns[0].url_patterns)


def test_the_kept_description_is_what_the_interface_does() -> None:
    assert json.loads(FILE.read_text(encoding="utf-8")) == json.loads(json.dumps(description())), "run `make docs`"


def test_it_is_served_to_whoever_has_a_key(unit: System) -> None:
    answer = unit.read("/openapi.json")
    assert answer.json() == json.loads(json.dumps(description()))
    assert answer.json()["openapi"].startswith("3.1")


def test_every_operation_declares_what_it_is_for() -> None:
    for pattern in paths():
        assert pattern.callback.permission in Permission
        for method, view in pattern.callback.operations.items():
            assert view.permission in Permission, (pattern.name, method)
            assert view.purpose in Purpose
            assert view.audit in Audit
            assert (view.audit is Audit.CHANGE) == (method == "POST"), (pattern.name, method)


def test_every_operation_but_the_description_itself_is_described() -> None:
    described = {(path, method) for path, found in description()["paths"].items() for method in found}
    served = {
        ("/api/v1/" + str(pattern.pattern).replace("<int:", "<").replace("<", "{").replace(">", "}"), method.lower())
        for pattern in paths()
        for method in pattern.callback.operations
        if pattern.name != "openapi"
    }
    assert described == served


def test_every_schema_is_one_and_every_act_asks_for_its_headers() -> None:
    found = description()
    for name, schema in found["components"]["schemas"].items():
        jsonschema_rs.meta.validate(_inlined(schema, found))
        if name.endswith("Sent"):
            assert schema["additionalProperties"] is False, name
    for path in found["paths"].values():
        for method, operation in path.items():
            headers = {parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "header"}
            assert headers == ({"Idempotency-Key", "If-Match"} if method == "post" else set())
            assert {"401", "404", "422", "429", "default"} <= {str(status) for status in operation["responses"]}


def _inlined(schema: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    return schema | {"$defs": document["components"]["schemas"]}
