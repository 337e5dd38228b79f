from __future__ import annotations

from django.urls import URLPattern, path

from oralu.web.policy import views

urlpatterns: list[URLPattern] = [
    path("policy", views.policy, name="policy"),
]
