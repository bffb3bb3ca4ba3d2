"""Reading YAML strictly: what is written is what is meant, nothing twice.

Plain YAML 1.1 turns 0700 into 448, 12:30 into 750 and `no` into false; here only
true, false, null and plain whole numbers are other than text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

from crosswalk.errors import ConfigError
from crosswalk.foreign import storable_text

MAX_BYTES = 1_000_000
_TAG = "tag:yaml.org,2002:"
_KEPT = tuple(f"{_TAG}{name}" for name in ("null", "bool", "int", "str", "seq", "map"))


class StrictLoader(yaml.SafeLoader):
    """A safe loader that guesses no types."""

    yaml_implicit_resolvers: dict[Any, Any] = {}
    yaml_constructors = {
        tag: construct
        for tag, construct in yaml.SafeLoader.yaml_constructors.items()
        if tag is None or tag in _KEPT
    }

    def construct_scalar(self, node: Any) -> Any:
        """Return a text; what no database stores can be written as an escape."""
        found = super().construct_scalar(node)
        if isinstance(found, str) and storable_text(found) != found:
            words = "a character that cannot be stored"
            raise yaml.MarkedYAMLError(problem=words, problem_mark=node.start_mark)
        return found


for _name, _form, _first in (
    ("null", r"~|null|", ["~", "n", ""]),
    ("bool", r"true|false", ["t", "f"]),
    ("int", r"0|-?[1-9][0-9]*", list("-0123456789")),
):
    StrictLoader.add_implicit_resolver(
        f"{_TAG}{_name}", re.compile(f"^(?:{_form})$"), _first
    )


def yaml_read(data: bytes) -> Any:
    """Return the data of one YAML document.

    Raises ConfigError with the line, or the path of a key that is given twice.
    """
    if len(data) > MAX_BYTES:
        raise ConfigError(f"The file is larger than {MAX_BYTES // 1000:,} kB.")
    try:
        loader = StrictLoader(data.decode("utf-8-sig"))
        node = loader.get_single_node()
        _refuse_doubles(node)
        return loader.construct_document(node) if node else None
    except UnicodeDecodeError as exc:
        raise ConfigError("The file is not UTF-8 text.") from exc
    except yaml.YAMLError as exc:
        raise ConfigError(f"The file is not valid YAML: {_where(exc)}") from exc
    except ValueError as exc:  # a number of thousands of digits
        raise ConfigError("The file holds a number that is too long.") from exc
    except RecursionError as exc:
        raise ConfigError("The file is nested too deeply.") from exc


def _where(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or "it cannot be read"
    # the text of the line itself is not shown: it may be a secret
    return f"{problem}, line {mark.line + 1}" if mark else str(problem)


def _refuse_doubles(root: yaml.Node | None) -> None:
    for path, node in _mappings(root):
        keys: set[str] = set()
        for key, _ in node.value:
            if key.value in keys:
                place = f"{path}.{key.value}".lstrip(".")
                line = key.start_mark.line + 1
                raise ConfigError(f"is given twice (line {line})", path=place)
            if isinstance(key, yaml.ScalarNode):
                keys.add(key.value)


def _mappings(root: yaml.Node | None) -> Iterator[tuple[str, yaml.MappingNode]]:
    """Yield each mapping with its dotted path, once even where it is shared."""
    todo = [("", root)]
    seen: set[int] = set()
    while todo:
        path, node = todo.pop()
        if node is None or id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            yield path, node
            todo += [(f"{path}.{k.value}".lstrip("."), v) for k, v in node.value]
        elif isinstance(node, yaml.SequenceNode):
            todo += [(f"{path}[{n}]", v) for n, v in enumerate(node.value)]
