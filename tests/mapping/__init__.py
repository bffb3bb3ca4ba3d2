"""Tests of mapping."""

from __future__ import annotations
