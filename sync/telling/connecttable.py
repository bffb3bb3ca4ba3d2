"""What can go wrong while connecting, for docs/errors.md: read from where it is raised.

Those sentences are said once, on the page of connecting, and become nobody's failure. So
they stand in integrations/ alone, and the table is made from its source.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from sync.telling.advice import CAUSES

SOURCE = Path(__file__).parents[2] / "integrations"
RAISED = ("ConnectProblem", "AuthError")
AT_THE_VENDOR = ("network", "no_token", "other_location", "vendor_error")
Row = tuple[str, str, str]  # code, what happened, what it means and what to do


def connect_rows() -> list[Row]:
    """Return the sentences of connecting, each code once, in the order of codes."""
    found: dict[str, Row] = {}
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and _name(node.func) in RAISED:
                for row in _row(node):
                    found.setdefault(row[0], row)
    return [found[code] for code in sorted(found)]


def _row(call: ast.Call) -> Iterator[Row]:
    codes = [
        each.value
        for each in call.keywords
        if each.arg == "code" and isinstance(each.value, ast.Constant)
    ]
    words = [_words(each) for each in call.args]
    if codes and words and (len(words) > 1 or codes[0].value not in CAUSES):
        title, text = words if len(words) > 1 else ["It was refused.", words[0]]
        yield str(codes[0].value), title, text


def _words(node: ast.expr) -> str:
    """Return a sentence as it stands in the source, with words for what is put in."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(_words(each) for each in node.values)
    inner = node.value if isinstance(node, ast.FormattedValue) else node
    name = ast.unparse(inner)
    if name.endswith("label") and "account" not in name:
        return "{system}"
    return "What it said." if name.endswith(".message") else "…"


def _name(func: ast.expr) -> str:
    return func.id if isinstance(func, ast.Name) else getattr(func, "attr", "")
