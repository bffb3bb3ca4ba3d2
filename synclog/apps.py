"""The synclog app."""

from __future__ import annotations

from django.apps import AppConfig


class SynclogConfig(AppConfig):
    name = "synclog"
