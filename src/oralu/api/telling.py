"""The types of what a system receives. A code of the policy or of a state stands with its words in the language of the
request (`Accept-Language`: kk, ru, en): work with the code, show the words."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel


class Coded(BaseModel):
    code: str
    label: str


class Named(BaseModel):
    id: int
    name: str


class Person(BaseModel):
    id: int
    name: str
    birth_date: date | None
    sex: Coded | None
    iin: str | None


class Domain(BaseModel):
    """`provisional`: data are missing that could change it."""

    domain: Coded
    points: int
    failed: bool
    provisional: bool
    risk: Coded


class CaseRow(BaseModel):
    """`index`: points over all domains. `breached`: domains in which a limit has been missed."""

    id: int
    state: Coded
    person: Person
    officer: Named | None
    enrolled_on: date
    edition: str
    index: int
    risk: Coded | None
    domains: list[Domain]
    next_due_at: datetime | None
    next_need: Coded | None
    breached: list[Coded]


class CaseFull(CaseRow):
    region: Coded
    locality: str
    unit: Named
    ground: Coded
    probation_kind: Coded
    released_on: date | None
    closed_on: date | None
    closing_ground: Coded | None
    evaluated_on: date | None
    next_change_on: date | None


class CasePage(BaseModel):
    items: list[CaseRow]
    next: str | None


class Evidence(BaseModel):
    id: int
    title: str
    reference: str


class Fact(BaseModel):
    """A row of the ledger. `retracts`: the row that this one takes back; `retracted`: another row takes this one
    back."""

    id: int
    fact: Coded
    value: Coded | None
    effective_on: date
    until: date | None
    recorded_at: datetime
    recorded_by: str | None
    evidence: Evidence | None
    retracts: int | None
    retracted: bool
    reason: str


class FactPage(BaseModel):
    items: list[Fact]
    next: str | None


class Clock(BaseModel):
    target_at: datetime | None
    limit_at: datetime | None
    breached_at: datetime | None
    stopped_at: datetime | None


class Need(BaseModel):
    id: int
    service: Coded
    rule: str
    domain: Coded
    edition: str
    cycle: int
    addressee: Coded
    state: Coded
    reason: Coded | None
    opened_at: datetime
    closed_at: datetime | None
    met_at: datetime | None
    clock: Clock | None


class Needs(BaseModel):
    items: list[Need]


class CaseReferral(BaseModel):
    """A referral as the unit that leads the case sees it."""

    id: int
    need: int
    service: Coded
    agency: Named
    attempt: int
    state: Coded
    reason: Coded | None
    on_paper: bool
    created_at: datetime
    sent_at: datetime | None
    acknowledged_at: datetime | None
    accepted_at: datetime | None
    answered_at: datetime | None
    person_answer: Coded | None


class CaseReferrals(BaseModel):
    items: list[CaseReferral]


class Child(BaseModel):
    name: str
    birth_date: date | None
    lives_with: Coded


class Known(BaseModel):
    """What the agency may know of the person for this service. What it may not know is left out altogether; null is
    what nobody has recorded."""

    name: str | None = None
    birth_date: date | None = None
    age: int | None = None
    sex: Coded | None = None
    iin: str | None = None
    phone: str | None = None
    address: str | None = None
    residence: str | None = None
    released_on: date | None = None
    languages: list[str] | None = None
    minor_children: int | None = None
    children: list[Child] | None = None
    threat: bool | None = None
    housing: Coded | None = None
    medical_need: Coded | None = None
    psychological_need: Coded | None = None
    family_contact: Coded | None = None


class Sender(BaseModel):
    officer: str
    officer_phone: str
    unit: str
    unit_phone: str


class ReferralRow(BaseModel):
    """`person`: in a list the name or the age, whichever the agency may know."""

    id: int
    service: Coded
    edition: str
    state: Coded
    sent_at: datetime | None
    limit_at: datetime | None
    person: Known


class ReferralFull(ReferralRow):
    """After the answer nothing of the person is told any more: `person` and `sender` are null then. `records`: the
    facts that a report of service may carry, with their values."""

    person: Known | None  # type: ignore[assignment]
    sender: Sender | None
    acknowledged_at: datetime | None
    accepted_at: datetime | None
    answered_at: datetime | None
    reason: Coded | None
    records: dict[str, list[str]]


class ReferralPage(BaseModel):
    items: list[ReferralRow]
    next: str | None


class Agency(BaseModel):
    """Of a refuge neither the address nor the localities are told."""

    id: int
    kind: Coded
    region: Coded
    name: str
    address: str | None
    phone: str
    localities: list[str]
    accepts_sex: Coded | None
    min_age: int | None
    max_age: int | None
    accepts_children: bool
    counts_places: bool


class AgencyPage(BaseModel):
    items: list[Agency]
    next: str | None


class PolicyFact(BaseModel):
    name: str
    label: str
    question: str
    domain: str
    values: list[Coded]


class PolicyRule(BaseModel):
    code: str
    domain: str
    service: str
    agency: str
    target: str
    limit: str
    sentence: str


class Policy(BaseModel):
    id: str
    digest: str
    title: str
    domains: list[Coded]
    facts: list[PolicyFact]
    services: list[Coded]
    agencies: list[Coded]
    risks: list[Coded]
    rules: list[PolicyRule]


class FactsRecorded(BaseModel):
    """The ids of the rows of the ledger, in the order in which they were sent."""

    case: int
    facts: list[int]


class FactRetracted(BaseModel):
    """`fact`: the id of the row that takes the other one back."""

    case: int
    fact: int
    retracts: int


class Answered(BaseModel):
    referral: int
    state: str


class Token(BaseModel):
    """Whom the token stands for."""

    system: str
    agency: str
    role: Coded
    scopes: list[str]
    expires_at: datetime


class Error(BaseModel):
    detail: str = ""
    code: str = ""
    pointer: str = ""
    parameter: str = ""


class Problem(BaseModel):
    """RFC 9457. `type` ends with a code that stays as it is: decide by it, not by the words."""

    type: str
    title: str
    status: int
    detail: str = ""
    errors: list[Error] = []
