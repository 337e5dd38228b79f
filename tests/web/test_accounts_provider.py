"""Signing in through the identity provider of an agency: against a real one, in a process of its own."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.test import Client
from django.utils import timezone

from entry import PASSWORD, code_now, identity_provider, is_in, protect, sign_in
from oralu.apps.access.identity import is_second_factor
from oralu.apps.access.invitations import invitation_make, token_make
from oralu.apps.access.models import ExternalIdentity, IdentityProvider, User
from oralu.apps.journal.models import Entry
from world import World, build

SECRET = "a-secret-of-the-tests-alone-0123456789"
BACK = "http://testserver/login/provider/agency/back"


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """The address of a running provider."""
    with identity_provider(BACK, SECRET) as address:
        yield address


@pytest.fixture
def world(db: None, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("ORALU_OIDC_SECRET_AGENCY", SECRET)
    return build()


@pytest.fixture
def provider(world: World, issuer: str) -> IdentityProvider:
    """The provider of the unit in which Aigul and Bolat work."""
    return IdentityProvider.objects.create(
        agency=world.unit, key="agency", name="Служба", issuer=issuer, client_id="oralu"
    )


def at_the_provider(address: str, subject: str, *methods: str, cancel: bool = False) -> str:
    """What a person does there: is asked, says who it is. Returns the address to which the browser is sent back."""
    browser = requests.Session()
    answer = browser.get(address, allow_redirects=False, timeout=10)
    while not answer.headers.get("location", "").startswith(BACK):
        assert answer.is_redirect, answer.text[:500]
        place = requests.compat.urljoin(answer.url, answer.headers["location"])
        says = {"sub": subject, "amr": methods, **({"cancel": "1"} if cancel else {})}
        asked = says if "/interaction/" in place else {}
        answer = browser.get(place, params=asked, allow_redirects=False, timeout=10)
    return answer.headers["location"].removeprefix("http://testserver")


def leave(client: Client) -> str:
    """Press the button; the address at the provider to which the page goes on."""
    left = client.post("/login/provider/agency")
    assert left.status_code == 200, left.content.decode()
    return html.unescape(re.search(r'content="0; url=([^"]+)"', left.content.decode())[1])


def through(client: Client, subject: str, *methods: str, **more: bool):
    """The whole way, from the button to the answer of Oralu."""
    return client.get(at_the_provider(leave(client), subject, *methods, **more))


def invite(client: Client, user: User) -> None:
    invitation = invitation_make(user=user, actor=None, at=timezone.now())
    client.get(f"/invitation/{token_make(invitation.pk, invitation.nonce)}")


def test_an_invited_account_is_linked_once_and_known_from_then_on(world: World, provider: IdentityProvider) -> None:
    client, later = Client(), Client()
    invite(client, world.aigul)
    assert "Служба" in client.get("/invitation").content.decode()
    assert through(client, "subject-1").status_code == 302
    assert is_in(client)
    assert ExternalIdentity.objects.get(user=world.aigul).subject == "subject-1"
    assert through(later, "subject-1").status_code == 302
    assert later.get("/profile").wsgi_request.user == world.aigul
    assert Entry.objects.filter(kind="user.signed_in", actor=world.aigul, data__by="provider").count() == 2
    assert Entry.objects.filter(kind="user.invitation_used", data__by="provider").count() == 1


def test_a_stranger_is_refused_though_the_provider_vouches_for_the_mail_address(
    world: World, provider: IdentityProvider
) -> None:
    """The provider says that the subject has Aigul's address, and that it is verified. That is no link."""
    User.objects.filter(pk=world.aigul.pk).update(email="aigul@example.org")
    accounts = User.objects.count()
    client = Client()
    refused = through(client, "a-stranger")
    assert refused.status_code == 403
    assert not is_in(client)
    assert User.objects.count() == accounts
    assert not ExternalIdentity.objects.exists()
    assert Entry.objects.filter(kind="user.sign_in_failed", data__provider=provider.pk).count() == 1


def test_an_invitation_is_linked_only_at_the_provider_of_its_own_agency(
    world: World, provider: IdentityProvider
) -> None:
    for user in (world.dana, world.erlan, world.admin):
        client = Client()
        invite(client, user)
        assert through(client, "subject-1").status_code == 403
        assert not is_in(client)
    assert not ExternalIdentity.objects.exists()


def test_who_takes_up_an_invitation_signs_in_at_the_provider_anew(world: World, provider: IdentityProvider) -> None:
    """Else the colleague who is still signed in there would become the invited account."""
    client = Client()
    assert "prompt=login" not in leave(client)
    invite(client, world.aigul)
    assert "prompt=login" in leave(client)


