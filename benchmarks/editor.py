"""What the mapping editor costs: `python -m benchmarks.editor`.

The preview's answer for 300 × 300 fields and 60 wires; the page's weight as it is sent;
and, in Chromium, script and layout a frame while a pointer moves over the fields and
while a wire is dragged, out of a trace.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

ROOT = Path(__file__).resolve().parent.parent
os.environ.setdefault("CROSSWALK_DATA_DIR", tempfile.mkdtemp(prefix="crosswalk-bench-"))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright keeps a loop in this thread
sys.path.insert(0, str(ROOT))

import django  # noqa: E402

django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.contrib.staticfiles import finders  # noqa: E402
from django.contrib.staticfiles.handlers import StaticFilesHandler  # noqa: E402
from django.core.handlers.wsgi import WSGIHandler  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.test import Client  # noqa: E402
from playwright.sync_api import sync_playwright  # noqa: E402

from crosswalk.clock import now  # noqa: E402
from integrations.models import CustomFields  # noqa: E402
from mapping.drafts import draft_save  # noqa: E402
from mapping.models import Mapping  # noqa: E402
from sandbox.highlevel import service as highlevel  # noqa: E402
from tests.e2e.conftest import CHROMIUM, FLAGS  # noqa: E402
from tests.sync.world import world_make  # noqa: E402
from workspaces.services import workspace_create  # noqa: E402

FIELDS, WIRES = 300, 60
PREVIEWS = 40
# what a frame's work is called in a trace
SCRIPT = frozenset(
    {"FunctionCall", "EvaluateScript", "FireAnimationFrame", "EventDispatch"}
)
LAYOUT = frozenset({"Layout", "UpdateLayoutTree", "PrePaint", "HitTest"})
ASSET = re.compile(r'(?:src|href)="(/static/[^"?#]+\.(?:css|js))')
IMPORT = re.compile(r'(?:from|import)\s+"(\./[^"]+)"')


def main() -> None:
    call_command("migrate", verbosity=0)
    owner = User.objects.create_user("bench", "bench@example.com", "bench")
    mapping = large_mapping(owner)
    client = Client()
    client.force_login(owner)
    for name, figure in (*answers(client, mapping), *weight(client, mapping)):
        print(f"{name:44}  {figure}")
    with served() as base, sync_playwright() as playwright:
        found = next(filter(None, map(shutil.which, CHROMIUM)), None)
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        for name, figure in frames(browser, base + place(mapping), client):
            print(f"{name:44}  {figure}")
        browser.close()


def place(mapping: Mapping) -> str:
    return f"/w/bench/syncs/{mapping.sync_id}/mapping/contact/"


def large_mapping(owner: User) -> Mapping:
    """Return a mapping of FIELDS × FIELDS fields, WIRES of them connected crosswise."""
    workspace = workspace_create(name="Bench", owner=owner)
    world = world_make(workspace, settings, seed=False)
    context = world.app.extensions["context"]
    for number in range(20):
        person = {"firstName": f"Ada{number}", "email": f"ada{number}@example.com"}
        highlevel.contact_save(context, None, person)
    world.run()
    for side, prefix in (
        (world.left, "customFields."),
        (world.right, "custom_fields.cf_"),
    ):
        rows = [
            {"key": f"{prefix}f{n}", "label": f"Own field {n}", "is_custom": True}
            for n in range(FIELDS - 40)
        ]
        CustomFields.objects.update_or_create(
            connection=side,
            object_type="contact",
            defaults={"fields": rows, "read_at": now()},
        )
    mapping = Mapping.objects.get(sync=world.sync)
    chain = [{"name": "trim"}, {"name": "case", "to": "upper"}]
    lines = [
        {
            "left": f"customFields.f{n}",
            "right": f"custom_fields.cf_f{(n * 37) % WIRES}",
            "direction": "both",
            "to_right": chain,
            "to_left": [{"name": "trim"}],
        }
        for n in range(WIRES)
    ]
    return draft_save(
        mapping=mapping,
        direction="both",
        lines=lines,
        revision=mapping.revision,
        actor=owner,
    )


def answers(client: Client, mapping: Mapping) -> list[tuple[str, str]]:
    """Return how long the preview takes, as the page asks for it."""
    page = client.get(place(mapping)).content.decode()
    data = editor_data(page)
    counts = [len(data["sides"][side]["fields"]) for side in ("left", "right")]
    body = json.dumps(
        {
            "direction": "both",
            "lines": data["lines"],
            "sample": data["sample"]["id"],
        }
    )
    spent, worked = [], []
    for _ in range(PREVIEWS):
        began, begun = time.perf_counter(), time.process_time()
        answer = client.post(place(mapping) + "preview/", body, "application/json")
        spent.append(1000 * (time.perf_counter() - began))
        worked.append(1000 * (time.process_time() - begun))
        assert len(answer.json()["wires"]) == len(data["lines"]) == WIRES
    spent.sort()
    what = f"{counts[0]} × {counts[1]} fields, {WIRES} wires"
    slow = spent[int(0.95 * len(spent))]
    median = statistics.median(spent)
    return [
        (f"preview of {what}", f"{median:.0f} ms median, {slow:.0f} ms p95 (< 100)")
    ]


def editor_data(page: str) -> dict[str, Any]:
    begun = page.split('id="editor-data" type="application/json">')[1]
    found: dict[str, Any] = json.loads(begun.split("</script>")[0])
    return found


def weight(client: Client, mapping: Mapping) -> list[tuple[str, str]]:
    """Return what the page weighs compressed: HTML, styles, scripts and icons."""
    page = client.get(place(mapping)).content
    files = {ROOT / found.lstrip("/") for found in ASSET.findall(page.decode())}
    files |= {ROOT / "static/icons/sprite.svg"}
    for file in [*files]:
        files |= set(imported(file))
    sizes = {file: packed(read(file)) for file in files}
    html = packed(page)
    usual = packed(small_page(client, mapping))
    assets = sum(sizes.values())
    return [
        ("page weight, styles + scripts + icons", f"{assets / 1000:.1f} kB compressed"),
        (
            "page weight, with an account of usual size",
            f"{(assets + usual) / 1000:.1f} kB (≤ 150)",
        ),
        (
            f"page weight, {FIELDS} × {FIELDS} fields",
            f"{(assets + html) / 1000:.1f} kB (≤ 150)",
        ),
    ]


def small_page(client: Client, mapping: Mapping) -> bytes:
    """Return the page without the hundreds of own fields."""
    kept = list(CustomFields.objects.values("pk", "fields"))
    CustomFields.objects.update(fields=[])
    page = client.get(place(mapping)).content
    for row in kept:
        CustomFields.objects.filter(pk=row["pk"]).update(fields=row["fields"])
    return page


def imported(file: Path) -> Iterator[Path]:
    """Yield the modules that a module loads, and theirs."""
    if file.suffix != ".js" or not file.exists():
        return
    for name in IMPORT.findall(file.read_text()):
        found = (file.parent / name).resolve()
        yield found
        yield from imported(found)


def read(file: Path) -> bytes:
    """Return a static file, also one that a package brings."""
    if file.exists():
        return file.read_bytes()
    found = finders.find(str(file.relative_to(ROOT / "static")))
    return Path(str(found)).read_bytes()


def packed(data: bytes) -> int:
    return len(gzip.compress(data, 6))


# --- in a browser ---------------------------------------------------------------------


@contextmanager
def served() -> Iterator[str]:
    """Serve the site from this process, so that it sees this database."""

    class Quiet(WSGIRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            """Nothing is said of a request."""

    server = make_server(
        "127.0.0.1", 0, StaticFilesHandler(WSGIHandler()), handler_class=Quiet
    )
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def frames(browser: Any, url: str, client: Client) -> Iterator[tuple[str, str]]:
    """Yield what a frame of hovering and of dragging costs."""
    context = browser.new_context(viewport={"width": 1600, "height": 900})
    cookie = client.cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": cookie, "url": url}])
    page = context.new_page()
    page.goto(url)
    page.locator("[data-wire-count]", has_text="wires").wait_for()
    page.locator("[data-fold][aria-expanded=false]").evaluate_all(
        "folds => folds.forEach((fold) => fold.click())"
    )
    page.wait_for_load_state("networkidle")
    box = page.locator('[data-column="left"]').bounding_box()
    x, top = box["x"] + 60, 220

    def hover() -> None:
        for step in range(120):
            page.mouse.move(x, top + 5 * step)

    def drag() -> None:
        page.mouse.move(x, top)
        page.mouse.down()
        for step in range(120):
            page.mouse.move(x + 4 * step, top + 4 * step)
        page.mouse.move(x + 260, top)
        page.mouse.up()

    for name, act in (("hovering", hover), ("dragging", drag)):
        yield f"{name}, script + layout a frame", _told(traced(browser, page, act))


def traced(browser: Any, page: Any, act: Callable[[], None]) -> list[float]:
    """Return the milliseconds of script and layout in each frame while `act` goes on."""
    browser.start_tracing(
        page=page,
        categories=["devtools.timeline", "disabled-by-default-devtools.timeline"],
    )
    act()
    page.wait_for_timeout(100)
    events = json.loads(browser.stop_tracing())["traceEvents"]
    main = _main_thread(events)
    cuts = sorted(
        each["ts"]
        for each in events
        if each["name"] == "Commit" and (each["pid"], each["tid"]) == main
    )
    work = [
        # of the thread's own time where it is told: waiting for a processor is no work
        (each["ts"], each.get("tdur", each.get("dur", 0)))
        for each in _outermost(
            sorted(
                (
                    each
                    for each in events
                    if each.get("ph") == "X"
                    and each["name"] in SCRIPT | LAYOUT
                    and (each["pid"], each["tid"]) == main
                ),
                key=lambda each: each["ts"],
            )
        )
    ]
    spent = []
    for begin, end in pairwise(cuts):
        total = sum(dur for ts, dur in work if begin <= ts < end)
        if total:
            spent.append(total / 1000)
    return spent


def _main_thread(events: list[Any]) -> tuple[int, int]:
    """Return (process, thread) of the page: where most animation frames fire."""
    found = Counter(
        (each["pid"], each["tid"])
        for each in events
        if each["name"] in {"EventDispatch", "UpdateLayoutTree"}
    )
    return found.most_common(1)[0][0]


def _outermost(events: list[Any]) -> Iterator[Any]:
    """Yield the events that no other holds: what is inside is counted with it."""
    until = 0
    for each in events:
        if each["ts"] >= until:
            until = each["ts"] + each.get("dur", 0)
            yield each


def _told(spent: list[float]) -> str:
    if not spent:
        return "no frame was traced"
    spent.sort()
    slow = spent[min(len(spent) - 1, int(0.95 * len(spent)))]
    return (
        f"{statistics.median(spent):.2f} ms median, {slow:.2f} ms p95, "
        f"{spent[-1]:.2f} ms worst of {len(spent)} frames (< 8)"
    )


if __name__ == "__main__":
    main()
