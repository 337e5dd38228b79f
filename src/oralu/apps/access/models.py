"""Accounts and roles."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What kind of work an account does. What it may do follows from the role and its relation to a case."""

    CASE_MANAGER = "case_manager", _("Case manager")
    UNIT_HEAD = "unit_head", _("Head of the probation unit")
    PSYCHOLOGIST = "psychologist", _("Psychologist of the probation unit")
    PRISON = "prison", _("Staff of a penal institution")
    PROVIDER = "provider", _("Staff of an agency")
    LEADERSHIP = "leadership", _("Leadership")
    ANALYST = "analyst", _("Analyst of the ministry")
    AUDITOR = "auditor", _("Auditor")
    ADMINISTRATOR = "administrator", _("Administrator")


OF_NO_AGENCY = (Role.ANALYST, Role.AUDITOR, Role.ADMINISTRATOR)
"""Those who work for the whole, and in no agency."""


class Language(models.TextChoices):
    KK = "kk", "Қазақша"
    RU = "ru", "Русский"
    EN = "en", "English"


class UserManager(BaseUserManager["User"]):
    def create_user(self, username: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(username=self.model.normalize_username(username), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A member of staff. `agency` is the probation unit, the agency or the leadership that the person works in; those
    of the roles `OF_NO_AGENCY` have none. `must_change_password`: somebody else knows the password, so work begins with
    a new one."""

    username = models.CharField(_("login"), max_length=64, unique=True)
    full_name = models.CharField(_("full name"), max_length=200)
    post = models.CharField(_("post"), max_length=200, blank=True)
    role = models.CharField(_("role"), max_length=32, choices=Role.choices)
    agency = models.ForeignKey(
        "agencies.Agency",
        verbose_name=_("agency"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="staff",
    )
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=32, blank=True)
    language = models.CharField(_("language"), max_length=2, choices=Language.choices, default=Language.RU)
    is_active = models.BooleanField(_("active"), default=True)
    must_change_password = models.BooleanField(default=False, editable=False)
    is_demo = models.BooleanField(default=False, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = ["full_name", "role"]

    class Meta:
        indexes = [models.Index(fields=["agency", "role"], name="user_by_agency", condition=models.Q(is_active=True))]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(role__in=OF_NO_AGENCY) | models.Q(agency__isnull=False), name="user_has_agency"
            )
        ]

    def __str__(self) -> str:
        return self.full_name


from oralu.apps.access.entry_models import (  # noqa: E402
    Attempt,
    ExternalIdentity,
    IdentityProvider,
    Invitation,
    Session,
)
from oralu.apps.access.machine_models import ApiAct, ApiClient, ApiToken  # noqa: E402

__all__ = [
    "OF_NO_AGENCY",
    "ApiAct",
    "ApiClient",
    "ApiToken",
    "Attempt",
    "ExternalIdentity",
    "IdentityProvider",
    "Invitation",
    "Language",
    "Role",
    "Session",
    "User",
]
