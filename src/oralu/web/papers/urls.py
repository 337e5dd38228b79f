from __future__ import annotations

from django.urls import URLPattern, path

from oralu.web.papers import views

urlpatterns: list[URLPattern] = [
    path("referrals/<int:referral_id>/pdf", views.referral, name="referral-pdf"),
    path("cases/<int:case_id>/consent/pdf", views.consent, name="consent-pdf"),
]
