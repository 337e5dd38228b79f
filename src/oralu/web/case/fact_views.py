"""Acts on facts, evidence and notes."""

from __future__ import annotations

from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from oralu.apps.access.permissions import Audit, Permission
from oralu.apps.cases.evidence import evidence_path
from oralu.apps.cases.inspection import SUFFIXES
from oralu.apps.cases.selectors import cases_visible_to
from oralu.apps.cases.services import note_add
from oralu.apps.routing.case_file import edition_for
from oralu.apps.routing.case_selectors import evidence_visible_to, statements_visible_to
from oralu.apps.routing.facts import facts_record, statement_retract
from oralu.apps.routing.frames import local_day
from oralu.web.acting import asked, case_deed, perform, sent
from oralu.web.case.forms import FactForm, NoteForm
from oralu.web.case.need_facts import told_after
from oralu.web.fields import text_field
from oralu.web.screens import StaffRequest, lang, screen
from oralu.web.templatetags.oralu import localdate


@screen(Permission.CASE_WORK, audit=Audit.CHANGE)
def fact_record(request: StaffRequest, case_id: int, name: str) -> HttpResponse:
    case = get_object_or_404(cases_visible_to(request.user), pk=case_id)
    edition = edition_for(case=case, at=request.at)
    if name not in edition.fact_by_name:
        raise Http404
    form = FactForm(*sent(request), edition=edition, fact=name, today=local_day(request.at), lang=lang())
    label = edition.label("fact", name, lang())
    said = _("Recorded: %(fact)s. The case has been evaluated anew.") % {"fact": label}
    return perform(
        request,
        case_deed(
            case,
            title=label,
            submit=_("Record"),
            done=lambda _result: told_after(case.pk, request, edition, said),
            form=form,
            run=lambda data: facts_record(case=case, facts=[form.data_of_fact()], actor=request.user, at=request.at),
            lead=_("What was recorded before stays in the history. A mistake is retracted, with a reason."),
            records=(
                _("the statement, its proof, your name and the time"),
                _("a new evaluation: needs open or close by it at once"),
            ),
            anchor=f"fact-{name}",
        ),
    )


@screen(Permission.CASE_WORK, audit=Audit.CHANGE)
def fact_retract(request: StaffRequest, statement_id: int) -> HttpResponse:
    statement = get_object_or_404(statements_visible_to(request.user), pk=statement_id, retracts=None)
    case = statement.case
    edition = edition_for(case=case, at=request.at)
    if statement.name not in edition.fact_by_name:
        raise Http404
    words = _("%(fact)s: %(value)s, since %(day)s") % {
        "fact": edition.label("fact", statement.name, lang()),
        "value": edition.value_label(statement.name, statement.value, lang()),
        "day": localdate(statement.effective_on),
    }
    form = asked(request, reason=text_field(_("Why it is a mistake"), required=True))
    return perform(
        request,
        case_deed(
            case,
            title=_("Retract a mistaken statement"),
            submit=_("Retract"),
            done=_("Retracted. What it had opened is withdrawn with your reason."),
            form=form,
            run=lambda data: statement_retract(
                statement=statement, reason=data["reason"], actor=request.user, at=request.at
            ),
            lead=words,
            records=(
                _("the retraction with your reason; the statement stays visible in the history"),
                _("needs that only it had opened are withdrawn with this reason, and their referrals with them"),
            ),
            tone="danger",
            anchor=f"fact-{statement.name}",
        ),
    )


@screen(Permission.CASE_WORK, audit=Audit.READ)
def evidence(request: StaffRequest, evidence_id: int) -> HttpResponse:
    """The file of a proof, to be saved and not shown in place; the reading is journalled."""
    proof = get_object_or_404(evidence_visible_to(request.user).exclude(file=""), pk=evidence_id)
    path = evidence_path(proof)
    if not proof.may_be_opened or not path.is_file():
        raise Http404
    name = f"evidence-{proof.pk}{SUFFIXES.get(proof.content_type, '.bin')}"
    return handed_out(FileResponse(path.open("rb"), as_attachment=True, filename=name, content_type=proof.content_type))


def handed_out(response: FileResponse) -> FileResponse:
    """A file that somebody brought: saved, never shown in place, never taken for another type, never kept by a cache;
    and if a browser opened it all the same, in a sandbox without scripts, forms or anything from elsewhere."""
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


@screen(Permission.CASE_WORK, audit=Audit.CHANGE)
def note(request: StaffRequest, case_id: int) -> HttpResponse:
    case = get_object_or_404(cases_visible_to(request.user), pk=case_id)
    form = NoteForm(*sent(request), label=_("Note"), required=True, length=4000)
    return perform(
        request,
        case_deed(
            case,
            title=_("Add a note"),
            submit=_("Add the note"),
            done=_("The note is added."),
            form=form,
            run=lambda data: note_add(case=case, text=data["note"], actor=request.user, at=request.at),
            lead=_("Seen by your unit only. No diagnoses: health stands in the facts as a level."),
            anchor="notes",
        ),
    )