def test_one_subject_is_one_account(world: World, provider: IdentityProvider) -> None:
    first, second = Client(), Client()
    invite(first, world.aigul)
    through(first, "subject-1")
    invite(second, world.bolat)
    assert through(second, "subject-1").status_code == 403
    assert not is_in(second)
    assert ExternalIdentity.objects.get().user == world.aigul


def test_who_leaves_the_agency_or_is_closed_is_not_let_in_by_its_provider(
    world: World, provider: IdentityProvider
) -> None:
    ExternalIdentity.objects.create(user=world.aigul, provider=provider, subject="s", linked_at=timezone.now())
    assert through(Client(), "s").status_code == 302
    User.objects.filter(pk=world.aigul.pk).update(agency=world.dana.agency)
    assert through(Client(), "s").status_code == 403
    User.objects.filter(pk=world.aigul.pk).update(agency=world.unit, is_active=False)
    assert through(Client(), "s").status_code == 403


@pytest.mark.parametrize(
    ("methods", "asked"), [((), True), (("pwd",), True), (("pwd", "otp"), False), (("mfa",), False), (("hwk",), False)]
)
def test_the_second_factor_is_the_providers_if_it_says_so_and_else_ours(
    world: World, provider: IdentityProvider, settings, methods: tuple[str, ...], asked: bool
) -> None:
    settings.MFA_REQUIRED = True
    ExternalIdentity.objects.create(user=world.aigul, provider=provider, subject="s", linked_at=timezone.now())
    client = Client()
    assert through(client, "s", *methods)["Location"] == "/"
    assert (client.get("/today").status_code == 302) is asked
    protect(world.aigul)
    again = Client()
    assert through(again, "s", *methods)["Location"] == ("/login/factor" if asked else "/")
    if asked:
        again.post("/login/factor", {"code": code_now()})
    assert is_in(again)


@pytest.mark.parametrize("claim", [None, "mfa", {"mfa": 1}, 7, [["mfa"]], [None]])
def test_an_unreadable_claim_is_no_second_factor(claim: object) -> None:
    assert not is_second_factor(claim)


def test_where_the_provider_is_the_only_way_a_password_does_not_open(world: World, provider: IdentityProvider) -> None:
    assert sign_in(Client(), "aigul").status_code == 302
    IdentityProvider.objects.update(is_only=True)
    refused = sign_in(Client(), "aigul")
    assert refused.status_code == 422
    assert "Служба" in refused.content.decode()
    guess = sign_in(Client(), "aigul", "wrong").content.decode()
    assert guess.count("Служба") == 1, "only the button: who does not know the password learns nothing of the account"
    assert sign_in(Client(), "dana").status_code == 302
    client = Client()
    invite(client, world.aigul)
    page = client.get("/invitation").content.decode()
    assert "new_password1" not in page
    data = {"new_password1": "another-long-password-7", "new_password2": "another-long-password-7"}
    client.post("/invitation", data)
    world.aigul.refresh_from_db()
    assert not world.aigul.has_usable_password()
    assert through(client, "s").status_code == 302


