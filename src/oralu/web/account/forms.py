"""Forms of one's own account."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from oralu.apps.access.models import Language, User

WRONG = gettext_lazy("Wrong login or password. Check the keyboard layout and Caps Lock, and try again.")


class SignInForm(AuthenticationForm):
    """Login and password. One message for a wrong login, a wrong password and a closed account: who does not know the
    password does not learn whether the account exists."""

    error_messages = {"invalid_login": WRONG, "inactive": WRONG}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = gettext_lazy("Login")
        self.fields["username"].widget.attrs["autocapitalize"] = "none"
        self.fields["password"].label = gettext_lazy("Password")


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

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(user, *args, **kwargs)
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

    def clean(self) -> dict[str, Any] | None:
        new = self.cleaned_data.get("new_password1")
        if new and new == self.cleaned_data.get("old_password"):
            self.add_error("new_password1", _("Choose a password that differs from the present one."))
        if settings.DEMO and self.user.is_demo:
            raise ValidationError(_("The password of a demo account cannot be changed: others sign in with it too."))
        return super().clean()
