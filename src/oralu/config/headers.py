"""Headers of every answer that Django's own middleware does not set."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

UNUSED = (
    "accelerometer", "autoplay", "bluetooth", "camera", "display-capture", "encrypted-media", "fullscreen",
    "geolocation", "gyroscope", "hid", "idle-detection", "magnetometer", "microphone", "midi", "payment",
    "picture-in-picture", "screen-wake-lock", "serial", "usb", "xr-spatial-tracking",
)  # fmt: skip
POLICY = ", ".join(f"{name}=()" for name in UNUSED)
"""No page of Oralu uses any of these; a script that got in despite everything gains none of them."""


class HeadersMiddleware:
    """A page about a person is kept by no cache, also not by that of a browser that the next colleague uses, and is
    embedded by nobody. A view that knows better (a file of the program itself) says so by its own header."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.setdefault("Permissions-Policy", POLICY)
        response.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.setdefault("X-Permitted-Cross-Domain-Policies", "none")
        if request.resolver_match is not None or response.status_code >= 400:
            response.setdefault("Cache-Control", "no-store, private")
        return response
