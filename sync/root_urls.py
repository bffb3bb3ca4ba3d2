"""Where vendors send what has changed. No path names a vendor."""

from __future__ import annotations

from django.urls import path

from sync import webhooks

urlpatterns = [
    path(
        "hooks/c/<str:token>/", webhooks.receive_for_connection, name="hook_connection"
    ),
    path("hooks/<slug:slug>/", webhooks.receive_for_app, name="hook_app"),
]
