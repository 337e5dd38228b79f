"""Pages composed for those who see a part of a case, or none; and the page that says who may do what."""

from __future__ import annotations

from django.urls import URLPattern, path

from oralu.web.reading import care, control, figures, release, rights

urlpatterns: list[URLPattern] = [
    path("care", care.index, name="care"),
    path("care/<int:case_id>", care.case, name="care-case"),
    path("care/<int:case_id>/facts/<slug:name>", care.fact, name="care-fact"),
    path("care/<int:case_id>/notes", care.note, name="care-note"),
    path("inbox/<int:referral_id>/notes", care.clinic_note, name="inbox-note"),
    path("release", release.index, name="release"),
    path("release/<int:case_id>", release.case, name="release-case"),
    path("release/<int:case_id>/facts/<slug:name>", release.fact, name="release-fact"),
    path("release/<int:case_id>/date", release.day, name="release-day"),
    path("figures", figures.figures, name="figures"),
    path("control", control.control, name="control"),
    path("control/administration", control.administration, name="control-administration"),
    path("policy/rights", rights.rights, name="rights"),
]
