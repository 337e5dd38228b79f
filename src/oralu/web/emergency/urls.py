from __future__ import annotations

from django.urls import URLPattern, path

from oralu.web.emergency import views

urlpatterns: list[URLPattern] = [
    path("emergency", views.start, name="emergency"),
    path("emergencies", views.index, name="emergencies"),
    path("emergencies/<int:emergency_id>/review", views.review, name="emergency-review"),
]
