"""Addresses of the page of a case and of all acts on it."""

from __future__ import annotations

from django.urls import URLPattern, path

from oralu.web.case import (
    access_views,
    consent_views,
    earlier_views,
    fact_views,
    life_views,
    need_views,
    page,
    plan_views,
    quarantine_views,
    referral_views,
)

urlpatterns: list[URLPattern] = [
    path("cases/<int:case_id>", page.case, name="case"),
    path("cases/<int:case_id>/journal", page.journal, name="case-journal"),
    path("cases/<int:case_id>/access", access_views.accesses, name="case-access"),
    path("cases/<int:case_id>/facts/<slug:name>", fact_views.fact_record, name="fact-record"),
    path("facts/<int:statement_id>/retract", fact_views.fact_retract, name="fact-retract"),
    path("evidence/<int:evidence_id>", fact_views.evidence, name="evidence"),
    path("quarantine", quarantine_views.index, name="quarantine"),
    path("quarantine/<int:evidence_id>/release", quarantine_views.release, name="quarantine-release"),
    path("quarantine/<int:evidence_id>/reject", quarantine_views.reject, name="quarantine-reject"),
    path("quarantine/<int:evidence_id>/take", quarantine_views.take, name="quarantine-take"),
    path("cases/<int:case_id>/consent", consent_views.consent, name="consent"),
    path("cases/<int:case_id>/consent/withdraw", consent_views.consent_withdraw, name="consent-withdraw"),
    path("cases/<int:case_id>/notes", fact_views.note, name="note-add"),
    path("cases/<int:case_id>/plan", plan_views.plan, name="plan"),
    path("cases/<int:case_id>/plan/agree", plan_views.agree, name="plan-agree"),
    path("cases/<int:case_id>/plan/print", plan_views.plan_print, name="plan-print"),
    path("steps/<int:step_id>/done", plan_views.step, name="step-done"),
    path("cases/<int:case_id>/assign", life_views.assign, name="case-assign"),
    path("cases/<int:case_id>/transfer", life_views.transfer, name="case-transfer"),
    path("cases/<int:case_id>/suspend", life_views.suspend, name="case-suspend"),
    path("cases/<int:case_id>/resume", life_views.resume, name="case-resume"),
    path("cases/<int:case_id>/release-date", life_views.release_date, name="case-release-date"),
    path("cases/<int:case_id>/close", life_views.close, name="case-close"),
    path("needs/<int:need_id>/agency", need_views.need_agency, name="need-agency"),
    path("needs/<int:need_id>/refused", need_views.need_refused, name="need-refused"),
    path("needs/<int:need_id>/withdraw", need_views.need_withdraw, name="need-withdraw"),
    path("needs/<int:need_id>/reopen", need_views.need_reopen, name="need-reopen"),
    path("needs/<int:need_id>/served", need_views.need_served, name="need-served"),
    path("needs/<int:need_id>/earlier", earlier_views.ask, name="need-earlier"),
    path("earlier/<int:claim_id>", earlier_views.decide, name="earlier-decide"),
    path("needs/<int:need_id>/pause", need_views.clock_pause, name="clock-pause"),
    path("needs/<int:need_id>/resume", need_views.clock_resume, name="clock-resume"),
    path("referrals/<int:referral_id>/hand-over", referral_views.hand_over, name="referral-hand-over"),
    path("referrals/<int:referral_id>/answer", referral_views.answer, name="referral-answer"),
    path("referrals/<int:referral_id>/withdraw", referral_views.withdraw, name="referral-withdraw"),
    path("referrals/<int:referral_id>/person", referral_views.person_says, name="referral-person"),
    path("referrals/<int:referral_id>/accept", referral_views.accept, name="referral-accept"),
    path("referrals/<int:referral_id>/whereabouts", referral_views.whereabouts, name="referral-whereabouts"),
]
