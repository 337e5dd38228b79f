"""Second factors: asked for, set up, spent, lost and reset."""

from __future__ import annotations

import re
from datetime import timedelta
from types import SimpleNamespace

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.utils import timezone

from entry import PASSWORD, SECRET, code_now, is_in, protect, sign_in
from oralu.apps.access.models import User
from oralu.apps.journal.models import Entry
from oralu.apps.messages.models import Message
from oralu.web.account import signing_in
from oralu.web.account.entering import PROVED
from world import World, build


@pytest.fixture
def world(db: None) -> World:
    return build()


@pytest.fixture
def required(settings) -> None:
    settings.MFA_REQUIRED = True


def kinds(user: User) -> list[str]:
    return sorted(Authenticator.objects.filter(user=user).values_list("type", flat=True))


def test_a_password_alone_does_not_open_an_account_with_a_second_factor(client: Client, world: World) -> None:
    protect(world.aigul)
    assert sign_in(client, "aigul", next="/cases")["Location"] == "/login/factor"
    assert not is_in(client)
    assert client.get("/profile/security").status_code == 302
    wrong = client.post("/login/factor", {"code": "000000"})
    assert wrong.status_code == 422
    assert not is_in(client)
    assert Entry.objects.filter(kind="user.factor_failed", data__user=world.aigul.pk).count() == 1
    assert client.post("/login/factor", {"code": code_now()})["Location"] == "/cases"
    assert is_in(client)
    row = Entry.objects.get(kind="user.signed_in", actor=world.aigul)
    assert (row.data["by"], row.data["factor"]) == ("password", "totp")


def test_a_code_is_good_once_and_no_older_one_after_it(world: World) -> None:
    protect(world.aigul)
    first, second = Client(), Client()
    for client in (first, second):
        sign_in(client, "aigul")
    code = code_now()
    assert first.post("/login/factor", {"code": f"{code[:3]} {code[3:]}"}).status_code == 302
    assert second.post("/login/factor", {"code": code}).status_code == 422
    assert second.post("/login/factor", {"code": code_now(periods=-1)}).status_code == 422
    assert not is_in(second)


def test_a_recovery_code_opens_once(world: World) -> None:
    codes = protect(world.aigul)
    assert len(set(codes)) == 10
    for n, expected in ((0, 302), (0, 422), (1, 302)):
        client = Client()
        sign_in(client, "aigul")
        assert client.post("/login/factor", {"code": codes[n]}).status_code == expected
    assert "8" in client.get("/profile/security").content.decode()


def test_the_second_proof_belongs_to_a_first_one(client: Client, world: World) -> None:
    protect(world.aigul)
    assert client.get("/login/factor")["Location"] == "/login"
    assert client.post("/login/factor", {"code": code_now()})["Location"] == "/login"
    sign_in(client, "aigul")
    world.aigul.set_password("another-long-password-7")
    world.aigul.save()
    assert client.post("/login/factor", {"code": code_now()})["Location"] == "/login", "the password changed meanwhile"
    sign_in(client, "aigul", "another-long-password-7")
    User.objects.filter(pk=world.aigul.pk).update(is_active=False)
    assert client.post("/login/factor", {"code": code_now()})["Location"] == "/login", "closed meanwhile"
    assert not is_in(client)


def test_the_first_proof_lasts_ten_minutes(client: Client, world: World) -> None:
    protect(world.aigul)
    sign_in(client, "aigul")
    session = client.session
    session["entry"] |= {"until": (timezone.now() - timedelta(seconds=1)).isoformat()}
    session.save()
    assert client.post("/login/factor", {"code": code_now()})["Location"] == "/login"


