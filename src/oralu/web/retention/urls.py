from __future__ import annotations

from django.urls import URLPattern, path

from oralu.web.retention import views

urlpatterns: list[URLPattern] = [
    path("retention", views.index, name="retention"),
    path("retention/ask", views.ask, name="erasure-ask"),
    path("retention/one", views.ask_of_one, name="erasure-of-one"),
    path("retention/<int:erasure_id>", views.erasure, name="erasure"),
    path("retention/<int:erasure_id>/withdraw", views.withdraw, name="erasure-withdraw"),
    path("retention/<int:erasure_id>/approve", views.approve, name="erasure-approve"),
    path("retention/<int:erasure_id>/refuse", views.refuse, name="erasure-refuse"),
    path("retention/hold", views.hold, name="hold"),
    path("retention/holds/<int:hold_id>/lift", views.lift, name="hold-lift"),
]
