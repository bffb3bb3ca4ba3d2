"""Faults on order: 429s, cut answers, lost connections, answers lost after a commit.

A fault is one entry of the switch `fail_next`::

    {"system": "zoho" | "highlevel", "match": "POST /contacts$", "where": "Ada",
     "fault": one of FAULTS, "times": 2, "skip": 1, "seconds": 3, "body": {}, "headers": {}}

`match` is a method (or `*`) and a regular expression for the path; `where` is one for
the query and the body as sent. `skip` calls that fit go through first, then `times`
calls are struck (0: until the fault is cleared). Both stand-ins call
`before_request_fault` before and `after_commit_fault` after their own work; the latency
of every answer is slept here too, with no lock held.
"""

from __future__ import annotations

import re
import time
from dataclasses import asdict
from typing import Any

from flask import Request, Response, current_app, g

from sandbox import fault_answers as answers
from sandbox.context import current_context
from sandbox.switches import AFTER_COMMIT, FAULTS, Switches
from sandbox.traffic import Traffic

__all__ = [
    "FAULTS",
    "after_commit_fault",
    "before_request_fault",
    "fault_arm",
    "fault_clear",
]

DEFAULT_SECONDS = {"slow": 2.0, "timeout": 60.0, "commit_then_timeout": 60.0}
SYSTEMS = ("zoho", "highlevel")
KEYS: dict[str, type | tuple[type, ...]] = {
    "system": str,
    "match": str,
    "where": str,
    "fault": str,
    "times": int,
    "skip": int,
    "seconds": (int, float),
    "body": dict,
    "headers": dict,
}


def fault_arm(switches: Switches, faults: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The queue with these faults at its end; raises ValueError for a wrong one."""
    for fault in faults:
        _check(fault)
    return [*switches.fail_next, *faults]


def fault_clear() -> None:
    Switches.save(current_context().store, fail_next=[])


def before_request_fault(
    system: str, request: Request, switches: Switches
) -> Response | None:
    """The answer of a fault that strikes before any work, or None to go on."""
    g.fault = fault = _take(system, request) if switches.fail_next else {}
    kind = fault.get("fault", "")
    if not kind or kind in AFTER_COMMIT:
        return None
    if kind == "slow":
        time.sleep(_seconds(fault))
        return None
    if kind.startswith("html"):
        return answers.html_answer(int(kind.removeprefix("html")))
    if kind == "reset":
        return answers.lost_line()
    if kind == "timeout":
        return answers.no_answer(request, _seconds(fault))
    return answers.json_answer(system, kind, fault)


def after_commit_fault(
    system: str, request: Request, response: Response, switches: Switches
) -> Response:
    """The answer as the caller gets it, after the work has been done and kept."""
    fault: dict[str, Any] = g.pop("fault", {})
    response = _afterwards(system, request, response, fault)
    lost = str(fault.get("fault", "")).endswith(("reset", "timeout"))
    traffic: Traffic = current_app.extensions["traffic"]
    seen = "lost" if lost else str(response.status_code)
    traffic.note(system, request.method, seen)
    # After the work, so that a call is in flight for the quota while it travels.
    if switches.latency_ms:
        time.sleep(switches.latency_ms / 1000)
    return response


def _afterwards(
    system: str, request: Request, response: Response, fault: dict[str, Any]
) -> Response:
    kind = fault.get("fault", "")
    if kind not in AFTER_COMMIT:
        return response
    if kind == "truncated":
        return answers.cut_answer(response)
    if kind == "commit_then_reset":
        return answers.lost_line()
    if kind == "commit_then_timeout":
        return answers.no_answer(request, _seconds(fault))
    return answers.json_answer(system, kind.removeprefix("commit_then_"), fault)


def _take(system: str, request: Request) -> dict[str, Any]:
    """The first fault in the queue that fits this request, used up by one."""
    store = current_context().store
    with store.lock:
        queue = asdict(Switches.load(store))["fail_next"]
        for fault in queue:
            if not _fits(fault, system, request):
                continue
            if int(fault.get("skip", 0)) > 0:
                fault["skip"] -= 1
                Switches.save(store, fail_next=queue)
                return {}
            times = int(fault.get("times", 1))
            if times == 1:
                queue.remove(fault)
            elif times:
                fault["times"] = times - 1
            Switches.save(store, fail_next=queue)
            return dict(fault)
    return {}


def _fits(fault: dict[str, Any], system: str, request: Request) -> bool:
    if fault.get("system", system) != system:
        return False
    method, _, path = str(fault.get("match", "")).partition(" ")
    if method not in ("", "*", request.method) or not re.search(path, request.path):
        return False
    where = fault.get("where", "")
    return not where or re.search(where, _sent(request)) is not None


def _sent(request: Request) -> str:
    query = request.query_string.decode("utf-8", "replace")
    return f"{query}\n{request.get_data(as_text=True)}"


def _seconds(fault: dict[str, Any]) -> float:
    seconds = fault.get("seconds")
    return DEFAULT_SECONDS[fault["fault"]] if seconds is None else float(seconds)


def _check(fault: object) -> None:
    if not isinstance(fault, dict):
        raise ValueError("A fault is an object.")
    for name, value in fault.items():
        if name not in KEYS or not isinstance(value, KEYS[name]):
            raise ValueError(f"A fault has no such {name}: {value!r}.")
    if fault.get("system", "zoho") not in SYSTEMS:
        raise ValueError(f"system must be one of {SYSTEMS}.")
    for text in (str(fault.get("match", "")).partition(" ")[2], fault.get("where", "")):
        try:
            re.compile(text)
        except re.error as error:
            raise ValueError(f"{text} is no regular expression: {error}.") from None
