"""The head of the page of a case: who, which day, how it stands, and the acts on the case as a whole."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from oralu.apps.access.models import User
from oralu.apps.access.permissions import Permission, may
from oralu.apps.cases.models import Case, CaseState, Milestone
from oralu.apps.referrals.models import Referral
from oralu.apps.routing.case_file import CaseFile
from oralu.apps.routing.evaluation_records import domains_of
from oralu.web.case.cards import bare_number, file_state
from oralu.web.components import Act, Cell, FileItem, Strip, Term
from oralu.web.context import address
from oralu.web.presenting import most_of, risk_label, strip_from
from oralu.web.screens import lang
from oralu.web.templatetags.oralu import day_n, localdate


@dataclass(frozen=True)
class Head:
    """`loud`: a state that must not be overlooked, in words; `success` is None before the day on which it is known."""

    title: str
    number: int
    day: str
    meta: tuple[str, ...]
    risk: str
    index: int
    is_provisional: bool
    officer: str
    officer_phone: str
    unit: str
    phone: str
    loud: str
    loud_note: str
    milestones: tuple[tuple[str, str], ...]
    success: bool | None
    success_words: str
    acts: tuple[Act, ...]


def head_of(file: CaseFile, reader: User | None = None) -> Head:
    """`reader`: who sees the page; the acts that only some may do are offered to them."""
    case, evaluation = file.case, file.evaluation
    success = next((m.success for m in reversed(file.milestones) if m.success is not None), evaluation.success)
    return Head(
        title=case.person.full_name,
        number=case.pk,
        day=day_n(file.day),
        meta=(
            case.get_ground_display(),
            _("probation: %(kind)s") % {"kind": case.get_probation_kind_display()},
            _("on the register since %(day)s") % {"day": localdate(case.enrolled_on)},
        ),
        risk=evaluation.risk,
        index=evaluation.index,
        is_provisional=any(result.provisional for result in evaluation.domains.values()),
        officer=case.officer.full_name if case.officer else "",
        officer_phone=case.officer.phone if case.officer else "",
        unit=str(case.unit),
        phone=case.person.phone,
        loud=_loud(case),
        loud_note=_loud_note(case),
        milestones=tuple(_milestone(file, m) for m in file.milestones),
        success=success,
        success_words=file.edition.success.texts[lang()],
        acts=() if file.is_read_only else (*_acts(case), *_reach(case, reader)),
    )


def _loud(case: Case) -> str:
    if case.state == CaseState.CLOSED:
        return _("The case is closed: %(ground)s") % {"ground": case.get_closing_ground_display()}
    if case.state == CaseState.SUSPENDED:
        return _("The case is suspended: the person is searched for")
    return ""


def _loud_note(case: Case) -> str:
    if case.state == CaseState.CLOSED:
        return _("Closed on %(day)s. It can be read; nothing more is recorded in it.") % {
            "day": localdate(case.closed_on)
        }
    if case.state == CaseState.SUSPENDED:
        return _("Its deadlines wait for the person; facts can be recorded all the same.")
    return ""


def _milestone(file: CaseFile, milestone: Milestone) -> tuple[str, str]:
    risk = risk_label(file.edition, file.edition.risk_levels[milestone.risk])
    words = _("%(index)d of %(most)d, %(risk)s") % {
        "index": milestone.index,
        "most": most_of(milestone, file.edition),
        "risk": risk,
    }
    if milestone.failures:
        failed = ", ".join(
            file.edition.label("domain", code, lang()) for code in milestone.failures if code in file.edition.domains
        )
        words += "; " + _("critical failure: %(domains)s") % {"domains": failed}
    return day_n(milestone.day), words


def _acts(case: Case) -> tuple[Act, ...]:
    """The acts on the case as a whole, all quiet; a closed case offers none."""
    if case.state == CaseState.CLOSED:
        return ()
    search = (
        (_("Resume: the person is found"), "case-resume")
        if case.state == CaseState.SUSPENDED
        else (_("Suspend: search"), "case-suspend")
    )
    acts = (
        (_("Another officer"), "case-assign"),
        (_("Transfer to another unit"), "case-transfer"),
        (_("Date of release"), "case-release-date"),
        (_("Institution that prepares the release"), "case-prison"),
        search,
        (_("Close the case"), "case-close"),
    )
    return tuple(Act(label, reverse(name, args=[case.pk]), tone="quiet") for label, name in acts)


def _reach(case: Case, reader: User | None) -> tuple[Act, ...]:
    """To who may know of the case, for those who decide it; a closed case may be restricted too."""
    if reader is None or not may(reader.role, [Permission.CASE_RESTRICT]):
        return ()
    return (Act(_("Who may know of it"), reverse("case-reach", args=[case.pk]), tone="quiet", in_place=False),)


def strip_of_file(file: CaseFile) -> Strip:
    """The strip of the fresh judgement, each cell leading to its card."""
    kept = strip_from(file.edition, domains_of(file.evaluation, file.edition), file.evaluation.index)
    cells = tuple(
        Cell(
            domain=c.domain,
            label=c.label,
            points=c.points,
            reason=c.reason,
            failed=c.failed,
            provisional=c.provisional,
            risk=c.risk,
            href=f"#domain-{c.domain}",
        )
        for c in kept.cells
    )
    return Strip(cells, kept.index, kept.most)


def person_terms(file: CaseFile) -> tuple[Term, ...]:
    """The data of the papers; an age is that of the day of the page."""
    person = file.case.person
    born = _("%(day)s, aged %(age)d") % {"day": localdate(person.birth_date), "age": person.age_on(file.on)}
    released = localdate(file.case.released_on) if file.case.released_on else ""
    return (
        Term(_("Born"), born, note=person.get_sex_display()),
        Term(_("IIN"), person.iin),
        Term(_("Phone"), person.phone, href=f"tel:{person.phone}" if person.phone else ""),
        Term(_("Lives at"), ", ".join(part for part in (file.case.locality, person.address) if part)),
        Term(_("Released on"), released),
        Term(_("Written consent"), *_consent(file)),
    )


def _consent(file: CaseFile) -> tuple[str, str, str]:
    by = file.consent.recorded_by.full_name if file.consent and file.consent.recorded_by else ""
    if file.consent is None or not file.is_consented:
        waits = any(r.state == Referral.State.WAITING_CONSENT for rs in file.referrals.values() for r in rs)
        note = _("referrals wait for it") if waits else ""
        if file.consent is not None:
            return _("withdrawn on %(day)s") % {"day": localdate(file.consent.withdrawn_on)}, "", note
        return _("not given"), "", note
    return _("given on %(day)s") % {"day": localdate(file.consent.given_on)}, "", by


@dataclass(frozen=True)
class ChildRow:
    name: str
    born: str
    lives: str


def children_of(file: CaseFile) -> tuple[ChildRow, ...]:
    return tuple(
        ChildRow(c.name or _("name not recorded"), localdate(c.birth_date) or _("date of birth not recorded"),
                 c.get_lives_with_display())
        for c in file.frame.children
    )  # fmt: skip


def person_links(case: Case, *, is_read_only: bool = False) -> tuple[Act, ...]:
    """To the pages of the person's own record, where there are such pages."""
    if is_read_only or case.state == CaseState.CLOSED:
        return ()
    found = (
        (_("Correct the data"), address("person-edit", case.pk)),
        (_("Children"), address("children", case.pk)),
        (_("Merge with another record"), address("person-merge", case.pk)),
    )
    return tuple(Act(label, href, tone="quiet") for label, href in found if href)


def documents_of(file: CaseFile) -> tuple[FileItem, ...]:
    """The proofs of the case, newest first; those without a file are listed by their number."""
    return tuple(
        FileItem(
            name=e.title or _("erased"),
            href=reverse("evidence", args=[e.pk]) if e.may_be_opened else "",
            kind=_("No. %(number)s") % {"number": bare_number(e.reference)} if e.reference else "",
            size=e.size or None,
            added_by=e.recorded_by.full_name if e.recorded_by else "",
            added_at=e.recorded_at,
            state=file_state(e) or ("" if e.file else _("seen, not attached")),
        )
        for e in file.evidence
    )