def test_what_comes_back_belongs_to_what_was_sent(world: World, provider: IdentityProvider) -> None:
    """The answer of another browser, the same answer twice, another nonce, a cancelled sign-in, nothing at all."""
    ExternalIdentity.objects.create(user=world.aigul, provider=provider, subject="s", linked_at=timezone.now())
    mine, other = Client(), Client()
    back = at_the_provider(leave(mine), "s")
    assert other.get(back).status_code == 403
    assert mine.get(back).status_code == 302
    assert mine.get(back).status_code == 403
    mine.post("/logout")
    left = leave(mine)
    session = mine.session
    session["provider_nonce"] = "another"
    session.save()
    assert mine.get(at_the_provider(left, "s")).status_code == 403
    assert through(mine, "s", cancel=True).status_code == 403
    assert mine.get("/login/provider/agency/back").status_code == 403
    assert not is_in(mine)
    asked = parse_qs(urlsplit(left).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["scope"] == ["openid"]


def test_a_wrong_secret_or_a_provider_that_is_gone_lets_nobody_in(
    world: World, provider: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    ExternalIdentity.objects.create(user=world.aigul, provider=provider, subject="s", linked_at=timezone.now())
    monkeypatch.setenv("ORALU_OIDC_SECRET_AGENCY", "wrong")
    client = Client()
    assert through(client, "s").status_code == 403
    IdentityProvider.objects.update(issuer="http://127.0.0.1:9")
    assert client.post("/login/provider/agency").status_code == 403
    IdentityProvider.objects.update(is_active=False)
    assert client.post("/login/provider/agency").status_code == 404
    assert client.get("/login/provider/agency/back").status_code == 404
    assert client.get("/login/provider/agency").status_code == 405
    assert not is_in(client)


def test_a_token_for_another_or_signed_by_another_is_not_believed(
    world: World, provider: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The token is exchanged on the way for one that the provider's keys have not signed."""
    import jwt
    from allauth.socialaccount.providers.oauth2.client import OAuth2Client
    from cryptography.hazmat.primitives.asymmetric import rsa

    ExternalIdentity.objects.create(user=world.aigul, provider=provider, subject="s", linked_at=timezone.now())
    real, foreign = OAuth2Client.get_access_token, rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def forged(key: object, algorithm: str, **changes: object):
        def exchange(self, *args, **kwargs):
            answer = real(self, *args, **kwargs)
            header = jwt.get_unverified_header(answer["id_token"])
            claims = jwt.decode(answer["id_token"], options={"verify_signature": False}) | changes
            answer["id_token"] = jwt.encode(claims, key, algorithm=algorithm, headers={"kid": header["kid"]})
            return answer

        return exchange

    monkeypatch.setattr(OAuth2Client, "get_access_token", forged(foreign, "RS256"))
    assert through(Client(), "s").status_code == 403
    monkeypatch.setattr(OAuth2Client, "get_access_token", forged(None, "none"))
    assert through(Client(), "s").status_code == 403
    monkeypatch.setattr(OAuth2Client, "get_access_token", forged("x" * 40, "HS256"))
    assert through(Client(), "s").status_code == 403

    def without(self, *args, **kwargs):
        answer = real(self, *args, **kwargs)
        answer.pop("id_token")
        return answer

    monkeypatch.setattr(OAuth2Client, "get_access_token", without)
    assert through(Client(), "s").status_code == 403
    monkeypatch.setattr(OAuth2Client, "get_access_token", real)
    assert through(Client(), "s").status_code == 302


# --- the administrator ------------------------------------------------------------------------------------------------


def given(world: World, **more: str) -> dict[str, str]:
    values = {"agency": str(world.unit.pk), "name": "Служба", "key": "agency", "issuer": "https://id.example.kz/"}
    return values | {"client_id": "oralu", "is_active": "on"} | more


def test_an_administrator_sets_a_provider_and_no_secret_is_shown(world: World) -> None:
    client = Client()
    client.force_login(world.admin)
    answer = client.post("/administration/providers/new", given(world))
    found = IdentityProvider.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, f"/administration/providers/{found.pk}")
    assert (found.issuer, found.agency) == ("https://id.example.kz", world.unit)
    page = client.get(answer["Location"]).content.decode()
    assert BACK in page
    assert "ORALU_OIDC_SECRET_AGENCY" in page
    assert SECRET not in page
    assert Entry.objects.get(kind="provider.created").data == {"agency": world.unit.pk}
    assert "Служба" in client.get("/administration/providers").content.decode()
    assert client.get("/administration/journal").status_code == 200


@pytest.mark.parametrize(
    "change",
    [{"issuer": "http://id.example.kz"}, {"issuer": "no address"}, {"key": "../secret"}, {"key": "A B"},
     {"agency": ""}, {"client_id": ""}],
)  # fmt: skip
def test_a_bad_provider_is_refused_and_stays_in_the_form(world: World, change: dict[str, str]) -> None:
    client = Client()
    client.force_login(world.admin)
    answer = client.post("/administration/providers/new", given(world, **change))
    assert answer.status_code == 422
    assert 'value="Служба"' in answer.content.decode()
    assert not IdentityProvider.objects.exists()


def test_only_an_administrator_sets_providers(world: World, provider: IdentityProvider) -> None:
    for user in (world.aigul, world.bolat, world.dana, world.kairat):
        client = Client()
        client.force_login(user)
        for page in ("", "/new", f"/{provider.pk}"):
            assert client.get(f"/administration/providers{page}").status_code == 404
            assert client.post(f"/administration/providers{page}", given(world)).status_code in (404, 405)
    assert IdentityProvider.objects.count() == 1


def test_another_issuer_knows_nobody_and_one_switched_off_signs_its_people_out(
    world: World, provider: IdentityProvider
) -> None:
    ExternalIdentity.objects.create(user=world.aigul, provider=provider, subject="s", linked_at=timezone.now())
    client, person = Client(), Client()
    client.force_login(world.admin)
    assert through(person, "s").status_code == 302
    data = given(world, issuer=provider.issuer)
    data.pop("is_active")
    assert client.post(f"/administration/providers/{provider.pk}", data).status_code == 303
    assert not is_in(person)
    assert ExternalIdentity.objects.exists()
    client.post(f"/administration/providers/{provider.pk}", given(world, issuer="https://other.example.kz"))
    assert not ExternalIdentity.objects.exists()
    assert PASSWORD not in str(list(Entry.objects.values_list("data", flat=True)))
