"""Addresses of mappings, under /w/<workspace>/."""

from __future__ import annotations

from django.urls import path

from mapping import views

app_name = "mapping"
urlpatterns = [
    path(
        "syncs/<int:sync>/mapping/<slug:object_type>/",
        views.mapping_edit,
        name="mapping_edit",
    ),
]
