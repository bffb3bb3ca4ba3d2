"""The one address that every vendor sends people back to; it names no vendor."""

from __future__ import annotations

from django.urls import path

from integrations.views import callback

urlpatterns = [
    path("connect/callback/", callback.connect_callback, name="connect_callback")
]
