"""Forms of one's own account."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, SetPasswordForm
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from oralu.apps.access.identity import provider_that_alone_signs_in
from oralu.apps.access.models import IdentityProvider, Language, User
from oralu.web.account.entering import too_many

WRONG = gettext_lazy("Wrong login or password. Check the keyboard layout and Caps Lock, and try again.")


class SignInForm(AuthenticationForm):
    """Login and password. One message for a wrong login, a wrong password and a closed account: who does not know the
    password does not learn whether the account exists."""

    error_messages = {"invalid_login": WRONG, "inactive": WRONG}

    def __init__(self, *args: Any, wait: timedelta | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.wait = wait
        self.fields["username"].label = gettext_lazy("Login")
        self.fields["username"].widget.attrs["autocapitalize"] = "none"
        self.fields["password"].label = gettext_lazy("Password")

    def clean(self) -> dict[str, Any]:
        """Who has to wait is not even compared with the password."""
        if self.wait:
            raise too_many(self.wait)
        return super().clean()

    def confirm_login_allowed(self, user: User) -> None:
        super().confirm_login_allowed(user)
        if provider := provider_that_alone_signs_in(user):
            raise only_through(provider)


def only_through(provider: IdentityProvider) -> ValidationError:
    """Said only to who has given the right proof."""
    return ValidationError(_("Your agency signs in through %(provider)s.") % {"provider": provider.name})


class FactorForm(forms.Form):
    """A code of six digits from the phone, or of eight from the sheet of recovery codes."""

    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=32,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}),
        help_text=gettext_lazy("Six digits from the application on your phone, or one of your recovery codes."),
    )


class CodesForm(forms.Form):
    """The first code after the phone has taken over the key."""

    code = forms.CharField(
        label=gettext_lazy("Code that the application shows now"),
        max_length=16,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )


class PasskeyForm(forms.Form):
    """What the browser's script fills in."""

    credential = forms.CharField(widget=forms.HiddenInput)


class NewPasskeyForm(PasskeyForm):
    name = forms.CharField(
        label=gettext_lazy("What you call it"),
        max_length=80,
        required=False,
        help_text=gettext_lazy("For example: work laptop, key on the key ring."),
    )


class ConfirmForm(forms.Form):
    """The own password once more, before something that guards the account is changed."""

    password = forms.CharField(
        label=gettext_lazy("Present password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class InvitedForm(SetPasswordForm):
    """The password that an invited person chooses."""

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(user, *args, **kwargs)
        self.fields["new_password1"].label = gettext_lazy("New password")
        self.fields["new_password2"].label = gettext_lazy("New password once more")
        self.fields["new_password1"].help_text = gettext_lazy("At least 12 characters, not only digits, not your name.")
        self.fields["new_password2"].help_text = ""


class ProfileForm(forms.Form):
    """What people change of their own account; name, role and place of work are changed by an administrator."""

    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=Language.choices)
    phone = forms.CharField(
        label=gettext_lazy("Phone"),
        max_length=32,
        required=False,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
        help_text=gettext_lazy("Agencies see it on the referrals that you send."),
    )
    email = forms.EmailField(
        label=gettext_lazy("E-mail"),
        required=False,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text=gettext_lazy("Copies of urgent messages go there, without personal data."),
    )


class PasswordForm(PasswordChangeForm):
    """The old password and the new one twice. The password of a demo account stays, since all who try it share it."""

    def __init__(self, user: User, *args: Any, wait: timedelta | None = None, **kwargs: Any) -> None:
        super().__init__(user, *args, **kwargs)
        self.wait = wait
        labels = {
            "old_password": gettext_lazy("Present password"),
            "new_password1": gettext_lazy("New password"),
            "new_password2": gettext_lazy("New password once more"),
        }
        for name, label in labels.items():
            self.fields[name].label = label
            self.fields[name].help_text = ""
            self.fields[name].widget.attrs.pop("autofocus", None)
        self.fields["new_password1"].help_text = gettext_lazy("At least 12 characters, not only digits, not your name.")

    def clean_old_password(self) -> str:
        """Who finds a screen unlocked does not get to guess at the password through it."""
        if self.wait:
            raise too_many(self.wait)
        return super().clean_old_password()

    def clean(self) -> dict[str, Any] | None:
        new = self.cleaned_data.get("new_password1")
        if new and new == self.cleaned_data.get("old_password"):
            self.add_error("new_password1", _("Choose a password that differs from the present one."))
        if settings.DEMO and self.user.is_demo:
            raise ValidationError(_("The password of a demo account cannot be changed: others sign in with it too."))
        return super().clean()
