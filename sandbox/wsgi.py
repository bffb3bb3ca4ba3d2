"""The WSGI entry: `granian --interface wsgi sandbox.wsgi:app`, one worker."""

from __future__ import annotations

import os
from pathlib import Path

from sandbox.app import create_app


def data_path() -> str:
    directory = os.environ.get("CROSSWALK_DATA_DIR") or "var"
    default = str(Path(directory) / "sandbox.sqlite3")
    return os.environ.get("CROSSWALK_SANDBOX_DATA") or default


app = create_app(data_path=data_path())
