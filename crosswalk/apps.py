"""The crosswalk app."""

from __future__ import annotations

from django.apps import AppConfig


class CrosswalkConfig(AppConfig):
    name = "crosswalk"
