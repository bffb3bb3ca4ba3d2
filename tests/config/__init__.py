"""Tests of config."""

from __future__ import annotations
