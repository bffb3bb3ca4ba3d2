"""The processes of `asking`, as a test talks to them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any
from urllib.parse import quote

from django.db import connection as db_connection

from integrations.models import Grant


def database_url() -> str:
    """Return the address of the test's own database for another process."""
    found = db_connection.settings_dict
    if db_connection.vendor == "sqlite":
        return f"sqlite:///{found['NAME']}"
    user, password = quote(found["USER"]), quote(found["PASSWORD"] or "")
    place = f"{found['HOST']}:{found['PORT'] or 5432}"
    return (
        f"postgres://{user}{':' if password else ''}{password}@{place}/{found['NAME']}"
    )


class Askers:
    """The processes of `asking`, reached by lines."""

    def __init__(self, **more: str) -> None:
        environ = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "CROSSWALK_DATABASE_URL": database_url(),
            **more,
        }
        environ.pop("CROSSWALK_TEST_DATABASE_URL", None)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.integrations.asking"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environ,
        )

    def __call__(self, grant: Grant | None, **order: int) -> list[dict[str, Any]]:
        """Carry out an order; return what each process said."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(
            json.dumps({"grant": grant.pk if grant else 0, **order}) + "\n"
        )
        self.process.stdin.flush()
        answers: list[dict[str, Any]] = json.loads(self.process.stdout.readline())
        return answers

    def close(self) -> None:
        self.process.communicate(timeout=30)
