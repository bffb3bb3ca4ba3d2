"""Addresses without a workspace: the first visit and the way home."""

from __future__ import annotations

from django.urls import path

from workspaces import pages, views

urlpatterns = [
    path("", views.start, name="start"),
    path("api/v1/audit/", pages.audit_api, name="api_audit"),
    path("welcome/", views.welcome, name="welcome"),
]
