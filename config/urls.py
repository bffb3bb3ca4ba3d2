"""The map of the site.

An app's `urls.py` holds the pages of a workspace, under /w/<workspace>/; its
`root_urls.py` what has no workspace in its address (callbacks, webhooks).
"""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from config import api, mappingviews, metrics, views

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
    path("api/v1/status/", api.workspace_status, name="api_status"),
    path("styleguide/", views.styleguide, name="styleguide"),
    path("account/", include("allauth.urls")),
]
for app in ("workspaces", "integrations", "sync"):
    urlpatterns.append(path("", include(f"{app}.root_urls")))
urlpatterns.append(path("w/<slug:workspace>/find/", views.find, name="find"))
MAPPING = "w/<slug:workspace>/syncs/<int:sync>/mapping/<slug:object_type>/"
urlpatterns += [
    path(f"{MAPPING}file/", mappingviews.mapping_file, name="mapping_file"),
    path(f"{MAPPING}file/download/", mappingviews.download, name="mapping_download"),
]
for app in ("workspaces", "integrations", "mapping", "sync"):
    urlpatterns.append(path("w/<slug:workspace>/", include(f"{app}.urls")))
