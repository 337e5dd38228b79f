"""What an operator may write into the environment, and what is said when it is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from oralu.config import environment


def test_an_address_with_host_and_options() -> None:
    parsed = environment.parse_database_url("postgres://o%40:p%2F@db.example:6432/oralu?sslmode=require")
    assert (parsed["USER"], parsed["PASSWORD"], parsed["HOST"], parsed["PORT"]) == ("o@", "p/", "db.example", "6432")
    assert parsed["NAME"] == "oralu"
    assert parsed["OPTIONS"] == {"sslmode": "require"}


def test_an_address_with_a_socket() -> None:
    parsed = environment.parse_database_url("postgresql://role:word@/oralu?host=/run/pg")
    assert (parsed["HOST"], parsed["OPTIONS"]) == ("/run/pg", {})


@pytest.mark.parametrize("url", ["sqlite:///here", "oralu", "postgresql://role@host/"])
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="postgresql://role:password@host:5432/name"):
        environment.parse_database_url(url)


def test_a_flag_is_yes_or_no(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORALU_HTTPS", "Yes")
    assert environment.flag("ORALU_HTTPS")
    monkeypatch.setenv("ORALU_HTTPS", "perhaps")
    with pytest.raises(ImproperlyConfigured, match="yes or no"):
        environment.flag("ORALU_HTTPS")


def test_database_url_goes_before_the_private_database(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / environment.CONNECTION_FILE).write_text("app=postgresql:///app\nowner=postgresql:///owner\n")
    monkeypatch.setenv("ORALU_DATA", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert environment.database_url() == "postgresql:///app"
    monkeypatch.setenv("ORALU_AS", "owner")
    assert environment.database_url() == "postgresql:///owner"
    monkeypatch.setenv("DATABASE_URL", "postgresql:///given")
    assert environment.database_url() == "postgresql:///given"
    monkeypatch.setenv("ORALU_OWNER_DATABASE_URL", "postgresql:///given_owner")
    assert environment.database_url() == "postgresql:///given_owner"


def test_the_secret_key_is_made_once_and_kept_from_others(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("ORALU_SECRET_KEY", raising=False)
    first = environment.secret_key(tmp_path / "data")
    assert len(first) >= 50
    assert environment.secret_key(tmp_path / "data") == first
    assert (tmp_path / "data" / "secret.key").stat().st_mode & 0o777 == 0o600
    monkeypatch.setenv("ORALU_SECRET_KEY", "given")
    assert environment.secret_key(tmp_path / "data") == "given"
