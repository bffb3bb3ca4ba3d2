"""The documentation covers every setting, command and connector, and its links lead on."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from integrations.registry import CONNECTORS

ROOT = Path(__file__).parent.parent
DOCS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
SETTINGS = (ROOT / "config" / "settings.py").read_text()
NAMES = re.findall(r'(?:env\.\w+|_key)\(\s*"([A-Z_]+)"', SETTINGS)
COMMANDS = sorted(
    path.stem for path in (ROOT / "config/management/commands").glob("crosswalk_*.py")
)


def test_the_settings_are_found() -> None:
    assert {"SECRET_KEY", "ENCRYPTION_KEYS", "PORT", "WORKERS"} <= set(NAMES)


@pytest.mark.parametrize("name", sorted(set(NAMES)))
def test_every_setting_is_documented(name: str) -> None:
    assert f"`CROSSWALK_{name}`" in (ROOT / "docs" / "settings.md").read_text()
    assert re.search(
        rf"^#?CROSSWALK_{name}=", (ROOT / ".env.example").read_text(), re.MULTILINE
    )


def test_no_setting_is_documented_that_does_not_exist() -> None:
    text = (ROOT / ".env.example").read_text()

    assert set(re.findall(r"^#?CROSSWALK_(\w+)=", text, re.MULTILINE)) == set(NAMES)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_documented(command: str) -> None:
    assert f"## {command}\n" in (ROOT / "docs" / "commands.md").read_text()


@pytest.mark.parametrize("kind", CONNECTORS)
def test_every_connector_has_its_set_up_and_its_page(kind: str) -> None:
    assert (ROOT / "integrations" / "connectors" / kind / "setup.md").read_text()
    page = f"{kind.replace('_', '-')}.md"
    assert (ROOT / "docs" / "connectors" / page).read_text()


@pytest.mark.parametrize("page", DOCS, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[\w-]+)?\)", page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_every_dependency_has_its_reason() -> None:
    reasons = (ROOT / "docs" / "decisions" / "0002-dependencies.md").read_text().lower()
    lines = (ROOT / "requirements" / "runtime.in").read_text().splitlines()
    packages = [re.split(r"[\[<>=~]", line)[0] for line in lines if line[:1].isalpha()]

    assert [name for name in packages if name.lower() not in reasons] == []
