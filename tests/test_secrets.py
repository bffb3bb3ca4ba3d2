"""Secrets: planted in a live flow, and looked for in everything that comes out."""

from __future__ import annotations

import base64
import io
import logging
import zipfile
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection as database
from django.test import Client

from crosswalk.crypto import decrypt, encrypt
from crosswalk.redact import RedactingFilter, redact, redact_text
from integrations.models import Connection, Grant, RemoteRecord
from integrations.services import oauth_app_save, webhook_secret_save
from sandbox.highlevel import service as highlevel
from sync.alerting.channels import channel_add
from sync.alerting.sending import delivery_send
from sync.alerting.watching import watch_work
from sync.models import Alert, AlertChannel, AlertWatch, Delivery, Plan, Setup
from sync.setup.saving import sync_go_live
from synclog.models import SyncRun
from tests.sync.world import World, world_make
from tests.test_access import PAGES, address
from workspaces.keys import SCOPES, api_key_create, key_hash
from workspaces.models import Workspace

PLANTED = "Cnry7Hq2Zw9LmXk4"
HOOK = f"https://93.184.215.14/services/{PLANTED}hook"
API_KEY = f"cwk_{PLANTED}key"
FORM_SECRETS = {
    name: f"{PLANTED}form{number}"
    for number, name in enumerate(
        (
            "token-token",
            "code-code",
            "code-client_secret",
            "app-client_secret",
            "secret",
        )
    )
}
COMMANDS = (
    ("crosswalk_status", "--json"),
    ("crosswalk_doctor", "--json"),
    ("crosswalk_links", "Contacts", "--json"),
    ("crosswalk_config", "export", "-", "--json"),
    ("crosswalk_config", "export", "-"),
    ("crosswalk_sync", "Contacts", "--test", "--json"),
    ("crosswalk_rotate_keys", "--json"),
)


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """All that is logged, as the product's own handler writes it."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(RedactingFilter())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.fixture
def flow(workspace: Workspace, owner: User, lines: io.StringIO, settings: Any) -> World:
    """A sync of a small world that was tested and went live, with secrets everywhere."""
    world = world_make(workspace, settings, seed=False)
    webhook_secret_save(connection=world.right, secret=f"{PLANTED}signing", actor=owner)
    oauth_app_save(
        workspace=world.workspace,
        kind="highlevel",
        client_id="app-of-acme",
        secret=f"{PLANTED}client",
        actor=owner,
    )
    context = world.app.extensions["context"]
    highlevel.contact_save(context, None, {"email": "anna@example.com"})
    world.run("test")
    sync_go_live(sync=world.sync, actor=owner, tested=True)
    world.run()
    Setup.objects.create(
        workspace=world.workspace, left_kind="highlevel", right_kind="zoho_invoice"
    )
    plant_around(workspace, owner)
    settings.METRICS_TOKEN = f"{PLANTED}metrics"
    settings.EMAIL_HOST_PASSWORD = f"{PLANTED}mail"
    return world


def plant_around(workspace: Workspace, owner: User) -> None:
    """Plant secrets in what is told to others: addresses, signatures, keys."""
    for kind in ("slack", "teams", "webhook", "email"):
        channel = channel_add(
            workspace=workspace,
            kind=kind,
            name=kind,
            to="a@example.com" if kind == "email" else HOOK,
            pace="at_once",
            rules=[],
            actor=owner,
        )
        secret = f"whsec_{base64.b64encode(PLANTED.encode() * 2).decode()}"
        held = decrypt(channel.target)
        channel.target = encrypt({**held, "secret": secret} if "url" in held else held)
        channel.save()
    row, _ = api_key_create(
        workspace=workspace, name="P", scopes=list(SCOPES), days=0, actor=owner
    )
    row.key_hash = key_hash(API_KEY)
    row.save()


def secrets_of(world: World) -> set[str]:
    """Return every secret this installation holds, in plain text."""
    found = {PLANTED, base64.b64encode(PLANTED.encode() * 2).decode()[:20]}
    for grant in Grant.objects.all():
        held = decrypt(grant.credentials)
        names = ("token", "client_secret", "access_token", "refresh_token")
        found |= {str(held[name]) for name in names if held.get(name)}
    assert len(found) > 3
    return found


def leaked(text: str, world: World) -> list[str]:
    return [secret[:12] for secret in secrets_of(world) if secret in text]


def body_of(answer: Any) -> str:
    """Return the text of an answer; of a zip file, the text of all its files."""
    if not answer.streaming:
        return str(answer.content.decode())
    body = io.BytesIO(b"".join(answer.streaming_content))
    if not zipfile.is_zipfile(body):
        return body.getvalue().decode()
    with zipfile.ZipFile(body) as archive:
        return "".join(archive.read(each).decode() for each in archive.namelist())


def pages(client: Client, world: World) -> Iterator[tuple[str, str]]:
    """Yield every page, asked for and posted to with secrets in its fields."""
    setup = Setup.objects.latest("pk").pk  # one page throws it away
    ids = {
        "sync": world.sync.pk,
        "run": SyncRun.objects.latest("pk").pk,
        "grant": world.right.grant_id,
    }
    for name, args in PAGES:
        run = SyncRun.objects.filter(plan__in=Plan.objects.all()).first()
        pk = {
            "sync:sync": world.sync.pk,
            "sync:run": ids["run"],
            "sync:aler": AlertChannel.objects.earliest("pk").pk,
            "sync:cont": RemoteRecord.objects.earliest("pk").pk,
        }.get(name[:9])
        pk = world.right.pk if name.startswith("integrations:") else pk
        known = {**ids, "pk": pk or setup}
        if name.startswith("sync:plan") and run:
            known["run"] = run.pk
        url = address(
            name, {k: known.get(k, v) for k, v in args.items()}, world.workspace
        )
        for answer in (client.get(url), client.post(url, FORM_SECRETS)):
            where = f"{name} {answer.status_code}"
            yield where, body_of(answer) + str(answer.headers)


def test_no_page_shows_a_secret(as_owner: Client, flow: World) -> None:
    seen = 0
    for where, text in pages(as_owner, flow):
        seen += " 200" in where
        assert not leaked(text, flow), where

    assert seen > 15


def test_no_log_line_holds_a_secret(
    as_owner: Client, flow: World, lines: io.StringIO
) -> None:
    list(pages(as_owner, flow))
    as_owner.get("/connect/callback/", {"code": f"{PLANTED}code", "state": "x"})
    as_owner.post("/account/login/", {"login": "a@b.c", "password": f"{PLANTED}pass"})
    as_owner.post(f"/hooks/c/{flow.right.webhook_token}/", b"{", "application/json")
    logging.getLogger("canary").error("GET %s", httpx.URL(f"http://x/?code={PLANTED}1"))

    text = lines.getvalue()
    assert "GET http://x/?code=" in text
    assert not leaked(text, flow)
    assert flow.right.webhook_token not in text


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_no_command_prints_a_secret(flow: World, command: tuple[str, ...]) -> None:
    said = io.StringIO()
    try:
        call_command(*command, stdout=said, stderr=said)
    except (CommandError, SystemExit) as error:
        said.write(str(error))

    assert said.getvalue()
    assert not leaked(said.getvalue(), flow)


def test_no_row_holds_a_secret_in_plain_text(as_owner: Client, flow: World) -> None:
    list(pages(as_owner, flow))

    for table in database.introspection.table_names():
        with database.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {database.ops.quote_name(table)}")  # noqa: S608
            rows = str(cursor.fetchall())
        assert not leaked(rows, flow), table


def test_no_message_of_an_alert_holds_a_secret(
    flow: World, lines: io.StringIO, owner: User
) -> None:
    Connection.objects.filter(pk=flow.left.pk).update(
        health="needs_reconnect", health_reason=f"Bearer {PLANTED}"
    )
    got: list[httpx.Request] = []
    statuses = [500, 404, 204] * 4

    def answer(request: httpx.Request) -> httpx.Response:
        got.append(request)
        return httpx.Response(statuses.pop(0), text=PLANTED)

    made = watch_work(AlertWatch.objects.get(workspace=flow.workspace).pk)
    for row in made or ():
        delivery_send(row.pk, transport=httpx.MockTransport(answer))

    assert len(got) == 3
    assert len(mail.outbox) == 1
    said = [f"{request.headers} {request.read().decode()}" for request in got]
    said += [str(each.message()) for each in mail.outbox]
    said += [str(list(Delivery.objects.values())), str(list(Alert.objects.values()))]
    for text in (*said, lines.getvalue()):
        assert not leaked(text, flow)


def test_no_export_and_no_answer_to_a_program_holds_a_secret(
    as_owner: Client, flow: World
) -> None:
    base = f"/w/{flow.workspace.slug}/workspace/"
    key = {"authorization": f"Bearer {API_KEY}"}
    token = {"authorization": f"Bearer {PLANTED}metrics"}
    answers = [
        as_owner.post(f"{base}export/"),
        as_owner.get(f"{base}audit/export/"),
        Client().get("/api/v1/status/", headers=key),
        Client().get("/api/v1/audit/", headers=key),
        Client().get("/metrics", headers=token),
    ]

    for answer in answers:
        assert answer.status_code == 200
        text = body_of(answer)
        assert len(text) > 100
        assert not leaked(text, flow)
        assert flow.right.webhook_token not in text


@pytest.mark.parametrize(
    "text",
    [
        f"POST /oauth/token refresh_token={PLANTED}&x=1",
        f"Authorization: Zoho-oauthtoken {PLANTED}",
        f'{{"access_token": "{PLANTED}"}}',
        f"/hooks/c/{PLANTED}/",
        f"POST https://hooks.slack.com/services/T1/B2/{PLANTED}",
        f"whsec_{PLANTED}",
        f"cwk_{PLANTED}",
        f"/welcome/?key={PLANTED}",
        f"postgres://me:{PLANTED}@host/name",
    ],
)
def test_text_with_a_secret_is_redacted(text: str) -> None:
    assert PLANTED not in redact_text(text)
    assert PLANTED not in str(redact({"detail": [text]}))


def test_a_line_that_cannot_be_formatted_is_still_redacted() -> None:
    arguments: Any = (f"token={PLANTED}", 2)
    record = logging.LogRecord("x", logging.INFO, "", 1, "only %s", arguments, None)

    assert RedactingFilter().filter(record)
    assert PLANTED not in record.getMessage()
