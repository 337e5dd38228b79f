from __future__ import annotations

from django.urls import URLPattern, path

from oralu.web.administration import adoption, agencies, guarding, providers, systems, users, views

urlpatterns: list[URLPattern] = [
    path("administration", views.index, name="administration"),
    path("administration/journal", views.journal, name="admin-journal"),
    path("administration/agencies", agencies.agencies, name="admin-agencies"),
    path("administration/agencies/new", agencies.agency_new, name="admin-agency-new"),
    path("administration/agencies/<int:agency_id>", agencies.agency, name="admin-agency"),
    path("administration/users", users.users, name="admin-users"),
    path("administration/users/new", users.user_new, name="admin-user-new"),
    path("administration/users/<int:user_id>", users.user, name="admin-user"),
    path("administration/users/<int:user_id>/password", users.password, name="admin-user-password"),
    path("administration/users/<int:user_id>/invite", guarding.invite, name="admin-user-invite"),
    path("administration/users/<int:user_id>/factors", guarding.factors, name="admin-user-factors"),
    path("administration/users/<int:user_id>/sign-out", guarding.sign_out, name="admin-user-sign-out"),
    path("administration/providers", providers.index, name="admin-providers"),
    path("administration/providers/new", providers.new, name="admin-provider-new"),
    path("administration/providers/<int:provider_id>", providers.provider, name="admin-provider"),
    path("administration/systems", systems.index, name="admin-systems"),
    path("administration/systems/new", systems.new, name="admin-system-new"),
    path("administration/systems/<int:client_id>", systems.system, name="admin-system"),
    path("administration/systems/<int:client_id>/key", systems.key, name="admin-system-key"),
    path(
        "administration/systems/<int:client_id>/keys/<int:token_id>/revoke", systems.revoke, name="admin-system-revoke"
    ),
    path("administration/systems/<int:client_id>/close", systems.close, name="admin-system-close"),
    path("administration/adoption", adoption.adoption, name="admin-adoption"),
]
