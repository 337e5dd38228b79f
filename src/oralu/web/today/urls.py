from __future__ import annotations

from django.urls import URLPattern, path

from oralu.web.today import transfers, views

urlpatterns: list[URLPattern] = [
    path("today", views.today, name="today"),
    path("today/transfers/<int:request_id>", transfers.decide, name="transfer-decide"),
    path("today/referrals/<int:referral_id>/contact", views.contact, name="referral-contact"),
]
