"""The words of every message. Composed when read or sent, in the reader's language; no personal data: a message says
what kind of thing happened in which case, and the reader opens it in Oralu."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from oralu.apps.access.invitations import token_make
from oralu.policyfiles import load_edition


@dataclass(frozen=True, slots=True)
class Text:
    subject: str
    body: str


def message_text(template: str, data: dict[str, Any]) -> Text:
    """The subject and body of a message. Raises KeyError for a template that does not exist: a defect, not a case."""
    return TEMPLATES[template](data)


def _service(data: dict[str, Any]) -> str:
    return load_edition(data["edition"]).label("service", data["service"], get_language() or "ru")


def _case(data: dict[str, Any]) -> str:
    return _("Case No. %(case)s.") % {"case": data["case"]}


def _target(data: dict[str, Any]) -> Text:
    return Text(
        _("The target date has passed: %(service)s") % {"service": _service(data)},
        _("%(case)s The need is still open and its limit is near. Ask the agency how far it is.")
        % {"case": _case(data)},
    )


def _breach(data: dict[str, Any]) -> Text:
    return Text(
        _("Deadline missed: %(service)s") % {"service": _service(data)},
        _("%(case)s The deadline has been missed and the matter has gone to the leadership.") % {"case": _case(data)},
    )


def _escalation(data: dict[str, Any]) -> Text:
    return Text(
        _("For your decision, deadline missed: %(service)s") % {"service": _service(data)},
        _("%(case)s Record the cause of the delay and a corrective measure with a date.") % {"case": _case(data)},
    )


def _no_agency(data: dict[str, Any]) -> Text:
    return Text(
        _("No agency can take it: %(service)s") % {"service": _service(data)},
        _("%(case)s No suitable agency with a free place and a responsible person was found. Decide who will help.")
        % {"case": _case(data)},
    )


def _digest(data: dict[str, Any]) -> Text:
    count = data["count"]
    return Text(
        ngettext(
            "%(count)s missed deadline of the imported register",
            "%(count)s missed deadlines of the imported register",
            count,
        )
        % {"count": count},
        _("These needs were inherited with the imported register. They stand on your board."),
    )


def _measure_late(data: dict[str, Any]) -> Text:
    return Text(
        _("A corrective measure is late: %(service)s") % {"service": _service(data)},
        _("%(case)s The date of the corrective measure has passed.") % {"case": _case(data)},
    )


def _referral(data: dict[str, Any]) -> Text:
    return Text(
        _("New referral: %(service)s") % {"service": _service(data)},
        _("Referral No. %(referral)s is in your inbox. Open it, confirm that you have it and answer by the deadline.")
        % {"referral": data["referral"]},
    )


def _answered(data: dict[str, Any]) -> Text:
    return Text(
        _("The agency has answered: %(service)s") % {"service": _service(data)},
        _("%(case)s Open the case to see the answer and the next step.") % {"case": _case(data)},
    )


def _place_left(data: dict[str, Any]) -> Text:
    return Text(
        _("The person has left: %(service)s") % {"service": _service(data)},
        _("%(case)s Ask where the person lives now, and record it.") % {"case": _case(data)},
    )


def _place_found(data: dict[str, Any]) -> Text:
    return Text(
        _("A place has been found: %(service)s") % {"service": _service(data)},
        _("%(case)s A place became free and the need was referred at once. Open the case to see where.")
        % {"case": _case(data)},
    )


def _transfer_requested(data: dict[str, Any]) -> Text:
    return Text(
        _("Another unit asks for a case"),
        _("%(case)s Decide on “Today”: transfer the case, or decline with a reason.") % {"case": _case(data)},
    )


def _transfer_granted(data: dict[str, Any]) -> Text:
    return Text(
        _("The case that you asked for has been transferred"),
        _("%(case)s It is on the register of your unit now. Appoint the officer.") % {"case": _case(data)},
    )


def _transfer_declined(data: dict[str, Any]) -> Text:
    return Text(
        _("The transfer that you asked for was declined"),
        _("Request No. %(request)s. The reason stands on “Today”, under your requests.") % {"request": data["request"]},
    )


def _evidence_rejected(data: dict[str, Any]) -> Text:
    return Text(
        _("A file attached as evidence was rejected"),
        _("%(case)s The file was removed; what it proved lacks its proof. Attach the document anew or give its number.")
        % {"case": _case(data)},
    )


def _invited(data: dict[str, Any]) -> Text:
    """The one text with a link that opens something: it is made when the message leaves, and stands in no table."""
    token = token_make(data["invitation"], data["nonce"])
    return Text(
        _("Your account in Oralu"),
        _("Open this link within three days and choose a password. It works once:\n%(link)s")
        % {"link": data["origin"] + reverse("invitation-link", args=[token])},
    )


def _factor_added(data: dict[str, Any]) -> Text:
    return Text(
        _("A second factor has been set up for your account"),
        _("If it was not you, tell your administrator at once."),
    )


def _factor_guessed(data: dict[str, Any]) -> Text:
    return Text(
        _("Somebody knows your password"),
        _("Many wrong codes followed it at the sign-in. If it was not you, change the password at once."),
    )


def _factors_reset(data: dict[str, Any]) -> Text:
    return Text(
        _("The second factor of your account has been reset"),
        _("An administrator has done it. If you did not ask for it, tell them at once."),
    )


def _emergency_opened(data: dict[str, Any]) -> Text:
    return Text(
        _("A case has been opened in an emergency"),
        _("%(case)s See who opened it and why, and say whether it was justified.") % {"case": _case(data)},
    )


TEMPLATES = {
    "emergency_opened": _emergency_opened,
    "evidence_rejected": _evidence_rejected,
    "invited": _invited,
    "factor_added": _factor_added,
    "factor_guessed": _factor_guessed,
    "factors_reset": _factors_reset,
    "transfer_requested": _transfer_requested,
    "transfer_granted": _transfer_granted,
    "transfer_declined": _transfer_declined,
    "target_passed": _target,
    "breached": _breach,
    "escalation": _escalation,
    "no_agency": _no_agency,
    "inherited_digest": _digest,
    "measure_late": _measure_late,
    "referral_sent": _referral,
    "referral_answered": _answered,
    "place_left": _place_left,
    "place_found": _place_found,
}
