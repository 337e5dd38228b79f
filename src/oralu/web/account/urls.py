from __future__ import annotations

from django.contrib.auth.views import LogoutView
from django.urls import URLPattern, path

from oralu.web.account import external, inbox, invited, security, signing_in, views

urlpatterns: list[URLPattern] = [
    path("", views.home, name="home"),
    path("login", signing_in.SignIn.as_view(), name="login"),
    path("login/factor", signing_in.factor, name="login-factor"),
    path("login/passkey", signing_in.passkey, name="login-passkey"),
    path("login/provider/<slug:key>", external.leave, name="login-provider"),
    path("login/provider/<slug:key>/back", external.back, name="login-provider-back"),
    path("invitation", invited.invitation, name="invitation"),
    path("invitation/<str:token>", invited.link, name="invitation-link"),
    path("logout", LogoutView.as_view(), name="logout"),
    path("profile", views.profile, name="profile"),
    path("profile/password", views.password, name="password"),
    path("profile/security", security.security, name="security"),
    path("profile/security/confirm", security.confirm, name="confirm"),
    path("profile/security/codes", security.codes, name="factor-codes"),
    path("profile/security/passkey", security.passkey, name="factor-passkey"),
    path("profile/security/recovery", security.recovery, name="factor-recovery"),
    path("profile/security/<int:factor_id>/remove", security.remove, name="factor-remove"),
    path("profile/sessions/end", security.end_others, name="sessions-end"),
    path("profile/sessions/<slug:mark>/end", security.end, name="session-end"),
    path("messages", inbox.messages, name="messages"),
    path("messages/<int:message_id>", inbox.message, name="message"),
]
