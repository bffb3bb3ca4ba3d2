"""The table of all error sentences, docs/errors.md: written from the causes themselves.

python -m sync.telling.errortable > docs/errors.md
"""

from __future__ import annotations

from sync.telling.advice import (
    CAUSES,
    OTHERWISE,
    REVIEW_OTHERWISE,
    REVIEWS,
    THEIRS,
    YOURS,
    Advice,
)
from sync.telling.connecttable import AT_THE_VENDOR, Row, connect_rows

HEAD = """# What can go wrong, and what to do

Written by `python -m sync.telling.errortable > docs/errors.md` from the sentences that the pages show; a test holds both
together. “{system}” is the name of one of the two systems, “here” and “there” are the two.

*Needs attention* shows each cause once, with whom it concerns, what the system said, and the button that cures it. The
last column says how to see it in the sandbox, or what keeps it from happening there; a test brings about every one
that can, and looks for its sentence on the pages (tests/sync/failures.py).
"""
BUTTONS = {
    "reconnect": "Reconnect",
    "grant": "Allow it",
    "map": "Open the wire",
    "retry": "Try again",
    "": "Raise the guard, resume, or run again",
}


def errors_page() -> str:
    """Return docs/errors.md."""
    rows = [*CAUSES.items(), ("anything else", OTHERWISE)]
    return "\n".join(
        [
            HEAD,
            "## Causes of failures",
            "",
            "| code | what it says | what to do | whose it is | button | in the sandbox |",
            "| --- | --- | --- | --- | --- | --- |",
            *(_row(code, said) for code, said in rows),
            "",
            "## While connecting",
            "",
            "Said at once, on the page of connecting or in its form; nothing is changed by "
            "then. `…` is a name or a word of that system.",
            "",
            "| code | what it says | what it means and what to do | whose it is |",
            "| --- | --- | --- | --- |",
            *(_connect_row(row) for row in connect_rows()),
            "",
            "## Why somebody is to be compared",
            "",
            "| code | what to do |",
            "| --- | --- |",
            *(
                f"| {code} | {_cell(text)} |"
                for code, text in [
                    *REVIEWS.items(),
                    ("anything else", REVIEW_OTHERWISE),
                ]
            ),
            "",
        ]
    )


def _row(code: str, said: Advice) -> str:
    cells = (
        code if " " in code else f"`{code}`",
        said.title,
        said.text,
        said.whose,
        BUTTONS[said.action],
        f"Not: {said.barred}"
        if said.barred
        else said.reach or "A refusal that no other row names.",
    )
    return f"| {' | '.join(_cell(text) for text in cells)} |"


def _connect_row(row: Row) -> str:
    code, title, text = row
    whose = THEIRS if code in AT_THE_VENDOR else YOURS
    return f"| `{code}` | {_cell(title)} | {_cell(text)} | {whose} |"


def _cell(text: str) -> str:
    return (
        text.replace("|", "\\|").replace("{here}", "here").replace("{there}", "there")
    )


if __name__ == "__main__":
    print(errors_page(), end="")  # noqa: T201 - this is what it is for
