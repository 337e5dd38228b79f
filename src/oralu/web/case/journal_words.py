"""The journal of a case in words: what was done, about what, from codes and ids only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from oralu.apps.cases.models import ClosingGround
from oralu.apps.journal.models import Entry
from oralu.apps.referrals.models import DeclineReason, DelayCause, Need, PauseParty, PauseReason
from oralu.apps.routing.case_file import CaseFile
from oralu.apps.routing.case_selectors import names_in
from oralu.core.edition import Edition
from oralu.web.components import Text
from oralu.web.screens import lang
from oralu.web.templatetags.oralu import localdate

SENTENCES: Mapping[str, Text] = {
    "case.enrolled": gettext_lazy("the case was opened"),
    "case.assigned": gettext_lazy("the case was given to an officer"),
    "case.transferred": gettext_lazy("the case was transferred to another unit"),
    "case.suspended": gettext_lazy("the case was suspended: search"),
    "case.resumed": gettext_lazy("the case was resumed"),
    "case.release_moved": gettext_lazy("the date of release was moved"),
    "case.closed": gettext_lazy("the case was closed"),
    "case.died": gettext_lazy("the case was closed: death"),
    "case.locality_changed": gettext_lazy("the place where the person lives was changed"),
    "case.paper_composed": gettext_lazy("the paper for the person was composed"),
    "caseload.exported": gettext_lazy("a list of cases was taken out as a table"),
    "consent.given": gettext_lazy("the written consent was recorded"),
    "consent.printed": gettext_lazy("the form of the consent was printed"),
    "consent.withdrawn": gettext_lazy("the withdrawal of the consent was recorded"),
    "person.recorded": gettext_lazy("a person was recorded"),
    "person.corrected": gettext_lazy("the person's data were corrected"),
    "person.merged": gettext_lazy("two records of one person were made one"),
    "person.unmerged": gettext_lazy("a merge of two records was undone"),
    "person.found_elsewhere": gettext_lazy("another unit learnt that the person is on a register"),
    "duplicate.hidden": gettext_lazy("another unit learnt that the person is on a register"),
    "transfer.requested": gettext_lazy("another unit asked for the case"),
    "transfer.granted": gettext_lazy("the case was given to the unit that asked for it"),
    "transfer.declined": gettext_lazy("the transfer that another unit asked for was declined"),
    "case.shut": gettext_lazy("somebody was shut out of the case"),
    "case.unshut": gettext_lazy("somebody was let into the case again"),
    "case.restricted": gettext_lazy("the case was restricted to some of the staff"),
    "case.unrestricted": gettext_lazy("the case was opened to the whole unit again"),
    "case.prison_named": gettext_lazy("it was said which institution prepares the release"),
    "offence.recorded": gettext_lazy("the offence was recorded"),
    "health.noted": gettext_lazy("a medical note was written"),
    "emergency.opened": gettext_lazy("the case was opened in an emergency"),
    "emergency.reviewed": gettext_lazy("an emergency was reviewed"),
    "children.changed": gettext_lazy("the children were changed"),
    "fact.recorded": gettext_lazy("a fact was recorded"),
    "fact.retracted": gettext_lazy("a statement was retracted"),
    "evidence.added": gettext_lazy("evidence was added"),
    "person.erased": gettext_lazy("personal data were erased"),
    "erasure.asked": gettext_lazy("an erasure of personal data was asked for"),
    "erasure.withdrawn": gettext_lazy("the request for an erasure was withdrawn"),
    "erasure.approved": gettext_lazy("an erasure was approved by a second person"),
    "erasure.refused": gettext_lazy("an erasure was refused by a second person"),
    "erasure.done": gettext_lazy("an erasure was carried out"),
    "hold.placed": gettext_lazy("the case is held back from erasure"),
    "hold.lifted": gettext_lazy("the case is no longer held back from erasure"),
    "evidence.scanned": gettext_lazy("the scanner found nothing in a file"),
    "evidence.released": gettext_lazy("a file was released from quarantine"),
    "evidence.rejected": gettext_lazy("a file was rejected and removed"),
    "evidence.taken_to_check": gettext_lazy("a file was taken out of quarantine to be checked"),
    "refuge.address_read": gettext_lazy("the address of a refuge was read"),
    "note.added": gettext_lazy("a note was added"),
    "plan.written": gettext_lazy("a draft of the plan was written"),
    "plan.agreed": gettext_lazy("the plan was agreed with the person"),
    "plan.step_done": gettext_lazy("a step of the plan was marked as done"),
    "plan.step_undone": gettext_lazy("a step of the plan was marked as not done"),
    "need.opened": gettext_lazy("a need opened"),
    "need.met": gettext_lazy("a need was met"),
    "need.refused": gettext_lazy("the person refused help"),
    "need.withdrawn": gettext_lazy("a need was withdrawn"),
    "need.reconsidered": gettext_lazy("a closed need was looked at anew"),
    "need.earlier_asked": gettext_lazy("a claim: the need was met earlier than recorded"),
    "need.earlier_approved": gettext_lazy("the earlier time was approved by a second person"),
    "need.earlier_rejected": gettext_lazy("the earlier time was rejected by a second person"),
    "referral.draft": gettext_lazy("a referral was prepared for paper"),
    "referral.waiting_consent": gettext_lazy("a referral waits for the written consent"),
    "referral.ask_consent": gettext_lazy("a referral waits for the written consent again"),
    "referral.consent_given": gettext_lazy("a referral was sent"),
    "referral.consent_given_on_paper": gettext_lazy("a referral was prepared for paper"),
    "referral.sent": gettext_lazy("a referral was sent"),
    "referral.printed": gettext_lazy("a referral was printed"),
    "referral.send": gettext_lazy("a referral was handed over on paper"),
    "referral.paper_too": gettext_lazy("a referral to a system was handed over on paper too"),
    "referral.acknowledge": gettext_lazy("the agency read the referral"),
    "referral.accept": gettext_lazy("the agency took the referral on"),
    "referral.decline": gettext_lazy("the agency cannot"),
    "referral.report_served": gettext_lazy("the agency reported that it helped"),
    "referral.report_not_served": gettext_lazy("the agency reported that it did not help"),
    "referral.withdraw": gettext_lazy("a referral was taken back"),
    "referral.discard": gettext_lazy("a referral was taken back before it was sent"),
    "referral.person_confirmed": gettext_lazy("the person confirmed the help"),
    "referral.person_disputed": gettext_lazy("the person disputed the help"),
    "referral.dispute": gettext_lazy("the referral counts as disputed"),
    "referral.uphold": gettext_lazy("the dispute was decided for the person"),
    "referral.overrule": gettext_lazy("the dispute was decided by the proof: the help was given"),
    "referral.accepted_by_case": gettext_lazy("the case manager accepted the help"),
    "clock.paused": gettext_lazy("a deadline was paused"),
    "clock.resumed": gettext_lazy("a deadline runs again"),
    "clock.pause_ended": gettext_lazy("a pause ended by itself"),
    "clock.target_passed": gettext_lazy("a target date passed"),
    "clock.breached": gettext_lazy("a deadline was missed"),
    "clock.recomputed": gettext_lazy("a deadline was counted anew after a change of the calendar"),
    "escalation.written": gettext_lazy("the matter went up to the leadership"),
    "escalation.answered": gettext_lazy("the leadership recorded the cause and a measure"),
    "measure.done": gettext_lazy("a corrective measure was carried out"),
    "milestone.frozen": gettext_lazy("the state of the case was frozen"),
    "place.released": gettext_lazy("a place was freed"),
    "place.offered": gettext_lazy("a place that became free was offered to this person"),
    "escalation.solved": gettext_lazy("what no agency could take is settled"),
    "escalation.handed_on": gettext_lazy("what had gone up went on to who answers for the case now"),
    "escalation.stands_again": gettext_lazy("what had been settled is not: no agency can take it again"),
    "message.given_up": gettext_lazy("a message could not be delivered"),
    "register.imported": gettext_lazy("a register was imported"),
    "journal.verified": gettext_lazy("the journal was verified"),
    "agency.created": gettext_lazy("an agency was created"),
    "agency.changed": gettext_lazy("an agency was changed"),
    "edition.adopted": gettext_lazy("an edition of the policy was adopted"),
    "system.created": gettext_lazy("a system was given access"),
    "system.closed": gettext_lazy("the access of a system was ended"),
    "system.key_made": gettext_lazy("a key was made for a system"),
    "system.key_revoked": gettext_lazy("a key of a system was revoked"),
    "user.created": gettext_lazy("an account was created"),
    "user.changed": gettext_lazy("an account was changed"),
    "user.profile_changed": gettext_lazy("people changed their own account"),
    "user.signed_in": gettext_lazy("somebody signed in"),
    "user.sign_in_failed": gettext_lazy("somebody failed to sign in"),
    "user.factor_failed": gettext_lazy("a second factor did not fit"),
    "user.factor_added": gettext_lazy("a second factor was set up"),
    "user.factor_removed": gettext_lazy("a second factor was removed"),
    "user.factors_reset": gettext_lazy("the second factors of an account were reset"),
    "user.invited": gettext_lazy("an account was invited"),
    "user.invitation_used": gettext_lazy("an invitation was taken up"),
    "user.sessions_ended": gettext_lazy("sessions of an account ended"),
    "provider.created": gettext_lazy("the identity provider of an agency was set"),
    "provider.changed": gettext_lazy("the identity provider of an agency was changed"),
}
"""What happened, by the kind of the entry. A kind that is not here is said as another record."""


@dataclass(frozen=True)
class Line:
    """A row of the journal: when, who, what, and about what. `note`: the note that holds the reason, 0 if there is
    none."""

    at: datetime
    who: str
    what: Text
    about: str
    key: int
    note: int = 0


def journal_lines(entries: Iterable[Entry], *, edition: Edition, needs: Mapping[int, str]) -> list[Line]:
    """`needs`: the names of the services by the ids of the needs of the case."""
    entries = list(entries)
    words = _Words(edition, needs, *names_in(entries))
    return [
        Line(
            at=entry.at,
            who=entry.actor.full_name if entry.actor else _("the system"),
            what=SENTENCES.get(entry.kind, _("another record")),
            about=words.about(entry.data),
            key=entry.pk,
            note=entry.data.get("note", 0),
        )
        for entry in entries
    ]


@dataclass(frozen=True)
class NoteLine:
    """A note; `about` is the act whose reason it is."""

    key: int
    at: datetime
    author: str
    text: str
    about: Text


def notes_of(file: CaseFile) -> list[NoteLine]:
    return [NoteLine(n.pk, n.at, n.author.full_name, n.text, SENTENCES.get(n.about, "")) for n in file.notes]


class _Words:
    """What the codes and ids of an entry stand for."""

    def __init__(
        self, edition: Edition, needs: Mapping[int, str], agencies: Mapping[int, str], people: Mapping[int, str]
    ) -> None:
        self._edition = edition
        self._say: dict[str, Callable[[Any], Text]] = {
            "fact": lambda code: self._label("fact", code),
            "service": lambda code: self._label("service", code),
            "addressee": lambda code: self._label("addressee", code),
            "agency": lambda pk: agencies.get(pk, ""),
            "unit": lambda pk: agencies.get(pk, ""),
            "officer": lambda pk: people.get(pk, ""),
            "reason": _reason,
            "party": lambda code: _choice(PauseParty, code),
            "cause": lambda code: _choice(DelayCause, code),
            "ground": lambda code: _choice(ClosingGround, code),
            "version": lambda n: _("version %(n)s") % {"n": n},
            "day": lambda n: _("day %(n)s") % {"n": n},
            "index": lambda n: _("%(n)s of %(most)s") % {"n": n, "most": self._edition.highest_index},
            "old": lambda text: _("was %(day)s") % {"day": _day(text)},
            "new": lambda text: _("now %(day)s") % {"day": _day(text)},
            "on": _day,
            "due_on": lambda text: _("by %(day)s") % {"day": _day(text)},
        }
        self._needs = needs

    def _label(self, kind: str, code: str) -> str:
        try:
            return self._edition.label(kind, code, lang())
        except KeyError:
            return ""

    def about(self, data: Mapping[str, Any]) -> str:
        said = [str(self._say[key](data[key])) for key in self._say if data.get(key) not in (None, "")]
        if "service" not in data and data.get("need") in self._needs:
            said.insert(0, self._needs[data["need"]])
        words = ", ".join(part for part in said if part)
        rule = self._label("rule", data["rule"]) if data.get("rule") else ""
        return f"{words}. {rule}" if rule else words


def _choice(choices: Any, code: str) -> Text:
    return choices(code).label if code in choices.values else ""


def _reason(code: str) -> Text:
    """A reason is a code of one of the lists."""
    return next((c(code).label for c in (DeclineReason, PauseReason, Need.Reason) if code in c.values), "")


def _day(text: str | None) -> str:
    return localdate(date.fromisoformat(text[:10])) if text else ""
