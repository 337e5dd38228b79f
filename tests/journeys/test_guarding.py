"""The second factor as its owner meets it: a passkey in the browser's virtual authenticator, codes from a phone."""

from __future__ import annotations

import os
import re
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import CDPSession, Page, expect

from browsing import DESKTOP, PHONE, SignIn, Window, axe_violations, follow, overflow
from entry import PASSWORD, code_now, identity_provider
from oralu.apps.access.models import ExternalIdentity, IdentityProvider, User
from oralu.apps.journal.models import Entry
from world import World

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def required(settings: Any) -> None:
    settings.MFA_REQUIRED = True


def device(page: Page, *, verifies: bool = True) -> tuple[CDPSession, str]:
    """Give the browser a device that keeps passkeys and, if it `verifies`, knows its owner."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": verifies,
        "automaticPresenceSimulation": True,
    }
    made = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return session, made["authenticatorId"]


def look(page: Page, name: str) -> None:
    """The page is usable by everybody and as wide as its window; a picture of it where LOOK names a folder."""
    assert axe_violations(page) == []
    assert overflow(page) <= 0, page.url
    if folder := os.environ.get("LOOK"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def give_password(page: Page, user: User) -> None:
    page.goto("/login")
    page.locator("input[name=username]").fill(user.username)
    page.locator("input[name=password]").fill(PASSWORD)
    follow(page.locator("main form.sign-in button[type=submit]"))


def sign_out(page: Page) -> None:
    page.context.clear_cookies(name="sessionid")


@pytest.mark.parametrize(("lang", "viewport"), [("ru", DESKTOP), ("kk", PHONE)], ids=["ru-1280", "kk-375"])
def test_a_passkey_is_set_up_used_and_enough_alone(
    world: World, sign_in: SignIn, lang: str, viewport: dict[str, int]
) -> None:
    page = sign_in(world.aigul, lang=lang, viewport=viewport)
    session, authenticator = device(page)
    page.wait_for_url("**/profile/security")
    look(page, f"due-{lang}")
    page.goto("/today")
    expect(page, "nothing else opens").to_have_url(re.compile("/profile/security$"))
    follow(page.locator("a[href='/profile/security/passkey']"))
    page.locator("input[name=name]").fill("Рабочий компьютер")
    look(page, f"passkey-new-{lang}")
    follow(page.locator("form[data-passkey] button[type=submit]"))
    page.locator(".guard-codes").wait_for()
    look(page, f"recovery-{lang}")
    follow(page.locator(".panel-buttons a"))
    page.wait_for_url("**/today")
    kept = session.send("WebAuthn.getCredentials", {"authenticatorId": authenticator})["credentials"]
    assert len(kept) == 1

    sign_out(page)
    give_password(page, world.aigul)
    page.wait_for_url("**/login/factor")
    look(page, f"factor-{lang}")
    follow(page.locator("form[data-passkey] button[type=submit]"))
    page.wait_for_url("**/today")

    sign_out(page)
    page.goto("/login")
    look(page, f"login-{lang}")
    follow(page.locator("a[href='/login/passkey']"))
    look(page, f"passkey-{lang}")
    follow(page.locator("form[data-passkey] button[type=submit]"))
    page.wait_for_url("**/today")
    page.goto("/profile/security")
    expect(page.locator("main")).to_contain_text("Рабочий компьютер")
    look(page, f"security-{lang}")
    page.goto("/profile")
    look(page, f"profile-{lang}")
    ways = list(Entry.objects.filter(kind="user.signed_in").order_by("pk").values_list("data__by", "data__factor"))
    assert ways == [("password", ""), ("password", "webauthn"), ("passkey", "webauthn")]


def test_a_device_that_does_not_know_its_owner_makes_no_passkey_and_says_so(world: World, sign_in: SignIn) -> None:
    page = sign_in(world.aigul)
    session, authenticator = device(page)
    session.send("WebAuthn.setUserVerified", {"authenticatorId": authenticator, "isUserVerified": False})
    page.goto("/profile/security/passkey")
    page.locator("form[data-passkey] button[type=submit]").click()
    page.locator("[data-passkey-error]").wait_for(state="visible")
    page.goto("/today")
    expect(page).to_have_url(re.compile("/profile/security$"))


def test_a_passkey_of_another_does_not_open(world: World, sign_in: SignIn) -> None:
    """Two people at one machine: the key of the one is not the second factor of the other."""
    page = sign_in(world.aigul)
    session, authenticator = device(page)
    page.goto("/profile/security/passkey")
    follow(page.locator("form[data-passkey] button[type=submit]"))
    page.locator(".guard-codes").wait_for()
    sign_out(page)
    give_password(page, world.bolat)
    page.wait_for_url("**/profile/security")
    page.goto("/profile/security/codes")
    key = page.locator(".guard-key").inner_text()
    page.locator("input[name=code]").fill(code_now(key))
    follow(page.locator("main form.sign-in button[type=submit]"))
    page.locator(".guard-codes").wait_for()
    sign_out(page)
    give_password(page, world.bolat)
    page.wait_for_url("**/login/factor")
    expect(page.locator("form[data-passkey]")).to_have_count(0)
    kept = session.send("WebAuthn.getCredentials", {"authenticatorId": authenticator})["credentials"]
    assert len(kept) == 1


@pytest.mark.parametrize(("lang", "viewport"), [("ru", DESKTOP), ("kk", PHONE)], ids=["ru-1280", "kk-375"])
def test_from_the_invitation_to_work_with_codes_from_a_phone(
    *, world: World, sign_in: SignIn, window: Window, lang: str, viewport: dict[str, int], settings: Any
) -> None:
    settings.MFA_REQUIRED = False
    admin = sign_in(world.admin, lang=lang, viewport=viewport)
    admin.goto(f"/administration/users/{world.dana.pk}")
    look(admin, f"admin-user-{lang}")
    admin.goto("/administration/providers/new")
    look(admin, f"admin-provider-{lang}")
    admin.goto(f"/administration/users/{world.dana.pk}/invite")
    look(admin, f"admin-invite-{lang}")
    follow(admin.locator("main form button[type=submit]"))
    link = admin.locator("[data-invitation]").inner_text()
    look(admin, f"admin-invited-{lang}")
    settings.MFA_REQUIRED = True

    page = window(lang=lang, viewport=viewport)
    page.goto(link)
    assert "/invitation/" not in page.url, "the secret does not stay in the address"
    look(page, f"invitation-{lang}")
    for name in ("new_password1", "new_password2"):
        page.locator(f"input[name={name}]").fill("another-long-password-7")
    follow(page.locator("main form.sign-in button[type=submit]"))
    page.wait_for_url("**/profile/security")
    follow(page.locator("a[href='/profile/security/codes']"))
    look(page, f"codes-{lang}")
    page.locator("input[name=code]").fill("000000")
    follow(page.locator("main form.sign-in button[type=submit]"))
    page.locator(".error-summary").wait_for()
    page.locator("input[name=code]").fill(code_now(page.locator(".guard-key").inner_text()))
    follow(page.locator("main form.sign-in button[type=submit]"))
    codes = page.locator(".guard-codes").inner_text()
    assert len(re.findall(r"\d{4} \d{4}", codes)) == 10
    follow(page.locator(".panel-buttons a"))
    page.wait_for_url("**/inbox")


def test_through_the_identity_provider_of_the_agency(
    world: World, sign_in: SignIn, live_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The browser goes to another site and back, past our own policy of what a form may lead to."""
    secret = "a-secret-of-the-tests-alone-0123456789"
    monkeypatch.setenv("ORALU_OIDC_SECRET_AGENCY", secret)
    page = sign_in(world.bolat)
    page.context.clear_cookies()
    with identity_provider(f"{live_server.url}/login/provider/agency/back", secret) as issuer:
        provider = IdentityProvider.objects.create(
            agency=world.unit, key="agency", name="Служба пробации", issuer=issuer, client_id="oralu"
        )
        ExternalIdentity.objects.create(user=world.aigul, provider=provider, subject="s", linked_at=timezone.now())
        page.goto("/login")
        look(page, "login-provider")
        page.locator("form[action='/login/provider/agency'] button").click()
        page.wait_for_url("**/interaction/**")
        page.goto(f"{page.url}?sub=s&amr=mfa")
        page.wait_for_url("**/today")
        page.goto("/profile")
        expect(page.locator("main")).to_contain_text("Айгуль Сапарова")
