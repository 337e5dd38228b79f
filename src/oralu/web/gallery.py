"""`/design/`: every component in every state, for looking and for tests. It exists only in DEBUG or DESIGN_GALLERY."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from oralu.web import gallery_samples


@login_not_required
def gallery(request: HttpRequest) -> HttpResponse:
    return render(request, "web/gallery.html", gallery_samples.context())


@login_not_required
def panel(request: HttpRequest) -> HttpResponse:
    """The panel of the sample act: in place when htmx asks, a page when a link is followed."""
    name = "web/gallery_panel.html" if request.headers.get("HX-Request") else "web/gallery_panel_page.html"
    return render(request, name, gallery_samples.context())


urlpatterns = [path("design/", gallery, name="design"), path("design/panel", panel, name="design-panel")]
