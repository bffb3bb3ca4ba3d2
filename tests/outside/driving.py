"""Drives the product from outside: its environment, its commands, its files."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.outside import highlevel_server as hl
from tests.outside import zoho_server as zo

ROOT = Path(__file__).resolve().parents[2]
OUTCOMES = {"create", "update", "delete", "link", "unchanged", "excluded"}
OUTCOMES |= {"review", "conflict", "failed"}
LISTS = {"in_sync", "excluded", "waiting", "failing", "review", "conflict"}
SECRETS = [hl.TOKEN, zo.CLIENT_SECRET, zo.REFRESH_TOKEN, "1000.outside0access0"]


@dataclass
class Done:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Its standard output, which must be JSON and nothing else."""
        return json.loads(self.out)


@dataclass
class House:
    """One installation of the product, facing two stand-ins."""

    folder: Path
    left: hl.HighLevel
    right: zo.Zoho
    roots: tuple[str, str]
    said: list[str] = field(default_factory=list)

    def environment(self) -> dict[str, str]:
        """Set what design §7 names, and nothing else."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith("CROSSWALK_")}
        kept.pop("DJANGO_SETTINGS_MODULE", None)
        return kept | {
            "CROSSWALK_DATA_DIR": str(self.folder),
            "CROSSWALK_HIGHLEVEL_API_URL": self.roots[0],
            "CROSSWALK_HIGHLEVEL_TOKEN_URL": self.roots[0] + "/oauth/token",
            "CROSSWALK_ZOHO_ACCOUNTS_URL": self.roots[1],
            "CROSSWALK_ZOHO_API_URL": self.roots[1],
            "GHL_TOKEN": hl.TOKEN,
            "ZC": zo.CLIENT_ID,
            "ZS": zo.CLIENT_SECRET,
            "ZR": zo.REFRESH_TOKEN,
        }

    def start(self, *words: str, **environment: str) -> subprocess.Popen[str]:
        """Start a command."""
        return subprocess.Popen(
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env=self.environment() | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str, seconds: float = 100, **environment: str) -> Done:
        """Run a command to its end, and keep what it said."""
        process = self.start(*words, **environment)
        out, err = process.communicate(timeout=seconds)
        self.said += [out, err]
        return Done(process.returncode, out, err)

    def configure(self, config: dict[str, Any], *words: str) -> Done:
        """Import a configuration."""
        path = self.folder / "config.yaml"
        path.write_text(yaml.safe_dump(config, sort_keys=False))
        return self.run("crosswalk_config", "import", str(path), *words)

    def sync(self, *words: str, seconds: float = 100) -> Done:
        """Run the sync named Contacts."""
        return self.run("crosswalk_sync", "Contacts", *words, "--json", seconds=seconds)

    def links(self) -> list[dict[str, Any]]:
        """Read every unit's line."""
        done = self.run("crosswalk_links", "Contacts", "--json")
        assert done.code == 0, done.err
        return [json.loads(line) for line in done.out.splitlines()]

    def status(self) -> Any:
        """Read the status."""
        done = self.run("crosswalk_status", "--json")
        assert done.code == 0, done.err
        return done.json

    def forget_logs(self) -> None:
        """Begin counting calls anew at both stand-ins."""
        self.left.forget_log()
        self.right.forget_log()

    def calls(self) -> dict[str, int]:
        """Count the calls both stand-ins saw."""
        return {"GHL": self.left.api_calls(), "Zoho": self.right.api_calls()}

    def writes(self) -> list[str]:
        """List the writes both stand-ins saw."""
        calls = self.left.writes() + self.right.writes()
        return [f"{c.method} {c.path} {c.raw_body.decode()}" for c in calls]

    def sins(self) -> list[str]:
        """List the broken rules both stand-ins saw."""
        return self.left.sins + self.right.sins

    def secrets_shown(self) -> list[str]:
        """Find secrets in anything said or stored in plain."""
        places = ["".join(self.said)]
        for path in self.folder.glob("*.sqlite3*"):
            places.append(path.read_bytes().decode("latin-1"))
        return [s for s in SECRETS for place in places if s in place]

    def copy_to(self, folder: Path) -> House:
        """Copy the installation's data; both face the same stand-ins."""
        folder.mkdir(parents=True, exist_ok=True)
        for path in self.folder.iterdir():
            if path.suffix == ".sqlite3":
                _backup(path, folder / path.name)
            elif path.is_file() and ".sqlite3-" not in path.name:
                shutil.copy2(path, folder / path.name)
        return House(folder, self.left, self.right, self.roots)


def _backup(old: Path, new: Path) -> None:
    with sqlite3.connect(old) as source, sqlite3.connect(new) as target:
        source.backup(target)
    source.close()
    target.close()


def config(**sync: Any) -> dict[str, Any]:
    """Write the configuration of design §7, with a sync changed as asked."""
    contact = {"direction": "both", "fields": sync.pop("fields", "default")}
    secrets = {"client_id": {"env": "ZC"}, "client_secret": {"env": "ZS"}}
    secrets |= {"refresh_token": {"env": "ZR"}}
    return {
        "version": 1,
        "workspace": {"name": "Acme", "timezone": "Europe/London"},
        "connections": [
            {
                "name": "GHL",
                "kind": "highlevel",
                "account": hl.LOCATION,
                "auth": {"type": "token", "token": {"env": "GHL_TOKEN"}},
            },
            {
                "name": "Zoho",
                "kind": "zoho_invoice",
                "account": zo.ORGANIZATION,
                "auth": {"type": "oauth", **secrets, "data_center": "us"},
            },
        ],
        "syncs": [
            {
                "name": "Contacts",
                "left": "GHL",
                "right": "Zoho",
                "state": "live",
                "schedule": "manual",
                "match": ["email", "phone", "name"],
                "first_merge": "non_empty",
                "conflict": "newest",
                "delete": "ignore",
                "history": "all",
                "objects": {"contact": contact},
                **sync,
            }
        ],
    }
