"""Joins two migrations that were made at the same time; changes nothing."""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0004_cred_account_token_maker"),
        ("integrations", "0004_quota_claims_and_slots"),
    ]

    operations = []
