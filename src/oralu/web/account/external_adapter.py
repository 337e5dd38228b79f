"""django-allauth's OpenID Connect, narrowed to what Oralu lets in: providers from our table, identities from a signed
token alone, and nobody who was not invited."""

from __future__ import annotations

from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.internal import jwtkit
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from oralu.apps.access.identity import provider_of
from oralu.config.environment import provider_secret


class Connection(OpenIDConnectOAuth2Adapter):
    """What is asked of the provider by Oralu itself. The token's signature is checked against the keys of the provider
    although it comes straight from it, and without a token there is no identity."""

    def complete_login(self, request: HttpRequest, app: SocialApp, token: Any, **kwargs: Any) -> SocialLogin:
        signed = kwargs["response"].get("id_token")
        if not signed:
            raise OAuth2Error("no id_token")
        if self.openid_config["issuer"].rstrip("/") != app.settings["server_url"]:
            raise OAuth2Error("another issuer")
        claims = jwtkit.verify_and_decode(
            credential=signed,
            keys_url=self.openid_config["jwks_uri"],
            issuer=self.openid_config["issuer"],
            audience=app.client_id,
            lookup_kid=jwtkit.lookup_kid_jwk,
        )
        return self.get_provider().sociallogin_from_response(request, {"id_token": claims})

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        return request.build_absolute_uri(reverse("login-provider-back", args=[self.provider_id]))


class Provider(OpenIDConnectProvider):
    oauth2_adapter_class = Connection


class ProviderAdapter(DefaultSocialAccountAdapter):
    """Every way through allauth ends here: with the claims, or with a refusal. It signs nobody in by itself."""

    def list_apps(self, request: HttpRequest, provider: Any = None, client_id: Any = None) -> list[SocialApp]:
        found = provider_of(provider) if provider else None
        if found is None:
            return []
        return [
            SocialApp(
                provider=OpenIDConnectProvider.id,
                provider_id=found.key,
                name=found.name,
                client_id=found.client_id,
                secret=provider_secret(found.key, settings.DATA_DIR),
                settings={"server_url": found.issuer, "oauth_pkce_enabled": True, "scope": ["openid"]},
            )
        ]

    def get_provider(self, request: HttpRequest, provider: str, client_id: Any = None) -> Provider:
        return Provider(request, app=self.get_app(request, provider=provider))

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        from oralu.web.account.external import arrived

        raise ImmediateHttpResponse(arrived(request, sociallogin.account.extra_data["id_token"]))

    def on_authentication_error(self, request: HttpRequest, provider: Any, **more: Any) -> None:
        from oralu.web.account.external import failed

        raise ImmediateHttpResponse(failed(request))

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False
