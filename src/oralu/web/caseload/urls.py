from __future__ import annotations

from django.urls import URLPattern, path

from oralu.web.caseload import views

urlpatterns: list[URLPattern] = [
    path("cases", views.caseload, name="caseload"),
    path("search", views.caseload, name="search"),
    path("cases.csv", views.export, name="caseload-csv"),
]
