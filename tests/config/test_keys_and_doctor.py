"""crosswalk_rotate_keys and crosswalk_doctor."""

from __future__ import annotations

import json

import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command

from config import doctor
from config.keyrotation import keys_rotate, secret_rotate
from crosswalk.crypto import decrypt, encrypt
from integrations.models import Connection, Grant, OAuthApp
from sync.models import WorkerPulse
from tests.config.rows import sync_make

pytestmark = pytest.mark.django_db


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
    settings.ENCRYPTION_KEYS = [
        Fernet.generate_key().decode(),
        *settings.ENCRYPTION_KEYS,
    ]
    return settings


def test_every_secret_moves_to_the_first_key(older):
    assert keys_rotate() == {"rotated": 4, "already": 0, "unreadable": 0}

    older.ENCRYPTION_KEYS = older.ENCRYPTION_KEYS[:1]
    assert decrypt(Grant.objects.first().credentials)["token"] == "pit-GHL"
    assert decrypt(OAuthApp.objects.get().secret) == {"client_secret": "s"}
    assert keys_rotate() == {"rotated": 0, "already": 4, "unreadable": 0}


def test_a_secret_changed_meanwhile_is_kept(older):
    grant = Grant.objects.first()
    Grant.objects.filter(pk=grant.pk).update(credentials=encrypt({"token": "new"}))

    assert not secret_rotate(Grant, "credentials", grant.pk, grant.credentials)
    assert decrypt(Grant.objects.get(pk=grant.pk).credentials) == {"token": "new"}


def test_an_unreadable_secret_is_told_and_left(older, capsys):
    older.ENCRYPTION_KEYS = older.ENCRYPTION_KEYS[:1]

    with pytest.raises(SystemExit) as ended:
        call_command("crosswalk_rotate_keys", "--json")

    assert ended.value.code == 1
    assert json.loads(capsys.readouterr().out)["unreadable"] == 4


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