def test_codes_cannot_be_guessed_through(client: Client, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped = timezone.now()
    monkeypatch.setattr(signing_in, "timezone", SimpleNamespace(now=lambda: stopped))
    protect(world.aigul)
    sign_in(client, "aigul")
    answers = [client.post("/login/factor", {"code": f"{n:06}"}).status_code for n in range(30)]
    assert answers.count(422) == 5
    assert client.post("/login/factor", {"code": code_now()}).status_code == 429
    told = Message.objects.filter(user=world.aigul, template="factor_guessed")
    assert told.count() == 1, "the owner learns that somebody knows the password, and learns it once"


def test_the_key_is_not_in_the_table_in_clear(world: World) -> None:
    protect(world.aigul)
    kept = Authenticator.objects.get(type="totp").data
    assert SECRET not in str(kept)


# --- required ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["aigul", "bolat", "dana", "kairat", "admin"])
def test_whoever_has_no_second_factor_sets_one_up_before_anything_else(
    client: Client, world: World, required: None, who: str
) -> None:
    sign_in(client, who)
    for page in ("/", "/today", "/inbox", "/board", "/administration", "/policy", "/profile", "/messages"):
        assert client.get(page)["Location"] == "/profile/security", page
    assert client.post("/profile", {"language": "kk"})["Location"] == "/profile/security"
    assert client.get("/messages", headers={"HX-Request": "true"}).headers["HX-Redirect"] == "/profile/security"
    html = client.get("/profile/security").content.decode()
    assert "/profile/security/codes" in html
    assert 'href="/messages"' not in html
    shown = client.get("/profile/security/codes").content.decode()
    key = re.search(r'guard-key">([A-Z2-7 ]+)<', shown)[1]
    done = client.post("/profile/security/codes", {"code": code_now(key)})
    assert len(re.findall(r"<li><code>\d{4} \d{4}</code></li>", done.content.decode())) == 10
    assert "no-store" in done["Cache-Control"]
    assert is_in(client)
    user = getattr(world, who)
    assert kinds(user) == ["recovery_codes", "totp"]
    assert Entry.objects.filter(kind="user.factor_added", actor=user, data__factor="totp").count() == 1
    assert Message.objects.filter(user=user, template="factor_added").count() == 1


def test_a_wrong_first_code_sets_nothing_up_and_keeps_the_key(client: Client, world: World, required: None) -> None:
    sign_in(client, "aigul")
    key = re.search(r'guard-key">([A-Z2-7 ]+)<', client.get("/profile/security/codes").content.decode())[1]
    refused = client.post("/profile/security/codes", {"code": "000000"})
    assert refused.status_code == 422
    assert key in refused.content.decode()
    assert kinds(world.aigul) == []
    assert not is_in(client)


def test_the_demo_asks_for_none_and_says_so(client: Client, world: World, settings) -> None:
    settings.DEMO, settings.MFA_REQUIRED = True, False
    User.objects.filter(pk=world.aigul.pk).update(is_demo=True)
    assert "второго фактора" in client.get("/login").content.decode().lower()
    sign_in(client, "aigul")
    assert is_in(client)
    for page in ("codes", "passkey"):
        assert client.get(f"/profile/security/{page}")["Location"] == "/profile/security", "others sign in with it too"
    admin = Client()
    admin.force_login(world.admin)
    assert admin.post(f"/administration/users/{world.aigul.pk}/invite").status_code == 303
    assert sign_in(Client(), "aigul").status_code == 302


def test_the_flag_is_yes_outside_the_demo_and_no_inside() -> None:
    import os
    import subprocess
    import sys

    def asked(**environment: str) -> str:
        code = "import django.conf as c; print(c.settings.MFA_REQUIRED, c.settings.SESSION_IDLE_MINUTES)"
        values = {name: value for name, value in os.environ.items() if not name.startswith("ORALU_")}
        values |= {"DJANGO_SETTINGS_MODULE": "oralu.config.settings", "ORALU_SECRET_KEY": "x" * 50, **environment}
        return subprocess.check_output([sys.executable, "-c", code], env=values, text=True).strip()

    assert asked() == "True 30"
    assert asked(ORALU_DEMO="yes") == "False 720"
    assert asked(ORALU_DEMO="yes", ORALU_MFA="yes", ORALU_IDLE_MINUTES="15") == "True 15"
    assert asked(ORALU_MFA="no") == "False 30"


# --- changing ---------------------------------------------------------------------------------------------------------


def test_who_has_not_proved_it_lately_gives_the_password_once_more(client: Client, world: World) -> None:
    sign_in(client, "aigul")
    session = client.session
    session[PROVED] = (timezone.now() - timedelta(minutes=16)).isoformat()
    session.save()
    asked = client.get("/profile/security/codes")["Location"]
    assert asked == "/profile/security/confirm?next=%2Fprofile%2Fsecurity%2Fcodes"
    assert client.post("/profile/security/codes", {"code": "1"}).status_code == 303
    assert client.post(asked, {"password": "wrong"}).status_code == 422
    assert client.post(asked, {"password": PASSWORD})["Location"] == "/profile/security/codes"
    assert client.get("/profile/security/codes").status_code == 200


def test_the_question_leads_to_no_foreign_address(client: Client, world: World) -> None:
    sign_in(client, "aigul")
    for onward in ("https://evil.example/", "//evil.example/", "javascript:alert(1)"):
        answer = client.post("/profile/security/confirm", {"password": PASSWORD}, query_params={"next": onward})
        assert answer["Location"] == "/profile/security"


def test_the_last_factor_stays_where_one_is_required_and_goes_with_its_recovery_codes_elsewhere(
    client: Client, world: World, settings
) -> None:
    protect(world.aigul)
    sign_in(client, "aigul")
    client.post("/login/factor", {"code": code_now()})
    address = f"/profile/security/{Authenticator.objects.get(type='totp').pk}/remove"
    settings.MFA_REQUIRED = True
    assert client.post(address).status_code == 303
    assert kinds(world.aigul) == ["recovery_codes", "totp"]
    settings.MFA_REQUIRED = False
    assert client.get(address).status_code == 200
    client.post(address)
    assert kinds(world.aigul) == []
    assert Entry.objects.filter(kind="user.factor_removed", actor=world.aigul).count() == 1


def test_nobody_removes_the_factor_of_another(client: Client, world: World) -> None:
    protect(world.bolat)
    sign_in(client, "aigul")
    address = f"/profile/security/{Authenticator.objects.get(type='totp').pk}/remove"
    assert client.get(address).status_code == 404
    assert client.post(address).status_code == 404
    assert kinds(world.bolat) == ["recovery_codes", "totp"]


def test_a_new_factor_ends_the_other_sessions_and_new_recovery_codes_replace_the_old(world: World) -> None:
    codes = protect(world.aigul)
    here, there = Client(), Client()
    for client, code in ((here, code_now()), (there, codes[0])):
        sign_in(client, "aigul")
        client.post("/login/factor", {"code": code})
        assert is_in(client)
    shown = here.post("/profile/security/recovery").content.decode()
    fresh = [code.replace(" ", "") for code in re.findall(r"<li><code>(\d{4} \d{4})</code>", shown)]
    assert len(fresh) == 10
    assert is_in(here)
    assert not is_in(there)
    sign_in(there, "aigul")
    assert there.post("/login/factor", {"code": codes[1]}).status_code == 422
    assert there.post("/login/factor", {"code": fresh[0]}).status_code == 302


def test_an_administrator_resets_a_lost_factor_and_the_owner_is_told(world: World, required: None) -> None:
    codes = protect(world.aigul)
    owner, administrator = Client(), Client()
    sign_in(owner, "aigul")
    owner.post("/login/factor", {"code": codes[0]})
    administrator.force_login(world.admin)
    session = administrator.session
    session["factor"] = "totp"
    session.save()
    address = f"/administration/users/{world.aigul.pk}/factors"
    assert address in administrator.get(f"/administration/users/{world.aigul.pk}").content.decode()
    assert kinds(world.aigul) == ["recovery_codes", "totp"]
    assert administrator.get(address).status_code == 200
    assert administrator.post(address).status_code == 303
    assert kinds(world.aigul) == []
    assert not is_in(owner)
    row = Entry.objects.get(kind="user.factors_reset")
    assert (row.actor, row.data["user"]) == (world.admin, world.aigul.pk)
    assert Message.objects.filter(user=world.aigul, template="factors_reset").count() == 1
    sign_in(owner, "aigul")
    assert owner.get("/today")["Location"] == "/profile/security"


@pytest.mark.parametrize("who", ["aigul", "bolat", "dana", "kairat"])
def test_only_an_administrator_resets(client: Client, world: World, who: str) -> None:
    protect(world.erlan)
    client.force_login(getattr(world, who))
    for act in ("factors", "invite", "sign-out"):
        assert client.post(f"/administration/users/{world.erlan.pk}/{act}").status_code == 404
    assert kinds(world.erlan) == ["recovery_codes", "totp"]


@pytest.mark.parametrize(
    "credential", ["", "x", "[]", "{}", '{"id": 1}', '{"response": {"userHandle": "eA"}}', "null", '{"response": null}']
)
def test_a_made_up_passkey_is_refused_everywhere(client: Client, world: World, credential: str) -> None:
    client.get("/login/passkey")
    assert client.post("/login/passkey", {"credential": credential}).status_code == 422
    sign_in(client, "aigul")
    client.get("/profile/security/passkey")
    assert client.post("/profile/security/passkey", {"credential": credential, "name": "x"}).status_code == 422
    assert kinds(world.aigul) == []
