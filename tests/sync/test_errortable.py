"""All error sentences are in one table, each cause has its own, none is raw."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from crosswalk import errors
from sync.telling.advice import CAUSES
from sync.telling.connecttable import connect_rows
from sync.telling.errortable import BUTTONS, errors_page

ROOT = Path(__file__).parents[2]
# of connecting, hearing and choosing: they are said at once, on the page they belong to,
# and never become the cause of somebody's failure
# why they are in neither table
ELSEWHERE = {
    "not_offered": "of an operation that a system has not: the catalogue says so",
    "webhook_rejected": "of a delivery: it is answered to whoever sent it",
    "ambiguous_match": "a class that nothing raises: such people are to be compared",
    "connector": "a class that is raised with codes of its own",
    "error": "a class that is raised with codes of its own",
}


def raised_codes() -> set[str]:
    """Return the codes that errors are raised with, anywhere in the product."""
    found = set()
    for folder in ("integrations", "mapping", "sync", "crosswalk"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and _is_error(node.func):
                    found |= {
                        keyword.value.value
                        for keyword in node.keywords
                        if keyword.arg == "code"
                        and isinstance(keyword.value, ast.Constant)
                    }
    return found


def _is_error(func: ast.expr) -> bool:
    name = func.id if isinstance(func, ast.Name) else getattr(func, "attr", "")
    kind = getattr(errors, name, None)
    return isinstance(kind, type) and issubclass(kind, errors.CrosswalkError)


def class_codes() -> set[str]:
    kinds = (getattr(errors, name) for name in dir(errors))
    return {
        kind.code
        for kind in kinds
        if isinstance(kind, type) and issubclass(kind, errors.CrosswalkError)
    }


def test_the_table_in_the_docs_says_what_the_pages_say():
    page = (ROOT / "docs" / "errors.md").read_text()

    assert page == errors_page(), (
        "Write it anew: python -m sync.telling.errortable > docs/errors.md"
    )


def test_every_code_has_a_sentence_of_its_own_in_one_of_the_tables():
    codes = raised_codes() | class_codes()
    known = {*CAUSES, *(code for code, _, _ in connect_rows()), *ELSEWHERE}

    assert "remote_rejected" in codes
    assert codes <= known, codes - known
    assert set(ELSEWHERE) <= codes


@pytest.mark.parametrize("code", CAUSES)
def test_every_cause_says_whose_it_is_and_how_to_see_it(code):
    said = CAUSES[code]

    assert said.whose
    assert bool(said.reach) != bool(said.barred)
    assert (said.reach or said.barred).endswith(".")
    assert said.action in BUTTONS
