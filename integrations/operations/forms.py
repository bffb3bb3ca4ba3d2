"""The form of an operation: made from its typed inputs, and the one check of what is
given to it, whoever gives it: a person, a rule or another program."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from integrations.connectors.base import Field, JSONValue
from integrations.connectors.operations import Input, InputType, Operation
from integrations.operations.requests import WITH_BODY

Choices = Sequence[tuple[str, str]]
ID = re.compile(r"[A-Za-z0-9_.:-]{1,80}")
LONGEST = 10_000
MOST = 100  # words or ids in a list
YES_NO = (("", "Not given"), ("true", "Yes"), ("false", "No"))
WRONG_ID = "This is no ID: it has letters, digits and dashes only."
NOTHING_TO_CHANGE = "Give at least one thing to change."
# of the account's own fields → of inputs; a file cannot be given
OWN_TYPES: dict[str, InputType] = {
    **dict.fromkeys(("text", "name"), "text"),
    **dict.fromkeys(("number", "money"), "number"),
    **dict.fromkeys(("tags", "choices"), "texts"),
    **{key: key for key in ("long_text", "email", "phone", "url", "bool", "date")},
    "datetime": "datetime",
    "choice": "choice",
}


class Words(forms.CharField):
    """A list of words: a JSON list, or text with a word a line or between commas."""

    widget = forms.Textarea(attrs={"rows": 3})

    def __init__(self, *, of_ids: bool, **options: Any) -> None:
        super().__init__(**options)
        self.of_ids = of_ids

    def to_python(self, value: Any) -> Any:
        if value in (None, ""):
            return []
        parts = value if isinstance(value, list | tuple) else re.split(r"[\n,]", value)
        return list(
            dict.fromkeys(str(part).strip() for part in parts if str(part).strip())
        )

    def validate(self, value: Any) -> None:
        if self.required and not value:
            raise ValidationError(self.error_messages["required"], code="required")
        if len(value) > MOST:
            raise ValidationError(f"At most {MOST} of them at a time.")
        if self.of_ids and not all(ID.fullmatch(each) for each in value):
            raise ValidationError(WRONG_ID)
        if any(len(each) > 200 for each in value):
            raise ValidationError("A word has at most 200 characters.")

    def run_validators(self, value: Any) -> None:
        """All is checked by `validate`: those of a text do not fit a list."""


class YesNo(forms.ChoiceField):
    """Yes, no, or not given; true and false of JSON too."""

    def to_python(self, value: Any) -> str:
        return "" if value in (None, "") else str(value).lower()


class Number(forms.FloatField):
    """A number; a whole one stays whole."""

    def to_python(self, value: Any) -> Any:
        found = super().to_python(value)
        return int(found) if found is not None and found.is_integer() else found


class OperationForm(forms.Form):
    """What an operation is told. `values` holds what was given, in plain JSON.

    `choices` are what was loaded live, by input; `known` are ids the mirror knows, to be
    offered while typing. Neither limits what may be given: the vendor has the last word.
    """

    def __init__(
        self,
        *args: Any,
        operation: Operation,
        own_fields: Sequence[Field] = (),
        choices: Mapping[str, Choices] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.operation = operation
        self.inputs = [*operation.inputs, *own_inputs(operation, own_fields)]
        for each in self.inputs:
            live = (choices or {}).get(each.key)
            self.fields[each.key] = field_of(each, live)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        given = {key: plain(self.fields[key], value) for key, value in given.items()}
        self.values = {
            key: value for key, value in given.items() if value not in (None, "", [])
        }
        if not self.errors:
            self._check_one_of()
            self._check_change()
        return given

    def _check_one_of(self) -> None:
        """Raise on the first input unless one of the sets is there."""
        sets = self.operation.one_of
        if not sets or any(all(key in self.values for key in each) for each in sets):
            return
        labels = [self.operation.input(key).label for each in sets for key in each]
        self.add_error(sets[0][0], f"Give one of these: {', '.join(labels)}.")

    def _check_change(self) -> None:
        """Raise when a change would change nothing."""
        call = self.operation.call
        if call is None or call.method != WITH_BODY[1]:
            return
        bodies = [e.key for e in self.inputs if e.place == "body"]
        if bodies and not self.values.keys() & set(bodies):
            raise ValidationError(NOTHING_TO_CHANGE)


def own_inputs(operation: Operation, own_fields: Sequence[Field]) -> list[Input]:
    """Return inputs for the account's own fields, where the operation takes them."""
    if operation.own_fields is None:
        return []
    return [
        Input(
            field.key,
            field.label,
            OWN_TYPES[field.type],
            choices=tuple((each, each) for each in field.options),
            max_length=field.max_length,
            help=field.help,
        )
        for field in own_fields
        if field.is_custom and field.is_writable and field.type in OWN_TYPES
    ]


