"""`postgres.py NAME`: print the address of a PostgreSQL with a database of that name.

Takes CROSSWALK_TEST_DATABASE_URL when it is set, else tries the usual ways into a
PostgreSQL of this machine, and makes the database when it is missing.
"""

from __future__ import annotations

import os
import sys

import psycopg
from psycopg import sql

# host, and what follows the name: over TCP, or over the socket
WAYS = (("127.0.0.1:5432", ""), ("", "?host=/var/run/postgresql"))
USERS = ("root", "postgres")


def open_address(name: str) -> str:
    """Return the first address that lets us in, "" when none does."""
    for host, options in WAYS:
        for user in USERS:
            address = f"postgres://{user}@{host}/{{}}{options}"
            try:
                make_database(address.format("postgres"), name)
            except psycopg.OperationalError:
                continue
            return address.format(name)
    return ""


def make_database(url: str, name: str) -> None:
    """Make the database unless it is there."""
    with psycopg.connect(url, autocommit=True, connect_timeout=3) as connection:
        known = "SELECT 1 FROM pg_database WHERE datname = %s"
        if not connection.execute(known, [name]).fetchone():
            connection.execute(
                sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
            )


if __name__ == "__main__":
    address = os.environ.get("CROSSWALK_TEST_DATABASE_URL") or open_address(sys.argv[1])
    print(address)  # noqa: T201 - its answer
    sys.exit(not address)
