"""The row editor of a mapping: a formset of field maps, checked as a whole."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

from django import forms
from django.forms.formsets import DELETION_FIELD_NAME, BaseFormSet, formset_factory

from integrations.connectors.base import ObjectSpec
from integrations.fields.foreignfields import GROUP
from mapping.checks import Problem, is_custom, is_lost, lines_check
from mapping.fieldwords import field_facts, field_words
from mapping.ruleforms import RULES, RuleFields, rules_initial
from mapping.transforms import TRANSFORMS, Transform, check_chain

MAX_ROWS = 200
SIDES = ("left", "right")
AS_SYNC = "sync"  # the conflict choice "" of a line, as a value of a select
NOTHING = "Stays as it is"
USUAL = {"write": "always", "conflict": AS_SYNC, "to_right": "[]", "to_left": "[]"}
PLACE = re.compile(r"^fields\[(\d+)\](?:\.(\w+))?$")
Choices = list[tuple[str, Any]]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What can be mapped: the fields of both sides, and what the sides are called."""

    left: ObjectSpec
    right: ObjectSpec
    left_name: str
    right_name: str
    left_is_complete: bool = False  # whether all own fields of the account are known
    right_is_complete: bool = False

    def spec(self, side: str) -> ObjectSpec:
        return self.left if side == "left" else self.right

    def is_complete(self, side: str) -> bool:
        return self.left_is_complete if side == "left" else self.right_is_complete

    def name(self, side: str) -> str:
        return self.left_name if side == "left" else self.right_name


