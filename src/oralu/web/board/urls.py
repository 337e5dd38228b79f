from __future__ import annotations

from django.urls import URLPattern, path

from oralu.web.board import acts, rows, views

urlpatterns: list[URLPattern] = [
    path("board", views.board, name="board"),
    path("board/escalations/<int:escalation_id>", acts.escalation, name="escalation"),
    path("board/measures/<int:measure_id>/done", acts.measure_carried_out, name="measure-done"),
    path("board/<slug:figure>", rows.rows, name="board-rows"),
]
