"""What is committed: no machine's paths, no registry's address, no file past a head."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CODE = {
    ".py",
    ".html",
    ".css",
    ".js",
    ".md",
    ".toml",
    ".yaml",
    ".sh",
    ".txt",
    ".in",
    "",
}
MACHINE_PATHS = re.compile(r"(?<![\w.])/(?:root|home/\w+|Users/\w+|work|opt/\w+)/")
MOST_LINES = 500


def files() -> list[Path]:
    """Every text file that git keeps or would keep."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\0")
    paths = [ROOT / name for name in listed if name]
    return [path for path in paths if path.suffix in CODE and path.is_file()]


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    return {
        str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
        for path in files()
    }


def test_pinned_requirements_name_no_address(texts: dict[str, str]) -> None:
    pinned = {name: text for name, text in texts.items() if name.endswith(".txt")}

    assert {"requirements/runtime.txt", "requirements/dev.txt"} <= set(pinned)
    for name, text in pinned.items():
        if name.startswith("requirements/"):
            assert "://" not in text, name
            assert "--index-url" not in text, name
            assert "--find-links" not in text, name


def test_there_is_no_lock_file_that_names_a_registry(texts: dict[str, str]) -> None:
    names = {Path(name).name for name in texts}

    assert not names & {"uv.lock", "pylock.toml", "poetry.lock", "package-lock.json"}


def test_every_pin_has_a_hash(texts: dict[str, str]) -> None:
    for name in ("requirements/runtime.txt", "requirements/dev.txt"):
        for block in re.split(r"\n(?=\S)", texts[name].strip()):
            if "==" in block.splitlines()[0]:
                assert "--hash=sha256:" in block, block.splitlines()[0]


def test_no_file_grows_past_a_head(texts: dict[str, str]) -> None:
    long = {
        name: text.count("\n")
        for name, text in texts.items()
        if text.count("\n") > MOST_LINES
        and not re.search(r"(^|/)(vendor|migrations|requirements|fixtures)/", name)
    }

    assert long == {}


def test_no_path_of_somebodys_machine_is_committed(texts: dict[str, str]) -> None:
    found = {
        name: match[0]
        for name, text in texts.items()
        if "/vendor/" not in name and (match := MACHINE_PATHS.search(text))
    }

    assert found == {}


def test_every_module_says_what_it_is(texts: dict[str, str]) -> None:
    silent = [
        name
        for name, text in texts.items()
        if name.endswith(".py")
        and text.strip()
        and "/migrations/" not in name
        and not text.startswith(('"""', "#!"))
    ]

    assert silent == []


def test_no_hover_makes_the_browser_style_a_whole_page_anew() -> None:
    """Tabler's navbar asks `:has()` of `:hover`, for 60 ms a move on a page of 300 × 300."""
    css = (ROOT / "static/vendor/tabler/tabler.min.css").read_text()
    assert ".btn-primary" in css
    assert ".navbar" not in css
