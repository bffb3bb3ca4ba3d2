"""Installations for the outside tests, each between two stand-ins."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.outside import people
from tests.outside.driving import House, config
from tests.outside.highlevel_server import HighLevel
from tests.outside.wire import Serving
from tests.outside.zoho_server import Zoho


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a database that is ready and empty."""
    folder = tmp_path_factory.mktemp("migrated")
    done = House(folder, HighLevel(), Zoho(), ("", "")).run("migrate", "-v0")
    assert done.code == 0, done.err
    return folder


def serve(migrated: Path, folder: Path) -> Iterator[House]:
    """Serve both stand-ins to a fresh installation."""
    left, right = HighLevel(), Zoho()
    with Serving(left) as one, Serving(right) as other:
        right.base_url = other.root
        roots = (one.root, other.root)
        yield House(migrated, left, right, roots).copy_to(folder)


@pytest.fixture(scope="session")
def imported(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the default configuration, its credentials checked."""
    folder = tmp_path_factory.mktemp("imported") / "data"
    for house in serve(migrated, folder):
        done = house.configure(config())
        assert done.code == 0, done.err
        assert house.sins() == []
    return folder


@pytest.fixture
def ready(imported: Path, tmp_path: Path) -> Iterator[House]:
    """An installation with the default configuration, between the usual people."""
    for house in serve(imported, tmp_path / "data"):
        people.populate(house.left, house.right)
        house.right.issue()  # the one that the import was given
        yield house


@pytest.fixture
def house(migrated: Path, tmp_path: Path) -> Iterator[House]:
    """A fresh installation between two empty stand-ins."""
    yield from serve(migrated, tmp_path / "data")
