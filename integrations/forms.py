"""Forms: what a person types to connect a system."""

from __future__ import annotations

from typing import Any

from django import forms

from integrations.endpoints import known_data_centers

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
