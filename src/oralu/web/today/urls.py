from __future__ import annotations

from django.urls import URLPattern, path

from oralu.web.today import views

urlpatterns: list[URLPattern] = [
    path("today", views.today, name="today"),
    path("today/referrals/<int:referral_id>/contact", views.contact, name="referral-contact"),
]
