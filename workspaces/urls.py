"""Addresses of the workspace page, under /w/<workspace>/."""

from __future__ import annotations

from django.urls import path

from workspaces import pages, views

app_name = "workspaces"
urlpatterns = [
    path("workspace/", views.workspace_page, name="workspace_page"),
    path("workspace/edit/", views.workspace_edit, name="workspace_edit"),
    path("workspace/keys/", pages.key_list, name="key_list"),
    path("workspace/keys/add/", pages.key_add, name="key_add"),
    path("workspace/keys/<int:pk>/revoke/", pages.key_revoke, name="key_revoke"),
    path("workspace/audit/", pages.audit_page, name="audit_page"),
    path("workspace/audit/export/", pages.audit_export, name="audit_export"),
    path("workspace/export/", pages.export, name="export"),
    path("workspace/members/add/", views.member_add, name="member_add"),
    path(
        "workspace/members/<int:pk>/invite/", views.member_invite, name="member_invite"
    ),
    path("workspace/members/<int:pk>/role/", views.member_role, name="member_role"),
    path(
        "workspace/members/<int:pk>/remove/", views.member_remove, name="member_remove"
    ),
]
