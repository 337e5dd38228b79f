"""Thousands of requests at the interface, made from its own description: such as fit it and such as do not, by every
system. Looked for: an answer that the description does not have, one that takes what it should refuse, any 5xx."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from jsonschema_rs import is_valid
from schemathesis.checks import not_a_server_error
from schemathesis.config._checks import NegativeDataRejectionConfig
from schemathesis.core.failures import FailureGroup
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
PROOF = {"title": "Талон", "reference": "9001"}
LOST = re.compile(r"- query: violates `(additionalProperties|anyOf)`.*|- header: violates `.*\bAuthorization\)?")
BODIES = {
    "facts.record": {"facts": [{"name": "identity_document", "value": "applied"}], "evidence": PROOF},
    "referrals.serve": {
        "facts": [{"name": "identity_document", "value": "applied"}],
        "evidence": PROOF,
    },
}
"""Bodies that get through to the service: a random word is the name of no fact."""


@dataclass
class Tally:
    """What was asked and what came of it."""

    calls: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    by_system: Counter[tuple[str, int]] = field(default_factory=Counter)
    reached: Counter[tuple[str, int]] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    @property
    def server_errors(self) -> int:
        return sum(count for status, count in self.statuses.items() if status >= 500)


def hammer(
    schema: Any,
    *,
    tokens: Mapping[str, str],
    ids: Mapping[str, list[int]],
    calls: int,
    dice: random.Random,
    send: Callable[[Any, dict[str, str]], Any] = lambda case, headers: case.call(headers=headers),
    after: Callable[[], None] = lambda: None,
    going_on: Callable[[Tally], bool] = lambda tally: True,
) -> Tally:
    """Ask until so many calls are made, or until `going_on`, asked after each round, says no. `tokens`: by system;
    `ids`: numbers that exist, by the name of a parameter."""
    schema.config.checks.negative_data_rejection = NegativeDataRejectionConfig(expected_statuses=["4xx"])
    operations = [found.ok() for found in schema.get_all_operations()]
    tally = Tally()
    while tally.calls < calls and len(tally.wrong) < 20:
        each = max(1, min(100, (calls - tally.calls) // (2 * len(operations))))
        for operation in operations:
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                _round(operation, mode, each, tally=tally, tokens=tokens, ids=ids, dice=dice, send=send)
                after()
                if not going_on(tally):
                    return tally
    return tally


def _round(
    operation: Any,
    mode: GenerationMode,
    count: int,
    *,
    tally: Tally,
    tokens: Mapping[str, str],
    ids: Mapping[str, list[int]],
    dice: random.Random,
    send: Callable[[Any, dict[str, str]], Any],
) -> None:
    systems = sorted(tokens)

    @seed(dice.randrange(2**32))
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        system = systems[dice.randrange(len(systems))]
        if mode is GenerationMode.POSITIVE:
            _bring_near(case, operation, ids, dice)
        headers = {
            "Authorization": f"Bearer {tokens[system]}",
            "Accept-Language": dice.choice(("kk", "ru", "en", "de, kk;q=0.5", "*")),
        }
        response = send(case, headers)
        label = operation.definition.raw.get("operationId", operation.label)
        tally.calls += 1
        tally.statuses[response.status_code] += 1
        tally.by_system[system, response.status_code] += 1
        tally.reached[label, response.status_code] += 1
        try:
            case.validate_response(response, checks=CHECKS)
        except (AssertionError, FailureGroup) as failure:
            if was_lost_on_the_way(response, operation, failure):
                return
            told = "; ".join(str(one) for one in getattr(failure, "exceptions", [failure]))
            tally.wrong.append(
                f"{system} {label} {mode} → {response.status_code} {response.request.url[:500]}: {told[:1500]}"
            )

    ask()


def was_lost_on_the_way(response: Any, operation: Any, failure: BaseException) -> bool:
    """A further parameter whose value is an empty list leaves no trace in the address, and a value that is no text at
    all arrives as the text that stands for it (`null`): what arrived fits the description, and was rightly taken. The
    header that it finds wrong or missing is the one that every request is given anew."""
    found = getattr(failure, "exceptions", [failure])
    lines = [line.strip() for one in found for line in str(one).splitlines() if line.strip().startswith("- ")]
    described = {parameter.name: parameter.definition["schema"] for parameter in operation.query}
    arrived = parse_qs(urlsplit(response.request.url).query, keep_blank_values=True)
    fits = all(
        name in described and len(values) == 1 and any(is_valid(described[name], v) for v in _readings(values[0]))
        for name, values in arrived.items()
    )
    return len(found) == 1 and bool(lines) and all(map(LOST.fullmatch, lines)) and fits


def _readings(text: str) -> list[Any]:
    """What a text in an address may stand for: itself, a number, yes or no."""
    return [text, int(text)] if text.isdecimal() else [text, text == "true"] if text in ("true", "false") else [text]


def _bring_near(case: Any, operation: Any, ids: Mapping[str, list[int]], dice: random.Random) -> None:
    """Point most of the requests that fit the description at what exists: at random numbers nothing would be found."""
    for name in case.path_parameters or {}:
        if ids.get(name) and dice.random() < 0.8:
            case.path_parameters[name] = dice.choice(ids[name])
    if (case.path_parameters or {}).get("edition") and dice.random() < 0.8:
        case.path_parameters["edition"] = "kz-pilot-2026"
    if case.headers and "If-Match" in case.headers and dice.random() < 0.8:
        case.headers["If-Match"] = "*"
    body = BODIES.get(operation.definition.raw.get("operationId", ""))
    if body is not None and dice.random() < 0.4:
        case.body = body


def loaded(path: str, app: Any, token: str) -> Any:
    """The description as it is served inside this process."""
    return schemathesis.openapi.from_wsgi(path, app, headers={"Authorization": f"Bearer {token}"})
