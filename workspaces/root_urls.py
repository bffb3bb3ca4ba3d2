"""Addresses without a workspace: the first visit and the way home."""

from __future__ import annotations

from django.urls import path

from workspaces import views

urlpatterns = [
    path("", views.start, name="start"),
    path("welcome/", views.welcome, name="welcome"),
]
