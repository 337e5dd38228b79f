from __future__ import annotations

from django.contrib.auth.views import LogoutView
from django.urls import URLPattern, path

from oralu.web.account import inbox, views

urlpatterns: list[URLPattern] = [
    path("", views.home, name="home"),
    path("login", views.SignIn.as_view(), name="login"),
    path("logout", LogoutView.as_view(), name="logout"),
    path("profile", views.profile, name="profile"),
    path("profile/password", views.password, name="password"),
    path("messages", inbox.messages, name="messages"),
    path("messages/<int:message_id>", inbox.message, name="message"),
]
