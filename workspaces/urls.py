"""Addresses of the workspace page, under /w/<workspace>/."""

from __future__ import annotations

from django.urls import path

from workspaces import views

app_name = "workspaces"
urlpatterns = [
    path("workspace/", views.workspace_page, name="workspace_page"),
    path("workspace/edit/", views.workspace_edit, name="workspace_edit"),
    path("workspace/members/add/", views.member_add, name="member_add"),
    path("workspace/members/<int:pk>/role/", views.member_role, name="member_role"),
    path(
        "workspace/members/<int:pk>/remove/", views.member_remove, name="member_remove"
    ),
]
