"""Watched from outside: metrics, log lines, Sentry."""

from __future__ import annotations

import json
import logging
import re

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from config.metrics import Metric
from config.sentry import scrubbed, sentry_start
from crosswalk.logcontext import AboutFilter, JsonFormatter, LineFormatter, log_about
from tests.sync.rows import live_sync, run_make, unit

SAMPLE = re.compile(
    r'crosswalk_\w+(\{\w+="(\\.|[^"\\])*"(,\w+="(\\.|[^"\\])*")*\})? \S+'
)


def ask(given: str = "tok") -> tuple[int, str]:
    answer = Client().get("/metrics", headers={"authorization": f"Bearer {given}"})
    return answer.status_code, answer.content.decode()


def test_without_a_token_set_there_is_no_page(db, settings):
    settings.METRICS_TOKEN = ""

    assert ask()[0] == 404


def test_a_wrong_token_is_refused(db, settings):
    settings.METRICS_TOKEN = "right"

    assert ask("wrong")[0] == 401


def test_the_metrics_are_in_the_text_format(settings, workspace):
    settings.METRICS_TOKEN = "tok"
    sync = live_sync(workspace, name='Con"tacts\\')
    unit(sync, "in_sync")
    run_make(sync)

    status, text = ask()

    assert status == 200
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert all(SAMPLE.fullmatch(line) for line in lines)
    assert 'list="in_sync"} 1' in text
    assert 'sync="Con\\"tacts\\\\"' in text
    for name in ("sync_lag_seconds", "quota_used", "queue", "connection_healthy"):
        assert f"# TYPE crosswalk_{name} gauge" in text


def test_a_label_cannot_end_its_line():
    metric = Metric("x", "X.")
    metric.add(1, name='a"\n\\')

    assert list(metric.lines())[-1] == 'crosswalk_x{name="a\\"\\n\\\\"} 1'


def record(message: str = "Hello", error: bool = False) -> logging.LogRecord:
    info = None
    if error:
        try:
            raise ValueError("token=abcdefgh12345")
        except ValueError as exc:
            info = (type(exc), exc, exc.__traceback__)
    made = logging.LogRecord("sync", logging.INFO, "f", 1, message, (), info)
    AboutFilter().filter(made)
    return made


def test_a_line_says_which_run_and_request_it_belongs_to():
    with log_about(request="abc"), log_about(run=12):
        inner = record()
    outer = record()

    line = json.loads(JsonFormatter().format(inner))
    assert (line["request"], line["run"], line["level"]) == ("abc", "12", "info")
    assert "run" not in json.loads(JsonFormatter().format(outer))
    assert (
        LineFormatter("{message}", style="{")
        .format(inner)
        .endswith("[request abc run 12]")
    )


def test_a_trace_is_one_line_without_secrets():
    text = JsonFormatter().format(record(error=True))

    assert "\n" not in text
    assert "ValueError" in json.loads(text)["trace"]
    assert "abcdefgh12345" not in text


@pytest.mark.parametrize(
    ("given", "is_kept"),
    [("proxy-id-12345", True), ("a b\n", False), ("x" * 999, False)],
)
def test_an_answer_carries_the_id_of_its_request(db, client, given, is_kept):
    answer = client.get("/healthz", headers={"x-request-id": given})

    assert (answer["X-Request-ID"] == given) is is_kept


def test_the_line_of_an_answer_that_failed_names_its_request(db, client, caplog):
    caplog.handler.addFilter(AboutFilter())

    client.get("/nothing-here/", headers={"x-request-id": "proxy-12345678"})

    (line,) = [each for each in caplog.records if each.name == "django.request"]
    assert line.about == {"request": "proxy-12345678"}
    assert record().about == {}  # and nothing after it does


class Sdk:
    """Takes what would be handed to Sentry."""

    def init(self, **options):
        self.options = options


def test_sentry_gets_errors_without_people_and_secrets():
    sdk = Sdk()
    sentry_start("https://k@sentry.example/1", "1.0", sdk)
    event = {
        "request": {"headers": {"Cookie": "x"}},
        "user": {"email": "a@example.com"},
        "message": "Bearer abcdefgh12345678",
        "exception": {"values": [{"stacktrace": {"frames": [{"vars": {"a": "b"}}]}}]},
    }

    sent = sdk.options["before_send"](event, None)

    assert sdk.options["send_default_pii"] is False
    assert set(sent) == {"message", "exception"}
    assert "abcdefgh" not in str(sent)
    assert "vars" not in str(sent)
    assert scrubbed({}) == {}


def test_sentry_without_its_sdk_stops_the_start_with_a_sentence():
    with pytest.raises(ImproperlyConfigured, match="pip install sentry-sdk"):
        sentry_start("https://k@sentry.example/1", "1.0")
