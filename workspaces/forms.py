"""Forms of the first visit and of the workspace page."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import (
    validate_password,
)

from workspaces.keys import SCOPES
from workspaces.models import Membership


def time_zones() -> list[tuple[str, str]]:
    """Return the time zones of the world by name, UTC first."""
    zones = sorted(z for z in available_timezones() if "/" in z and "Etc/" not in z)
    return [(zone, zone.replace("_", " ")) for zone in ["UTC", *zones]]


class WelcomeForm(forms.Form):
    """The first account and its workspace."""

    workspace_name = forms.CharField(
        label="Name of your workspace",
        max_length=120,
        help_text="Your company or team. You can change it later.",
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    email = forms.EmailField(
        label="E-mail", widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    password = forms.CharField(
        label="Password",
        strip=False,
        help_text="At least 8 characters, and no word that many others use.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    time_zone = forms.CharField(
        required=False, widget=forms.HiddenInput(attrs={"data-time-zone": ""})
    )

    def clean_time_zone(self) -> str:
        """Return the browser's guess, or UTC where it is none of ours."""
        zone = self.cleaned_data["time_zone"]
        return zone if zone in available_timezones() else "UTC"

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("password") and data.get("email"):
            try:
                validate_password(data["password"], User(email=data["email"]))
            except forms.ValidationError as error:
                self.add_error("password", error)
        return data


class WorkspaceForm(forms.Form):
    """What an owner may change of a workspace."""

    name = forms.CharField(label="Name", max_length=120)
    time_zone = forms.ChoiceField(
        label="Time zone",
        choices=time_zones,
        help_text="All times on the pages are shown in it.",
    )


class RoleForm(forms.Form):
    """What a person may do."""

    role = forms.ChoiceField(
        choices=[
            (Membership.Role.VIEWER, "Viewer: looks"),
            (Membership.Role.EDITOR, "Editor: connects, maps, runs"),
            (Membership.Role.OWNER, "Owner: also decides who belongs here"),
        ],
    )


class MemberForm(RoleForm):
    """A person to add."""

    email = forms.EmailField(
        label="E-mail of the person",
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    field_order = ["email", "role"]


class ApiKeyForm(forms.Form):
    """A key to make."""

    name = forms.CharField(
        label="Name",
        max_length=80,
        help_text="What it is for, to know it again.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    scopes = forms.MultipleChoiceField(
        label="It may",
        choices=[(key, words) for key, words in SCOPES.items()],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose what it may do."},
    )
    days = forms.TypedChoiceField(
        label="It works for",
        coerce=int,
        choices=[(90, "90 days"), (365, "A year"), (0, "Until it is revoked")],
    )