def field_of(each: Input, live: Choices | None = None) -> forms.Field:
    """Return the form field of an input; `live` are its choices as just loaded."""
    common: dict[str, Any] = {
        "label": each.label,
        "required": each.required,
        "help_text": each.help,
    }
    if each.default is not None:
        default = each.default
        common["initial"] = str(default).lower() if each.type == "bool" else default
    if each.type in {"texts", "ids"}:
        return words_of(each, live, common)
    if each.type == "choice" and each.choices:
        return forms.ChoiceField(choices=with_none(each, each.choices), **common)
    if each.type in {"choice", "id"} or live is not None:
        return one_id(each, live, common)
    if each.type == "bool":
        choices = YES_NO[1:] if each.required else YES_NO
        return YesNo(choices=choices, **common)
    if each.type == "number":
        return Number(min_value=each.minimum, max_value=each.maximum, **common)
    return text_of(each, common)


def text_of(each: Input, common: dict[str, Any]) -> forms.Field:
    """Return the field of a text, a date or a moment."""
    length = each.max_length or LONGEST
    if each.type == "date":
        return forms.DateField(widget=forms.DateInput(attrs={"type": "date"}), **common)
    if each.type == "datetime":
        widget = forms.DateTimeInput(
            attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"
        )
        return forms.DateTimeField(widget=widget, **common)
    if each.type == "email":
        return forms.EmailField(**common)
    if each.type == "url":
        return forms.URLField(assume_scheme="https", max_length=2000, **common)
    if each.type == "long_text":
        area = forms.Textarea(attrs={"rows": 4})
        return forms.CharField(max_length=length, widget=area, **common)
    if each.type == "phone":
        length = min(length, 50)
    return forms.CharField(max_length=length, **common)


def words_of(each: Input, live: Choices | None, common: dict[str, Any]) -> Words:
    """Return the field of a list; boxes to tick where what there is is known."""
    of_ids = each.type == "ids"
    if live and (of_ids or each.options):
        boxes = forms.CheckboxSelectMultiple(choices=live)
        return Words(of_ids=of_ids, widget=boxes, **common)
    if not common["help_text"]:
        common["help_text"] = "One a line."
    return Words(of_ids=of_ids, **common)


def one_id(
    each: Input, live: Choices | None, common: dict[str, Any]
) -> forms.CharField:
    """Return the field of one id or of a name that an account has to choose from."""
    widget = forms.Select(choices=with_none(each, live)) if live else forms.TextInput
    is_id = each.type != "text"
    field = forms.CharField(max_length=80, widget=widget, **common)
    if is_id:
        field.validators.append(id_check)
    return field


def id_check(value: str) -> None:
    """Raise ValidationError for what cannot be an id."""
    if not ID.fullmatch(value) or value.strip(".") == "":
        raise ValidationError(WRONG_ID, code="wrong_id")


def with_none(each: Input, choices: Choices | None) -> list[tuple[str, str]]:
    """Return choices with a first one for nothing."""
    return [("", "Choose" if each.required else "Not given"), *(choices or ())]


def plain(field: forms.Field, value: Any) -> JSONValue:
    """Return a cleaned value as plain JSON."""
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(field, YesNo):
        return {"true": True, "false": False}.get(value)
    return value
