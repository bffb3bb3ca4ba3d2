"""Addresses of connections, under /w/<workspace>/."""

from __future__ import annotations

from django.urls import path

from integrations.views import (
    accountforms,
    catalogue,
    connect,
    connections,
    listening,
    trying,
    watching,
)

app_name = "integrations"
urlpatterns = [
    path("connections/", connections.connection_list_page, name="connection_list"),
    path("connections/new/", connect.connection_new, name="connection_new"),
    path(
        "connections/new/<slug:kind>/",
        connect.connection_options,
        name="connection_options",
    ),
    path("connections/connect/<slug:kind>/", connect.connect_start, name="connect"),
    path("connections/token/<slug:kind>/", connect.token_add, name="token_add"),
    path("connections/code/<slug:kind>/", connect.code_add, name="code_add"),
    path("connections/app/<slug:kind>/", connect.app_save, name="app_save"),
    path("connections/arrived/<slug:kind>/", connect.code_arrived, name="code_arrived"),
    path("connections/choose/<int:grant>/", connect.account_choose, name="choose"),
    path("connections/<int:pk>/", connections.connection_page, name="connection"),
    path("connections/<int:pk>/listening/", listening.listening, name="listening"),
    path("connections/<int:pk>/check/", connections.check, name="check"),
    path("connections/<int:pk>/rename/", connections.rename, name="rename"),
    path("connections/<int:pk>/disconnect/", connections.disconnect, name="disconnect"),
    path("connections/<int:pk>/fields/", accountforms.fields_read, name="fields_read"),
    path("connections/<int:pk>/reserve/", accountforms.reserve, name="reserve"),
    path("connections/<int:pk>/options/", accountforms.options, name="options"),
    path(
        "connections/<int:pk>/reconnect-link/",
        accountforms.reconnect_link,
        name="reconnect_link",
    ),
    path(
        "connections/<int:pk>/reconnect-link/withdraw/",
        accountforms.reconnect_link_withdraw,
        name="reconnect_link_withdraw",
    ),
    path(
        "connections/<int:pk>/webhook-secret/",
        connections.webhook_secret,
        name="webhook_secret",
    ),
    path("catalogue/", catalogue.catalogue_page, name="catalogue"),
    path("catalogue/log/", catalogue.calls_page, name="calls"),
    path("catalogue/log/<int:pk>/", catalogue.call_page, name="call"),
    path("catalogue/<str:key>/", trying.operation_page, name="operation"),
    path("catalogue/<str:key>/watch/", watching.watch, name="watch"),
]
