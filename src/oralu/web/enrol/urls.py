"""Addresses of enrolment and of what is changed about the person afterwards."""

from __future__ import annotations

from django.urls import URLPattern, path

from oralu.web.enrol import consent_paper, opened, opened_paper, person_views, transfer_views, views

urlpatterns: list[URLPattern] = [
    path("enrol", views.start, name="enrol"),
    path("enrol/<str:draft_id>/drop", views.drop, name="enrol-drop"),
    path("enrol/<str:draft_id>/request-transfer", transfer_views.ask_from_draft, name="enrol-transfer"),
    path("enrol/<str:draft_id>/consent.pdf", consent_paper.consent_blank, name="enrol-consent-pdf"),
    path("enrol/<str:draft_id>/<slug:step>", views.step_page, name="enrol-step"),
    path("enrol/<str:draft_id>/<slug:step>/keep", views.keep, name="enrol-keep"),
    path("cases/<int:case_id>/opened", opened.enrolled, name="enrolled"),
    path("cases/<int:case_id>/opened/paper", opened_paper.paper, name="enrolled-paper"),
    path("cases/<int:case_id>/person", person_views.person_edit, name="person-edit"),
    path("cases/<int:case_id>/children", person_views.children, name="children"),
    path("cases/<int:case_id>/duplicates", person_views.merge, name="person-merge"),
    path("cases/<int:case_id>/duplicates/request-transfer", transfer_views.ask_from_case, name="person-transfer"),
    path("cases/<int:case_id>/duplicates/<int:merge_id>/undo", person_views.unmerge, name="person-unmerge"),
]