class DirectionForm(forms.Form):
    """Which way people flow in this mapping."""

    direction = forms.ChoiceField(label="People flow")

    def __init__(self, *args: Any, catalogue: Catalogue, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if catalogue.left.parent:
            self.fields["direction"].label = f"{catalogue.left.label_plural} flow"
        _choose(self, "direction", direction_choices(catalogue))


class FieldMapForm(RuleFields):
    """One row: a left field, a right field, and how values travel between them."""

    left = forms.ChoiceField(error_messages={"required": "Choose a field."})
    right = forms.ChoiceField(error_messages={"required": "Choose a field."})
    direction = forms.ChoiceField(label="Direction", initial="both")
    write = forms.ChoiceField(
        label="Write",
        initial="always",
        choices=[
            ("always", "Always"),
            ("if_empty", "Only if empty there"),
            ("on_create", "Only when a person is new"),
            ("append", "Only add to what is there"),
            ("never", "Never"),
        ],
    )
    conflict = forms.ChoiceField(label="If both sides change it", initial=AS_SYNC)
    to_right = forms.ChoiceField(initial="[]")
    to_left = forms.ChoiceField(initial="[]")

    def __init__(self, *args: Any, catalogue: Catalogue, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.catalogue = catalogue
        self.name_sides(catalogue.left_name, catalogue.right_name)
        has_constant = bool(str(self["constant"].value() or "").strip())
        for side in SIDES:
            self.fields[side].required = not has_constant
            self.fields[side].label = f"Field at {catalogue.name(side)}"
            _choose(self, side, field_choices(catalogue, side, self.key(side)))
            way = f"to_{side}"
            self.fields[way].label = f"On the way to {catalogue.name(side)}"
            _choose(self, way, chain_choices(str(self[way].value() or "[]")))
        _choose(self, "direction", direction_choices(catalogue))
        _choose(self, "conflict", conflict_choices(catalogue))

    def key(self, side: str) -> str:
        """Return the field chosen on a side, "" when none is."""
        return str(self[side].value() or "")

    @property
    def lost(self) -> list[str]:
        """Return a sentence for each chosen field that its account has no more."""
        return [
            f"{self.catalogue.name(side)} has no field “{self.key(side)}” any more. "
            "Nothing flows by this row; what was read of it before is kept. Choose "
            "another field or remove the row."
            for side in SIDES
            if self._is_lost(side)
        ]

    @property
    def facts(self) -> list[dict[str, Any]]:
        """Return what is to know of the two chosen fields: type, options, reason."""
        return [
            {"side": side, "name": self.catalogue.name(side), "facts": facts}
            for side in SIDES
            if (field := self.catalogue.spec(side).field(self.key(side)))
            and (facts := field_facts(field))
        ]

    def _is_lost(self, side: str) -> bool:
        spec, is_complete = self.catalogue.spec(side), self.catalogue.is_complete(side)
        return is_lost(self.key(side), spec, is_complete=is_complete)

    @property
    def summary(self) -> str:
        """Return what is special about the row in a few words, for closed details."""
        names = ("write", "conflict", "to_right", "to_left")
        chosen = [name for name in names if self[name].value() != USUAL[name]]
        words = dict.fromkeys(self._words(name) for name in chosen)
        words |= dict.fromkeys(self.rule_words())
        return " · ".join(word for word in words if word) or NOTHING

    @property
    def has_more_errors(self) -> bool:
        """Say whether something is wrong among the row's closed details."""
        names = ("write", "conflict", "to_right", "to_left", *RULES)
        return any(self[name].errors for name in names)

    def line(self) -> dict[str, Any]:
        """Return the row as a line of a mapping."""
        data = self.cleaned_data
        return {
            "left": data["left"],
            "right": data["right"],
            "direction": data["direction"],
            "write": data["write"],
            "conflict": "" if data["conflict"] == AS_SYNC else data["conflict"],
            "to_right": json.loads(data["to_right"]),
            "to_left": json.loads(data["to_left"]),
            **self.rules(),
        }

    def _words(self, name: str) -> str:
        field, chosen = self.fields[name], str(self[name].value() or "")
        choices: Any = field.choices if isinstance(field, forms.ChoiceField) else []
        return next((str(words) for key, words in choices if key == chosen), "")


if TYPE_CHECKING:
    _Rows = BaseFormSet[FieldMapForm]
else:  # Django's own class takes no type argument
    _Rows = BaseFormSet


class BaseFieldMapFormSet(_Rows):
    """All rows of a mapping."""

    def __init__(
        self, *args: Any, catalogue: Catalogue, direction: str = "both", **kwargs: Any
    ) -> None:
        self.catalogue, self.direction = catalogue, direction
        kwargs["form_kwargs"] = {"catalogue": catalogue}
        super().__init__(*args, **kwargs)

    def add_fields(self, form: FieldMapForm, index: int | None) -> None:
        super().add_fields(form, index)
        form.fields[DELETION_FIELD_NAME].label = "Remove"

    def rows(self) -> Iterator[tuple[int, FieldMapForm]]:
        """Yield the rows that are to stay, with their number on the page."""
        for number, form in enumerate(self.forms, 1):
            if form.has_changed() and not self.is_removed(form):
                yield number, form

    def is_removed(self, form: FieldMapForm) -> bool:
        """Say whether a row's box “Remove” is ticked."""
        form.is_valid()  # cleans it, once
        return bool(getattr(form, "cleaned_data", {}).get(DELETION_FIELD_NAME))

    def lines(self) -> list[dict[str, Any]]:
        """Return the rows as lines. The formset must be valid."""
        return [form.line() for _, form in self.rows()]

    def clean(self) -> None:
        """Put every problem of the mapping at the row it is about."""
        rows = list(self.rows())
        if any(not form.is_valid() for _, form in rows):
            return
        problems = lines_check(
            [form.line() for _, form in rows],
            self.catalogue.left,
            self.catalogue.right,
            direction=self.direction,
        )
        numbers = [number for number, _ in rows]
        for problem in problems:
            message = self.words(problem, numbers)
            place = PLACE.match(problem.path)
            if place is None:
                raise forms.ValidationError(message)
            form = rows[int(place[1])][1]
            field = place[2] if place[2] in form.fields else None
            form.add_error(field, message)

    def words(self, problem: Problem, numbers: Sequence[int]) -> str:
        """Return a problem as a sentence in the words of this page."""
        text = re.sub(
            r"fields\[(\d+)\]", lambda m: f"row {numbers[int(m[1])]}", problem.message
        )
        known: Mapping[str, str] = {
            "left_to_right": f"“{self.catalogue.left_name} to {self.catalogue.right_name}”",
            "right_to_left": f"“{self.catalogue.right_name} to {self.catalogue.left_name}”",
            "on the left side": f"at {self.catalogue.left_name}",
            "on the right side": f"at {self.catalogue.right_name}",
            "write to never": "“Write” to “Never”",
        }
        for word, meant in known.items():
            text = text.replace(word, meant)
        return f"{text[:1].upper()}{text[1:]}."


FieldMapFormSet: Any = formset_factory(
    FieldMapForm,
    formset=BaseFieldMapFormSet,
    extra=1,
    can_delete=True,
    max_num=MAX_ROWS,
    absolute_max=MAX_ROWS,
)


def rows_initial(lines: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return stored lines as the formset begins with them."""
    return [
        {
            **line,
            "conflict": line["conflict"] or AS_SYNC,
            "to_right": chain_key(line["to_right"]),
            "to_left": chain_key(line["to_left"]),
            **rules_initial(line),
        }
        for line in lines
    ]


def direction_choices(catalogue: Catalogue) -> Choices:
    left, right = catalogue.left_name, catalogue.right_name
    return [
        ("both", "Both ways"),
        ("left_to_right", f"{left} to {right}"),
        ("right_to_left", f"{right} to {left}"),
    ]


def conflict_choices(catalogue: Catalogue) -> Choices:
    return [
        (AS_SYNC, "As the sync says"),
        ("newest", "The newer value wins"),
        ("left", f"{catalogue.left_name} wins"),
        ("right", f"{catalogue.right_name} wins"),
        ("ask", "Ask me"),
    ]


def field_choices(catalogue: Catalogue, side: str, current: str) -> Choices:
    """Return a side's fields by group; a custom field in use stays on offer."""
    spec, is_complete = catalogue.spec(side), catalogue.is_complete(side)
    groups: dict[str, list[tuple[str, str]]] = {}
    for field in spec.fields:
        groups.setdefault(field.group, []).append((field.key, field_words(field)))
    if is_custom(current) and spec.field(current) is None:
        words = f"{current} (no longer there)" if is_complete else current
        groups.setdefault(GROUP, []).append((current, words))
    return [("", "Choose a field"), *groups.items()]


def chain_key(chain: Any) -> str:
    """Return a chain of transforms as the value of an option."""
    return json.dumps(chain, sort_keys=True, separators=(",", ":"))


def chain_choices(current: str) -> Choices:
    """Return the single transforms; a longer chain that is in use stays on offer."""
    choices: Choices = [("[]", NOTHING)]
    for name, transform in TRANSFORMS.items():
        for step in _steps(name, transform):
            choices.append((chain_key([step]), step_words(step)))
    if current not in dict(choices) and (chain := _chain(current)):
        choices.append((current, ", then ".join(map(step_words, chain))))
    return choices


def step_words(step: Mapping[str, Any]) -> str:
    """Return one transform in words, with its options."""
    transform = TRANSFORMS[step["name"]]
    told = []
    for key, value in step.items():
        if key != "name":
            choices = transform.options[key].choices or {}
            told.append(choices.get(value, str(value)))
    return ", ".join([transform.label, *told])


def _steps(name: str, transform: Transform) -> list[dict[str, str]]:
    """Return each way a transform can be told; [] where an option is any text."""
    if not transform.is_closed:
        return []
    options = [list(each.choices or ()) for each in transform.options.values()]
    return [
        {"name": name, **dict(zip(transform.options, values, strict=True))}
        for values in product(*options)
    ]


def _chain(text: str) -> list[dict[str, Any]]:
    """Return the chain an option stands for, [] when it is none we know."""
    try:
        chain = json.loads(text)
    except ValueError:
        return []
    return chain if isinstance(chain, list) and not check_chain(chain) else []


def _choose(form: forms.Form, name: str, choices: Choices) -> None:
    field = form.fields[name]
    if isinstance(field, forms.ChoiceField):
        field.choices = choices
