"""Addresses of mappings, under /w/<workspace>/."""

from __future__ import annotations

from django.urls import path

from mapping import api, editorviews, views

app_name = "mapping"
PLACE = "syncs/<int:sync>/mapping/<slug:object_type>/"
urlpatterns = [
    path(PLACE, editorviews.mapping_edit, name="mapping_edit"),
    path(f"{PLACE}form/", views.mapping_form, name="mapping_form"),
    path(f"{PLACE}publish/", editorviews.mapping_publish, name="mapping_publish"),
    path(f"{PLACE}history/", editorviews.mapping_history, name="mapping_history"),
    path(
        f"{PLACE}history/<int:number>/restore/",
        editorviews.mapping_restore,
        name="mapping_restore",
    ),
    path(f"{PLACE}preview/", api.preview, name="mapping_preview"),
    path(f"{PLACE}report/", api.report, name="mapping_report"),
    path(f"{PLACE}draft/", api.draft, name="mapping_draft"),
    path(f"{PLACE}sample/", api.sample, name="mapping_sample"),
    path(f"{PLACE}dismiss/", api.dismiss, name="mapping_dismiss"),
]
