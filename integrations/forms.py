"""Forms: what a person types to connect a system."""

from __future__ import annotations

from typing import Any

from django import forms

from integrations.access.endpoints import known_data_centers
from integrations.accountoptions import options_offered, unique_fields
from integrations.models import Connection
from integrations.quotas.subjects import MAX_RESERVE_PERCENT

SECRET_HELP = "Stored encrypted. Nobody can read it back, not even you."  # noqa: S105


def line(label: str, *, secret: bool = False, **options: Any) -> forms.CharField:
    """Return a one-line field that browsers neither fill in nor correct."""
    widget = forms.PasswordInput if secret else forms.TextInput
    options.setdefault("help_text", SECRET_HELP if secret else "")
    return forms.CharField(
        label=label,
        widget=widget(attrs={"autocomplete": "off", "spellcheck": "false"}),
        **options,
    )


class CarriedForm(forms.Form):
    """A connect form; it carries which set-up or connection it is for."""

    site = forms.CharField(widget=forms.HiddenInput, required=False)
    setup = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1)
    reconnect = forms.IntegerField(
        widget=forms.HiddenInput, required=False, min_value=1
    )


class TokenForm(CarriedForm):
    """A static token of one account."""

    account_id = line("Account ID", max_length=80)
    token = line("Token", secret=True, max_length=1000)

    def __init__(
        self,
        *args: Any,
        account_label: str = "account",
        token_label: str = "Token",  # noqa: S107 - a label
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["account_id"].label = f"{account_label.capitalize()} ID"
        self.fields["token"].label = token_label


class LinkTokenForm(forms.Form):
    """A new static token of the account that a reconnect link is for."""

    token = line("Token", secret=True, max_length=1000)

    def __init__(self, *args: Any, token_label: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["token"].label = f"New {token_label}"


class OAuthAppForm(CarriedForm):
    """Client id and secret of an app the person made at the vendor."""

    client_id = line("Client ID", max_length=200)
    client_secret = line("Client secret", secret=True, max_length=500)


class CodeForm(OAuthAppForm):
    """A self-client's code, pasted by hand."""

    code = line(
        "Code", max_length=500, help_text="Works once, and only for a few minutes."
    )
    data_center = forms.ChoiceField(label="Data centre", required=False)

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        codes = known_data_centers(kind)
        field = self.fields["data_center"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for mypy
        field.choices = [(code, code.upper()) for code in codes]
        field.help_text = "Where you sign in to it."
        if not codes:
            del self.fields["data_center"]


class RenameForm(forms.Form):
    """A connection's name."""

    name = line("Name", max_length=80)


class WebhookSecretForm(forms.Form):
    """The secret that a vendor signs its deliveries with."""

    secret = line("Webhook secret", secret=True, max_length=200, required=False)


class ReserveForm(forms.Form):
    """Which part of the quota stays for what else uses the account."""

    percent = forms.IntegerField(
        label="Kept for others, in percent",
        min_value=0,
        max_value=MAX_RESERVE_PERCENT,
        help_text=f"0 to {MAX_RESERVE_PERCENT}. Work that somebody waits for may use "
        "half of it.",
        error_messages={
            "invalid": "Write a whole number.",
            "min_value": f"Write a number from 0 to {MAX_RESERVE_PERCENT}.",
            "max_value": f"Write a number from 0 to {MAX_RESERVE_PERCENT}.",
        },
    )


class AccountOptionsForm(forms.Form):
    """What an account's system lets people choose; only what its kind understands."""

    unique_field = forms.ChoiceField(
        label="Field that makes creating safe",
        required=False,
        help_text="A field of your own that allows no value twice. Where it is mapped "
        "and filled, customers are created by it, so that a lost answer never makes a "
        "second one.",
    )
    project_tasks = forms.BooleanField(
        label="Carry tasks as project tasks",
        required=False,
        help_text="Each customer with a task gets a project, made with the first task. "
        "Due date, person in charge and whether it is done are not carried: there is "
        "no place for them.",
    )

    def __init__(self, *args: Any, connection: Connection, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in set(self.fields) - set(options_offered(connection.kind)):
            del self.fields[name]
        field = self.fields.get("unique_field")
        if isinstance(field, forms.ChoiceField):
            field.choices = _unique_choices(connection)


def _unique_choices(connection: Connection) -> list[tuple[str, str]]:
    """Return the fields on offer; the chosen one stays, also when it is gone."""
    found = [(field.key, field.label) for field in unique_fields(connection)]
    chosen = str(connection.options.get("unique_field") or "")
    if chosen and chosen not in dict(found):
        found.append((chosen, f"{chosen} (no longer there)"))
    return [("", "None"), *found]
