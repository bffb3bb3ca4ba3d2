"""`crosswalk_serve`: everything that must run, under one supervisor."""

from __future__ import annotations

import hashlib
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import BaseCommand, CommandError, call_command
from django.db import OperationalError, close_old_connections, connection
from django.db.migrations.executor import MigrationExecutor

from config import processes
from crosswalk.children import ChildSpec
from crosswalk.pulse import Pulse
from crosswalk.supervisor import AlreadyRunning, Supervisor


class Command(BaseCommand):
    help = (
        "Runs the web server, the worker and, if switched on, the sandbox, and keeps "
        "them running. Ctrl-C ends them all."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--no-web", action="store_true", help="run the worker alone"
        )
        parser.add_argument(
            "--no-worker", action="store_true", help="run no worker on this machine"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        refuse_old_database()
        web, worker = not options["no_web"], not options["no_worker"]
        specs = child_specs(web=web, worker=worker)
        supervisor = Supervisor(
            specs,
            state_file=settings.DATA_DIR / state_name(web=web, worker=worker),
            pulse=make_pulse(),
            on_ready=lambda: self.announce(specs),
        )
        try:
            with supervisor:
                if web:
                    refuse_taken_ports()
                    collect_static()
                connection.close()
                supervisor.stop_on_signals()
                supervisor.run()
        except AlreadyRunning as exc:
            raise CommandError(
                "Crosswalk already runs on this machine with this data directory "
                f"({settings.DATA_DIR}). Stop it first, or set CROSSWALK_DATA_DIR.",
                returncode=2,
            ) from exc

    def announce(self, specs: list[ChildSpec]) -> None:
        """Print the one block a person needs, once everything answers."""
        names = {spec.name for spec in specs}
        lines = [f"Crosswalk {settings.VERSION} is running."]
        if "web" in names:
            lines.append(f"Open      {web_address()}")
        if "sandbox" in names:
            lines.append(f"Sandbox   {settings.SANDBOX_URL}")
        if "web" in names and (link := owner_link()):
            lines.append(f"Create the owner account (the link works once):\n    {link}")
        lines.append("Ctrl-C ends it." if names else "Nothing was asked to run.")
        rule = "─" * 72
        self.stdout.write("\n".join(["", rule, *(f"  {x}" for x in lines), rule, ""]))
        self.stdout.flush()


def child_specs(*, web: bool, worker: bool) -> list[ChildSpec]:
    """Return what this machine runs. The sandbox goes with the web server."""
    specs = [processes.web()] if web else []
    specs += [processes.worker()] if worker else []
    specs += [processes.sandbox()] if web and settings.SANDBOX else []
    return specs


def state_name(*, web: bool, worker: bool) -> str:
    """Return the supervisor's state file: web and worker may have one each."""
    if web and worker:
        return "supervisor.json"
    return "supervisor-web.json" if web else "supervisor-worker.json"


def web_address() -> str:
    """Return the address to open: passkeys want a name, not 127.0.0.1."""
    if settings.IS_LOOPBACK and not settings.IS_HTTPS:
        return f"http://localhost:{settings.PORT}"
    return str(settings.BASE_URL)


def owner_link() -> str:
    """Return the one-time link of the first account where one is needed, else ""."""
    from workspaces import owner

    return (owner.owner_link() or "") if owner.owner_link_needed() else ""


def refuse_old_database() -> None:
    """Stop with exit code 2 when the database cannot be used as it is."""
    try:
        executor = MigrationExecutor(connection)
        steps = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except OperationalError as exc:
        raise CommandError(
            f"The database cannot be reached: {exc}. Check CROSSWALK_DATABASE_URL.",
            returncode=2,
        ) from exc
    if steps:
        raise CommandError(
            f"The database is {len(steps)} step(s) behind this version. Run: make "
            "migrate (manage.py migrate). Back it up first if it is in use.",
            returncode=2,
        )


def refuse_taken_ports() -> None:
    """Stop with exit code 2 when another program listens where we would."""
    wanted = {"PORT": (settings.PORT, settings.BIND)}
    if settings.SANDBOX:
        wanted["SANDBOX_PORT"] = (settings.SANDBOX_PORT, "127.0.0.1")
    for name, (port, host) in wanted.items():
        if processes.answers(port, host):
            raise CommandError(
                f"Port {port} is in use by another program. Stop that program, or "
                f"choose another port: CROSSWALK_{name}={port + 1}",
                returncode=2,
            )


def collect_static() -> None:
    """Collect static files where they are served from one folder; only when changed."""
    if settings.DEBUG:
        return
    stamp = settings.STATIC_ROOT / ".collected"
    state = f"{settings.VERSION} {static_state()}"
    if stamp.exists() and stamp.read_text() == state:
        return
    call_command("collectstatic", interactive=False, verbosity=0)
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(state)


def static_state() -> str:
    """Return a digest that changes when any static file does."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            moment = storage.get_modified_time(path).timestamp()
            digest.update(f"{path} {storage.size(path)} {moment}\n".encode())
    return digest.hexdigest()


def make_pulse() -> Pulse:
    """Return the pulse that sets due work going and listens to the worker."""
    from sync import jobs

    def tick() -> None:
        close_old_connections()
        jobs.tick()

    return Pulse(
        tick=tick,
        heartbeat_enqueue=jobs.heartbeat_enqueue,
        heartbeat_age=jobs.heartbeat_age,
    )
