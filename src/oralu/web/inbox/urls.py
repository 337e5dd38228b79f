from __future__ import annotations

from django.urls import URLPattern, path

from oralu.web.inbox import acts, places, views

urlpatterns: list[URLPattern] = [
    path("inbox", views.inbox, name="inbox"),
    path("inbox/answered", views.answered, name="inbox-answered"),
    path("inbox/places", places.places, name="places"),
    path("inbox/places/<int:occupancy_id>/release", places.release, name="place-release"),
    path("inbox/<int:referral_id>", views.referral, name="inbox-referral"),
    path("inbox/<int:referral_id>/received", acts.acknowledge, name="inbox-acknowledge"),
    path("inbox/<int:referral_id>/accept", acts.accept, name="inbox-accept"),
    path("inbox/<int:referral_id>/cannot", acts.decline, name="inbox-decline"),
    path("inbox/<int:referral_id>/served", acts.serve, name="inbox-serve"),
    path("inbox/<int:referral_id>/not-served", acts.not_served, name="inbox-not-served"),
]
