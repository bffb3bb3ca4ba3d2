"""Addresses of home, syncs, runs and what needs attention, under /w/<workspace>/."""

from __future__ import annotations

from django.urls import path

from sync.views import (
    alerts,
    attention,
    causes,
    contacts,
    data,
    deletes,
    entries,
    filters,
    forecast,
    golive,
    holds,
    home,
    inbox,
    log,
    matches,
    objects,
    planmatch,
    plans,
    runlist,
    runs,
    setup,
    several,
    syncs,
    undone,
    why,
)

app_name = "sync"
urlpatterns = [
    path("", home.home, name="home"),
    # syncs
    path("syncs/", syncs.sync_list, name="sync_list"),
    path("syncs/<int:pk>/", syncs.sync_detail, name="sync_detail"),
    path("syncs/<int:pk>/people/", syncs.sync_people, name="sync_people"),
    path("syncs/<int:pk>/why/", why.why, name="why"),
    path("syncs/<int:pk>/why/look/", why.look, name="why_look"),
    path("syncs/<int:pk>/objects/", objects.sync_objects, name="sync_objects"),
    path(
        "syncs/<int:sync>/mapping/<slug:object_type>/publish/look/",
        forecast.mapping_forecast,
        name="mapping_forecast",
    ),
    path("syncs/<int:pk>/filters/", filters.sync_filters, name="sync_filters"),
    path("syncs/<int:pk>/filters/count/", filters.filters_count, name="filters_count"),
    path("syncs/<int:pk>/run/", syncs.sync_run, name="sync_run"),
    path("syncs/<int:pk>/compare/", syncs.sync_compare, name="sync_compare"),
    path("syncs/<int:pk>/test/", syncs.sync_test, name="sync_test"),
    path("syncs/<int:pk>/pause/", syncs.pause, name="sync_pause"),
    path("syncs/<int:pk>/resume/", syncs.resume, name="sync_resume"),
    path("syncs/<int:pk>/backup/", golive.backup, name="sync_backup"),
    path("syncs/<int:pk>/go-on/", golive.go_on, name="canary_go_on"),
    path("syncs/<int:pk>/retry/", causes.retry, name="cause_retry"),
    path("syncs/<int:pk>/cause/preview/", causes.preview, name="cause_preview"),
    path("syncs/<int:pk>/cause/aside/", causes.aside, name="cause_aside"),
    path("syncs/<int:pk>/cause/back/", causes.back, name="cause_back"),
    path("syncs/<int:pk>/cause/assign/", causes.assign, name="cause_assign"),
    # people across systems
    path("contacts/", contacts.contact_list, name="contact_list"),
    path("contacts/<int:pk>/", contacts.contact, name="contact"),
    path("contacts/<int:pk>/forget/", contacts.contact_forget, name="contact_forget"),
    path("contacts/<int:pk>/look/", contacts.contact_refresh, name="contact_refresh"),
    # runs
    path("runs/", runlist.run_list, name="run_list"),
    path("runs/<int:pk>/", runs.run_detail, name="run_detail"),
    path("runs/<int:pk>/progress/", runs.run_progress, name="run_progress"),
    path("runs/<int:pk>/stop/", runs.cancel, name="run_cancel"),
    path("runs/<int:pk>/pause/", runs.pause, name="run_pause"),
    path("runs/<int:pk>/resume/", runs.resume, name="run_resume"),
    path("runs/<int:pk>/undo/", runs.undo, name="run_undo"),
    path("runs/<int:run>/people/<int:pk>/", entries.entry_detail, name="entry_detail"),
    path("runs/<int:run>/people/<int:pk>/undo/", undone.entry_undo, name="entry_undo"),
    path("runs/log/", log.log, name="log"),
    path("runs/log/keep/", log.log_keep, name="log_keep"),
    path("runs/log/log.<kind>", log.log_export, name="log_export"),
    path("people/<int:pk>/retry/", entries.retry, name="unit_retry"),
    path("people/<int:pk>/together/", undone.release, name="fields_release"),
    path("people/<int:pk>/again/", undone.again, name="create_again"),
    path("people/<int:pk>/pause/", holds.pause, name="record_pause"),
    path("people/<int:pk>/release/", holds.release, name="record_release"),
    path("people/<int:pk>/loop/", holds.loop, name="loop_release"),
    # tests and their plans
    path("runs/<int:run>/plan/", plans.plan, name="plan"),
    path("runs/<int:run>/plan/approve/", plans.plan_accept, name="plan_approve"),
    path("runs/<int:run>/plan/again/", plans.plan_again, name="plan_again"),
    path(
        "runs/<int:run>/plan/match/<int:pk>/", planmatch.plan_match, name="plan_match"
    ),
    # the set-up wizard
    path("setup/", setup.setup_new, name="setup_new"),
    path("setup/<int:pk>/", setup.setup, name="setup"),
    path("setup/<int:pk>/sentence/", setup.setup_sentence, name="setup_sentence"),
    path("setup/<int:pk>/discard/", setup.setup_discard, name="setup_discard"),
    path("setup/<int:pk>/<slug:step>/", setup.setup_step, name="setup_step"),
    # what arrived by itself
    path("connections/notices/", inbox.inbox, name="inbox"),
    path("connections/notices/again/", inbox.inbox_replay_all, name="inbox_replay_all"),
    path("connections/notices/<int:pk>/", inbox.inbox_event, name="inbox_event"),
    path(
        "connections/notices/<int:pk>/again/", inbox.inbox_replay, name="inbox_replay"
    ),
    # what waits for a person
    path("people/<int:pk>/choose/", attention.choose, name="conflict_choose"),
    path("people/<int:pk>/same/", attention.same, name="match_accept"),
    path("people/<int:pk>/apart/", attention.apart, name="match_refuse"),
    path("people/<int:pk>/remove/", deletes.decide, name="delete_decide"),
    path("syncs/<int:pk>/removals/", deletes.decide_all, name="deletes_decide"),
    path("attention/", attention.attention, name="attention"),
    path("attention/several/", several.several, name="several_decide"),
    path("attention/decided/", matches.decided, name="match_decided"),
    path("links/<int:pk>/unlink/", matches.unlink, name="match_unlink"),
    path("apart/<int:pk>/take-back/", matches.take_back, name="match_take_back"),
    path("workspace/data/", data.data, name="data"),
    # who is told of trouble
    path("workspace/alerts/", alerts.alerts, name="alerts"),
    path("workspace/alerts/rules/", alerts.rules_save, name="alert_rules"),
    path("workspace/alerts/add/", alerts.channel_add, name="alert_channel_add"),
    path("workspace/alerts/<int:pk>/", alerts.alert_channel, name="alert_channel"),
    path("workspace/alerts/<int:pk>/test/", alerts.channel_test, name="alert_test"),
    path("workspace/alerts/<int:pk>/secret/", alerts.channel_renew, name="alert_renew"),
    path(
        "workspace/alerts/<int:pk>/remove/", alerts.channel_remove, name="alert_remove"
    ),
    path("syncs/<int:pk>/duplicates/", matches.duplicates, name="duplicates"),
]
