"""crosswalk_rotate_keys and crosswalk_doctor."""

from __future__ import annotations

import json
import re

import pytest
from cryptography.fernet import Fernet
from django.apps import apps
from django.core.management import call_command
from django.db import models

from config import doctor
from config.keyrotation import keys_rotate, secret_rotate
from crosswalk.crypto import decrypt, encrypt
from crosswalk.secretfield import secret_columns
from integrations.models import AccountToken, Connection, Grant, OAuthApp
from sync.models import WorkerPulse
from tests.config.rows import sync_make

pytestmark = pytest.mark.django_db
OUR_APPS = {"integrations", "mapping", "sync", "synclog", "workspaces", "automations"}


@pytest.fixture
def older(settings):
    """Secrets written under the old key, then a new key put first."""
    sync = sync_make()
    OAuthApp.objects.create(
        workspace=sync.workspace,
        kind="highlevel",
        client_id="a",
        secret=encrypt({"client_secret": "s"}),
    )
    Connection.objects.filter(pk=sync.left_id).update(
        webhook_secret=encrypt({"s": "w"})
    )
    AccountToken.objects.create(
        grant=sync.left.grant, account_id="a", token=encrypt({"access_token": "t"})
    )
    settings.ENCRYPTION_KEYS = [
        Fernet.generate_key().decode(),
        *settings.ENCRYPTION_KEYS,
    ]
    return settings


def counts(done):
    return tuple(done.counts[name] for name in ("rotated", "already", "unreadable"))


def test_every_secret_moves_to_the_first_key(older):
    assert counts(keys_rotate()) == (5, 0, 0)

    older.ENCRYPTION_KEYS = older.ENCRYPTION_KEYS[:1]
    assert decrypt(Grant.objects.first().credentials)["token"] == "pit-GHL"
    assert decrypt(OAuthApp.objects.get().secret) == {"client_secret": "s"}
    assert counts(keys_rotate()) == (0, 5, 0)


def test_the_command_says_what_it_did_by_column(older, capsys):
    call_command("crosswalk_rotate_keys", "--json")
    said = json.loads(capsys.readouterr().out)

    assert said["schema"] == 1
    assert said["outdated"] == 0
    assert {name: each["rotated"] for name, each in said["columns"].items()} == {
        "accounttoken.token": 1,
        "alertchannel.target": 0,
        "connection.webhook_secret": 1,
        "grant.credentials": 2,
        "oauthapp.secret": 1,
    }
    call_command("crosswalk_rotate_keys")
    assert "5 were already under the first key" in capsys.readouterr().out


def test_no_secret_is_kept_in_a_column_that_rotation_does_not_see():
    """Whatever a column's name sounds like, and whatever is encrypted, is a secret."""
    known = {(model, name) for model, name in secret_columns()}
    sounds = re.compile(r"secret|credential|token$|password")
    ours = [m for m in apps.get_models() if m.__module__.split(".")[0] in OUR_APPS]

    suspicious = {
        (model, field.name)
        for model in ours
        for field in model._meta.concrete_fields
        if isinstance(field, models.TextField) and sounds.search(field.name)
    }

    assert len(known) >= 4
    assert suspicious <= known


def test_a_secret_changed_meanwhile_is_kept(older):
    grant = Grant.objects.first()
    Grant.objects.filter(pk=grant.pk).update(credentials=encrypt({"token": "new"}))

    column = Grant, "credentials"
    assert not secret_rotate(column, grant.pk, grant.credentials)
    assert decrypt(Grant.objects.get(pk=grant.pk).credentials) == {"token": "new"}


def test_an_unreadable_secret_is_told_and_left(older, capsys):
    older.ENCRYPTION_KEYS = older.ENCRYPTION_KEYS[:1]

    with pytest.raises(SystemExit) as ended:
        call_command("crosswalk_rotate_keys", "--json")

    assert ended.value.code == 1
    assert json.loads(capsys.readouterr().out)["unreadable"] == 5


def findings(capsys):
    code = 0
    try:
        call_command("crosswalk_doctor", "--json")
    except SystemExit as ended:
        code = ended.code
    answer = json.loads(capsys.readouterr().out)
    wrong = {each["check"]: each for each in answer["findings"] if not each["ok"]}
    return code, answer["ok"], wrong


def test_all_is_well_with_a_living_worker(capsys):
    sync_make()
    WorkerPulse.beat()

    assert findings(capsys)[:2] == (0, True)


def test_it_says_what_is_wrong_and_what_to_do(capsys, settings):
    sync = sync_make()
    settings.BASE_URL = "http://crosswalk.example.com"
    sync.left.health, sync.left.health_reason = "needs_reconnect", "Token withdrawn."
    sync.left.save()

    code, is_well, wrong = findings(capsys)

    assert (code, is_well) == (1, False)
    assert set(wrong) == {"settings", "worker", "connection GHL"}
    assert "Token withdrawn." in wrong["connection GHL"]["message"]
    assert all(each["advice"] for each in wrong.values())


def test_lost_and_old_keys_are_told_apart(older):
    assert next(doctor.check_keys()).advice.startswith("Run crosswalk_rotate_keys")

    older.ENCRYPTION_KEYS = older.ENCRYPTION_KEYS[:1]
    assert not next(doctor.check_keys()).ok


def test_a_full_disk_is_told():
    assert not next(doctor.check_disk(low=10**20)).ok


def test_the_plain_text_names_each_check(capsys):
    with pytest.raises(SystemExit):
        call_command("crosswalk_doctor")

    assert "WRONG  worker: No worker was ever heard of." in capsys.readouterr().out
