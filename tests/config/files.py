"""A configuration file as tests change it."""

from __future__ import annotations

CONFIG = """
version: 1
workspace: {name: Acme, timezone: Europe/London}
connections:
  - name: GHL
    kind: highlevel
    account: loc1
    auth: {type: token, token: {env: GHL_TOKEN}}
  - name: Zoho
    kind: zoho_invoice
    account: 700000001
    auth: {type: oauth, client_id: {env: ZC}, client_secret: {env: ZS}, refresh_token: {env: ZR}, data_center: us}
syncs:
  - name: Contacts
    left: GHL
    right: Zoho
    state: live
    schedule: {every_minutes: 5}
    match: [email, phone, name]
    first_merge: non_empty
    conflict: newest
    delete: ignore
    history: {since: 2026-01-01}
    objects:
      contact:
        direction: both
        fields:
        - {left: phone, right: phone, direction: both, write: always, conflict: newest, to_right: [{name: phone, format: e164}]}
        - {left: email, right: email, to_left: [{name: email}]}
"""
ENVIRON = {
    "GHL_TOKEN": "pit-00000000-1111",
    "ZC": "1000.CLIENT",
    "ZS": "zoho-secret",
    "ZR": "1000.refresh.token1",
}


def config(*changes: tuple[str, str]) -> bytes:
    """Return the file with each text replaced once."""
    text = CONFIG
    for before, after in changes:
        assert before in text
        text = text.replace(before, after, 1)
    return text.encode()
