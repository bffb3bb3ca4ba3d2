"""Addresses without a workspace: the one way back from every vendor, which names none
of them, and the page of a reconnect link."""

from __future__ import annotations

from django.urls import path

from integrations.views import callback, reconnect

urlpatterns = [
    path("connect/callback/", callback.connect_callback, name="connect_callback"),
    path("reconnect/done/", reconnect.reconnect_done, name="reconnect_done"),
    path("reconnect/<str:token>/", reconnect.reconnect_link, name="reconnect_link"),
    path(
        "reconnect/<str:token>/start/",
        reconnect.reconnect_start,
        name="reconnect_start",
    ),
]
