"""Settings that cannot be used: one sentence that names them, and no traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

from config import env

ROOT = Path(__file__).parents[2]
SECRET = "canary-5ecret"
PRODUCTION = {
    "CROSSWALK_BASE_URL": "https://crosswalk.example.com",
    "CROSSWALK_SECRET_KEY": "kq7Zr0" * 12,
    "CROSSWALK_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
}


def manage(data: Path, *arguments: str, **settings: str) -> tuple[int, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("CROSSWALK_")}
    kept.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)  # the browser tests' own
    kept |= {
        "CROSSWALK_DATA_DIR": str(data),
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    done = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *arguments],
        env={**kept, **settings},
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    "settings",
    [
        {"CROSSWALK_ENCRYPTION_KEYS": SECRET},
        {"CROSSWALK_BIND": "0.0.0.0"},
        {"CROSSWALK_DATABASE_URL": f"nonsense://me:{SECRET}@host/name"},
    ],
    ids=lambda settings: next(iter(settings)),
)
def test_a_command_says_it_in_one_sentence(
    tmp_path: Path, settings: dict[str, str]
) -> None:
    code, said = manage(tmp_path, "crosswalk_serve", **settings)

    assert code == 2
    assert said.startswith("Crosswalk cannot start.")
    assert said.count("\n") == 1
    assert SECRET not in said


def test_production_settings_pass_djangos_own_check(tmp_path: Path) -> None:
    code, said = manage(
        tmp_path, "check", "--deploy", "--fail-level=WARNING", **PRODUCTION
    )

    assert code == 0, said


def test_a_database_without_tables_is_said_plainly(tmp_path: Path) -> None:
    code, said = manage(tmp_path, "crosswalk_status")

    assert code == 2
    assert "manage.py migrate" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    "url", ["x.example", "https://x.example/a", "ftp://x", "//x:y"]
)
def test_an_address_must_be_bare(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CROSSWALK_BASE_URL", url)

    with pytest.raises(ImproperlyConfigured, match="CROSSWALK_BASE_URL"):
        env.address("BASE_URL", "")


def test_a_slash_at_the_end_of_an_address_is_no_path(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CROSSWALK_BASE_URL", "https://x.example:8443/")

    assert env.address("BASE_URL", "") == "https://x.example:8443"


@pytest.mark.parametrize("text", ["abc", "0", "-1", "65536", "²", "9" * 5000])
def test_a_port_must_be_one(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CROSSWALK_PORT", text)

    with pytest.raises(ImproperlyConfigured, match="CROSSWALK_PORT"):
        env.port("PORT", 8000)


def test_a_switch_is_on_or_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CROSSWALK_SANDBOX", "maybe")

    with pytest.raises(ImproperlyConfigured, match="CROSSWALK_SANDBOX"):
        env.flag("SANDBOX")


@pytest.mark.parametrize("scheme", ["postgres", "postgresql"])
def test_postgresql_is_taken(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CROSSWALK_DATABASE_URL", f"{scheme}://me:p%40ss@host:5433/name")

    found = env.database("DATABASE_URL", "")

    assert (found["PASSWORD"], found["PORT"]) == ("p@ss", 5433)


def test_a_file_wins_over_the_value_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "key").write_text("from the file\n")
    monkeypatch.setenv("CROSSWALK_SECRET_KEY", "from the environment")
    monkeypatch.setenv("CROSSWALK_SECRET_KEY_FILE", str(tmp_path / "key"))

    assert env.text("SECRET_KEY") == "from the file"


def test_a_file_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CROSSWALK_SECRET_KEY_FILE", "/nowhere/key")

    with pytest.raises(ImproperlyConfigured, match="/nowhere/key"):
        env.text("SECRET_KEY")


def test_every_key_of_the_list_is_looked_at() -> None:
    good = Fernet.generate_key().decode()

    assert env.fernet_keys("ENCRYPTION_KEYS", f" {good} ,") == [good]
    with pytest.raises(ImproperlyConfigured, match="Key 2"):
        env.fernet_keys("ENCRYPTION_KEYS", f"{good},{SECRET}")
