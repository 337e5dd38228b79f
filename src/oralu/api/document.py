"""The description of the interface in OpenAPI 3.1, made from the operations themselves."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.http import HttpRequest, JsonResponse
from ninja.openapi.schema import get_schema

from oralu.api.doing import router
from oralu.api.problems import MEDIA_TYPE, TITLES, phrase
from oralu.api.telling import Problem
from oralu.apps.access.machines import SCOPES
from oralu.apps.access.permissions import PURPOSES, Audit, Permission

PREFIX = "api/v1"
READ_PROBLEMS = (401, 404, 405, 422, 429)
ACT_PROBLEMS = (400, 409, 412, 413, 415, 428)
TAG = {
    "description": "The state of what is shown: for `If-Match` of an act, or `If-None-Match`.",
    "schema": {"type": "string"},
}
HEADERS: tuple[dict[str, Any], ...] = (
    {
        "name": "Idempotency-Key",
        "in": "header",
        "required": True,
        "description": "Of the system's choosing, another for every act: 8 to 128 visible characters.",
        "schema": {"type": "string", "pattern": "^[!-~]{8,128}$"},
    },
    {
        "name": "If-Match",
        "in": "header",
        "required": True,
        "description": "The `ETag` of what the act is about, as it was read; `*` for whatever it is.",
        "schema": {"type": "string", "pattern": '^(\\*|"[0-9a-f]{32}-(kk|ru|en)")$'},
    },
)


@cache
def description() -> dict[str, Any]:
    """The whole document."""
    from oralu.api.interface import api

    found: dict[str, Any] = dict(get_schema(api, path_prefix=PREFIX))
    schemas = found["components"]["schemas"]
    problem_schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= problem_schema.pop("$defs", {})
    schemas["Problem"] = problem_schema
    found["components"]["responses"] = {
        f"Problem{status}": _problem(status) for status in (*READ_PROBLEMS, *ACT_PROBLEMS)
    }
    found["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    found["security"] = [{"token": []}]
    found["servers"] = [{"url": "/"}]
    declared = dict(_operations())
    for path in found["paths"].values():
        for method, operation in path.items():
            _complete(operation, method, declared[operation["operationId"]])
    return found


def _operations() -> list[tuple[str, Any]]:
    return [
        (str(one.operation_id), one.view_func) for view in router.path_operations.values() for one in view.operations
    ]


def _complete(operation: dict[str, Any], method: str, view: Any) -> None:
    """What the types of the parameters do not tell: problems, headers, the scope."""
    permission = Permission(view.permission)
    operation["x-permission"], operation["x-purpose"] = str(permission), str(PURPOSES[permission])
    if permission in SCOPES:
        operation["description"] = f"{operation.get('description', '')}\n\nScope: `{permission}`.".strip()
    statuses = READ_PROBLEMS + (ACT_PROBLEMS if method == "post" else ())
    for status, response in operation["responses"].items():
        response["headers"] = {"Content-Language": {"schema": {"type": "string", "enum": ["kk", "ru", "en"]}}}
        if method == "post" or (view.audit is Audit.READ and int(status) == 200):
            response["headers"]["ETag"] = TAG
    for status in statuses:
        operation["responses"][status] = {"$ref": f"#/components/responses/Problem{status}"}
    operation["responses"]["default"] = {
        "description": "Something else went wrong",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    if method == "post":
        operation["parameters"] = [*operation.get("parameters", []), *HEADERS]


def _problem(status: int) -> dict[str, Any]:
    codes = ", ".join(f"`{code}`" for code, (number, _title) in TITLES.items() if number == status)
    return {
        "description": f"{phrase(status)}: {codes}",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }


@router.get("/openapi.json", include_in_schema=False, url_name="openapi")
def document(request: HttpRequest) -> Any:
    """This document."""
    return JsonResponse(description())


document.permission, document.audit = Permission.ACCOUNT, Audit.NONE
document.purpose = PURPOSES[Permission.ACCOUNT]
