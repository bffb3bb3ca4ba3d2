"""The filter of one side as a form: groups of conditions, added and removed by buttons.

Everything that stands in the form is sent with every press, named by its place:
`left` is the group that holds all, `left-1` its second part, `left-1-0` the first part
of that. So nothing is kept between two requests, and the form works without a script.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from integrations.connectors.base import Field, ObjectSpec
from sync.engine.scope import MAX_CONDITIONS, MAX_DEPTH, FilterError, filter_read
from sync.setup.filterops import BOOLS, Choices, Shape, ops_for, options_for, shape_for

NAMED = re.compile(r"((?:left|right)(?:-\d{1,2}){0,5})\.(join|field|op|value)")
JOINS: Choices = [("and", "all of these hold"), ("or", "any of these holds")]
MAX_TYPED = 4_000  # characters of one control
TOO_MANY = f"One side can have {MAX_CONDITIONS} conditions at most."
MANY: frozenset[Shape] = frozenset({"lines", "items", "options"})


@dataclass(slots=True)
class Condition:
    """One line: a field, an operator, a value as typed. `name` is its place."""

    key: str = ""
    op: str = ""
    values: list[str] = field(default_factory=list)
    spec: Field | None = None
    name: str = ""
    error: str = ""
    is_new: bool = False  # just added: the focus goes there
    is_group = False

    @property
    def ops(self) -> Choices:
        return ops_for(self.spec, self.op)

    @property
    def shape(self) -> Shape:
        return shape_for(self.spec, self.op)

    @property
    def options(self) -> Choices:
        """Return what can be chosen, with what was chosen before and is gone."""
        known = options_for(self.spec)
        gone = [v for v in self.values if v not in dict(known)]
        return [*known, *((value, f"{value} (no longer there)") for value in gone)]

    @property
    def text(self) -> str:
        """Return the value as a control shows it."""
        return ("\n" if self.shape == "lines" else ", ").join(self.values)

    def data(self) -> dict[str, Any]:
        """Return it as a filter holds it, {} as long as something is missing."""
        if not self.key or not self.op:
            return {}
        if self.shape == "none":
            return {"field": self.key, "op": self.op}
        if not self.values:
            return {}
        is_bool = self.spec is not None and self.spec.type == "bool"
        found: list[Any] = [BOOLS.get(v, v) if is_bool else v for v in self.values]
        is_one = len(found) == 1 and self.op not in {"in", "not_in"}
        return {
            "field": self.key,
            "op": self.op,
            "value": found[0] if is_one else found,
        }

    def checked(self) -> bool:
        """Note what is wrong with it; a line where nothing was chosen is no fault."""
        self.error = ""
        if not self.key:
            return True
        data = self.data()
        if not data:
            self.error = "Choose a value." if self.options else "Enter a value."
            return False
        try:
            filter_read(data)
        except FilterError as error:
            self.error = f"The value {error}."
        return not self.error


@dataclass(slots=True)
class Group:
    """Some parts joined by “and” or “or”. `name` is its place."""

    join: str = "and"
    parts: list[Condition | Group] = field(default_factory=list)
    name: str = ""
    depth: int = 0
    is_new: bool = False
    is_group = True

    @property
    def word(self) -> str:
        return "or" if self.join == "or" else "and"

    @property
    def joins(self) -> Choices:
        return JOINS

    @property
    def may_nest(self) -> bool:
        """Whether a group may be put into it."""
        return self.depth + 1 < MAX_DEPTH

    def data(self) -> dict[str, Any]:
        """Return it as a filter holds it, without what is not finished."""
        found = [data for part in self.parts if (data := part.data())]
        if len(found) <= 1:
            return found[0] if found else {}
        return {self.join: found}

    def conditions(self) -> Iterator[Condition]:
        for part in self.parts:
            if isinstance(part, Group):
                yield from part.conditions()
            else:
                yield part


@dataclass(slots=True)
class FilterForm:
    """The filter of one side, as typed."""

    side: str
    spec: ObjectSpec
    root: Group
    error: str = ""

    @property
    def wanted(self) -> dict[str, Any]:
        """Return the filter of all that is finished."""
        return self.root.data()

    @property
    def is_unfinished(self) -> bool:
        return any(not each.data() for each in self.root.conditions())

    @property
    def is_open(self) -> bool:
        """Whether there is anything to see beyond “everybody”."""
        return bool(self.root.parts)

    @property
    def never_words(self) -> str:
        """Return who is left out whatever the filter says: “vendor, inactive”."""
        return ", ".join(self.spec.exclusions)

    def fields(self) -> list[tuple[str, Choices]]:
        """Return the fields on offer by group."""
        groups: dict[str, Choices] = {}
        for each in self.spec.fields:
            costs = " (costs one call per person)" if each.is_detail_only else ""
            groups.setdefault(each.group, []).append((each.key, each.label + costs))
        return list(groups.items())

    def is_valid(self) -> bool:
        """Note what is wrong at its line; whether the filter can be saved."""
        checked = [each.checked() for each in self.root.conditions()]
        if len(checked) > MAX_CONDITIONS:
            self.error = TOO_MANY
        return all(checked) and not self.error

    def press(self, button: str) -> None:
        """Do what a button of the form says: `add:left`, `group:left`, `remove:left-0`.

        Whatever names no place of this side does nothing.
        """
        what, _, name = button.partition(":")
        groups = {group.name: group for group in _groups(self.root)}
        if what == "remove":
            above = groups.get(name.rpartition("-")[0])
            if above is not None:
                above.parts = [part for part in above.parts if part.name != name]
                above.is_new = True
        elif name in groups and len(list(self.root.conditions())) >= MAX_CONDITIONS:
            self.error = TOO_MANY
        elif name in groups and what == "add":
            groups[name].parts.append(Condition(is_new=True))
        elif name in groups and what == "group" and groups[name].may_nest:
            groups[name].parts.append(Group(parts=[Condition(is_new=True)]))
        _name(self.root, self.side)


def filter_form(side: str, spec: ObjectSpec, stored: dict[str, Any]) -> FilterForm:
    """Return the form of a filter as it is stored."""
    root = _part_of(stored, spec) if stored else Group()
    if isinstance(root, Condition):
        root = Group(parts=[root])
    return _named(side, spec, root)


def filter_typed(side: str, spec: ObjectSpec, data: QueryDict) -> FilterForm:
    """Return the form as it was sent, with all that is unfinished."""
    sent = {match[1] for key in data if (match := NAMED.fullmatch(key)) is not None}
    return _named(side, spec, _group_typed(side, spec, data, sent))


def _group_typed(name: str, spec: ObjectSpec, data: QueryDict, sent: set[str]) -> Group:
    inside = [each for each in sent if each.rpartition("-")[0] == name]
    parts: list[Condition | Group] = []
    for each in sorted(inside, key=lambda each: int(each.rpartition("-")[2])):
        if f"{each}.join" in data:
            parts.append(_group_typed(each, spec, data, sent))
        else:
            parts.append(_condition_typed(each, spec, data))
    join = "or" if data.get(f"{name}.join") == "or" else "and"
    return Group(join, parts, name)


def _condition_typed(name: str, spec: ObjectSpec, data: QueryDict) -> Condition:
    key = data.get(f"{name}.field", "")[:120]
    found = Condition(key, data.get(f"{name}.op", ""), [], spec.field(key), name)
    is_same = data.get(f"{name}.was") == key  # else another field was just chosen
    fitting = dict(ops_for(found.spec, found.op if is_same else ""))
    if key and found.op not in fitting:
        found.op = next(iter(fitting))
    sent = [each[:MAX_TYPED] for each in data.getlist(f"{name}.value")]
    if not is_same and options_for(found.spec):
        sent = [each for each in sent if each in dict(options_for(found.spec))]
    found.values = _values(sent, found.shape)
    return found


def _values(sent: list[str], shape: Shape) -> list[str]:
    if shape == "none":
        return []
    if shape in {"option", "options"}:
        found = [value for value in sent if value]
        return found[:1] if shape == "option" else found
    if shape in MANY:
        between = "\n" if shape == "lines" else ","
        sent = [part for text in sent for part in text.split(between)]
        return [each.strip() for each in sent if each.strip()]
    return [sent[0].strip()] if sent and sent[0].strip() else []


def _part_of(stored: dict[str, Any], spec: ObjectSpec) -> Condition | Group:
    for join in ("and", "or"):
        if join in stored:
            return Group(join, [_part_of(each, spec) for each in stored[join]])
    value = stored.get("value")
    items = value if isinstance(value, list) else [] if value is None else [value]
    texts = [
        str(item).lower() if isinstance(item, bool) else str(item) for item in items
    ]
    return Condition(stored["field"], stored["op"], texts, spec.field(stored["field"]))


def _named(side: str, spec: ObjectSpec, root: Group) -> FilterForm:
    _name(root, side)
    return FilterForm(side, spec, root)


def _name(group: Group, name: str, depth: int = 0) -> None:
    """Give every part the name of its place."""
    group.name, group.depth = name, depth
    for number, part in enumerate(group.parts):
        part.name = f"{name}-{number}"
        if isinstance(part, Group):
            _name(part, part.name, depth + 1)


def _groups(group: Group) -> Iterator[Group]:
    yield group
    for part in group.parts:
        if isinstance(part, Group):
            yield from _groups(part)
