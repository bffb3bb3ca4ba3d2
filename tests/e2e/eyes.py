"""Looks at pages as people with other eyes do: axe, the console, the width, the focus.

A page is loaded once and then seen in every look (size and colours change in place, as
they do in a window), two pages at a time; of a long list, axe judges each shape of row
three times.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import axe_playwright_python
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response

AXE = Path(axe_playwright_python.__file__).parent / "axe.min.js"
SHOTS = os.environ.get("CROSSWALK_SHOTS", "")
Look = tuple[int, str]
Pages = dict[str, str | tuple[str, int]]  # name → address, or address and its answer
NARROW: Look = (360, "light")
WIDE: Look = (1600, "dark")
OTHERS: tuple[Look, ...] = ((360, "dark"), (1600, "light"))
TABS = 2
# what htmx calls an error of a request that was given up as a newer one took its place;
# of one that went amiss it says something else, too
GIVEN_UP = ("htmx:afterRequest", "htmx:sendAbort")
# rows that differ from three before them in their text alone teach nothing more
REPEATED = """() => {
  const seen = new Map();
  const dull = / (?!class|role|type|hidden|disabled|checked|aria-)[\\w-]+="[^"]*"/g;
  for (const row of document.querySelectorAll('tr, li, article, fieldset')) {
    if (row.closest('[data-repeated]')) continue;
    const shape = row.outerHTML.replace(/>[^<]*[^<\\s][^<]*</g, '>x<').replace(dull, '');
    seen.set(shape, (seen.get(shape) ?? 0) + 1);
    if (seen.get(shape) > 3) row.dataset.repeated = '';
  }
}"""
START = """() => {
  const options = {resultTypes: ['violations'], preload: false};
  window.found = axe.run({exclude: [['[data-repeated]']]}, options);
}"""
FOUND = """() => window.found.then((report) => report.violations.map(
  (each) => `${each.id} ${each.nodes.slice(0, 3).map((n) => n.target.join(' '))}`))"""
STATE = """() => ({
  sheets: [...document.styleSheets].filter((sheet) => sheet.cssRules.length).length,
  links: document.querySelectorAll('link[rel=stylesheet]').length,
  width: document.documentElement.scrollWidth,
  heads: document.querySelectorAll('h1').length,
})"""
# every place the Tab key reaches, and whether one sees that it was reached
FOCUS = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return null;
  const seen = [at, at.nextElementSibling, at.closest('label'), at.parentElement]
    .filter(Boolean).map((each) => getComputedStyle(each))
    .some((style) => style.outlineStyle !== 'none' || style.boxShadow !== 'none');
  const box = at.getBoundingClientRect();
  const name = `${at.tagName} ${(at.innerText || at.name || '').trim().slice(0, 30)}`;
  return {name, seen: seen && box.width > 0, y: box.y + scrollY};
}"""


class Tab:
    """A page of a browser, and what is wrong with what it shows."""

    def __init__(self, page: Page, url: str, wrong: list[str]) -> None:
        self.page, self.url, self.wrong = page, url, wrong
        self.name, self.status = page.url, 200
        self.look: Look | None = None

    def listen(self) -> Tab:
        """From now on note what the console and the network say, too."""
        self.page.on("pageerror", lambda error: self.add(str(error)))
        self.page.on("console", self._console)
        self.page.on("response", self._response)
        return self

    def add(self, what: str) -> None:
        seen = " ".join(map(str, self.look or ()))
        self.wrong.append(f"{self.name} {seen}: {what}")

    def _console(self, message: ConsoleMessage) -> None:
        # the browser says of a page that answers 404, too, that it failed to load
        expected = self.status >= 400 and "Failed to load resource" in message.text
        expected |= message.text.startswith(GIVEN_UP)
        if message.type == "error" and not expected:
            self.add(message.text)

    def _response(self, response: Response) -> None:
        if response.status >= 400 and response.status != self.status:
            self.add(f"{response.status} {response.url}")

    def wear(self, look: Look) -> None:
        """Change the size and the colours of what is shown."""
        if look == self.look:
            return
        width, scheme = self.look = look
        self.page.set_viewport_size({"width": width, "height": 900})
        self.page.emulate_media(
            color_scheme=scheme,  # type: ignore[arg-type]
            reduced_motion="reduce",  # colours change at once
        )

    def open(self, name: str, path: str, status: int = 200) -> None:
        """Open a page; `status` is the answer it is to have."""
        self.name, self.status = name, status
        answer = self.page.goto(self.url + path)
        if answer is None or answer.status != status:
            self.add(f"answered {answer and answer.status}, not {status}")

    def judge(self) -> None:
        """Note what one sees at once, and let axe begin."""
        state = self.page.evaluate(STATE)
        # axe finds nothing on a bare page, so the style sheets must be there
        if not state["links"] or state["sheets"] < state["links"]:
            self.add(f"{state['sheets']} of {state['links']} style sheets")
        if self.look and state["width"] > self.look[0]:
            self.add(f"{state['width']} px wide")
        if state["heads"] != 1:
            self.add(f"{state['heads']} first headings")
        if not self.page.evaluate("() => 'axe' in window"):
            self.page.evaluate(AXE.read_text())
        self.page.evaluate(REPEATED)
        self.page.evaluate(START)

    def hear(self) -> None:
        """Note what axe found; keep a picture when pictures are wanted."""
        for violation in self.page.evaluate(FOUND):
            self.add(violation)
        if SHOTS and self.look:
            width, scheme = self.look
            Path(SHOTS).mkdir(parents=True, exist_ok=True)
            path = f"{SHOTS}/{self.name}-{width}-{scheme}.png"
            self.page.screenshot(path=path, full_page=True)


class Eyes:
    """One browser profile, the looks in which it sees pages, and all it finds wrong."""

    def __init__(
        self, browser: Browser, url: str, *looks: Look, **options: Any
    ) -> None:
        self.url, self.looks, self.wrong = url, looks, list[str]()
        width, scheme = looks[0]
        self.context: BrowserContext = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,  # type: ignore[arg-type]
            **options,
        )
        self.context.set_default_timeout(20_000)
        self.tabs: list[Tab] = []
        self.page = self._tab().page

    def add(self, what: str) -> None:
        self.tabs[0].add(what)

    def _tab(self) -> Tab:
        tab = Tab(self.context.new_page(), self.url, self.wrong).listen()
        tab.wear(self.looks[0])
        self.tabs.append(tab)
        return tab

    def sign_in(self, user: Any) -> Eyes:
        """Become a person, without the form."""
        client = Client()
        client.force_login(user)
        cookie = client.cookies["sessionid"].value
        self.context.add_cookies(
            [{"name": "sessionid", "value": cookie, "url": self.url}]
        )
        return self

    def open(self, name: str, path: str, status: int = 200) -> None:
        """Open a page in the first tab, in the first look."""
        self.tabs[0].open(name, path, status)

    def finish(self) -> None:
        """Note what is wrong with the page of the first tab, in every look."""
        self._judge(self.tabs[:1])

    def look_at(self, pages: Pages) -> None:
        """Look at each page: while axe judges one, another is loaded."""
        while len(self.tabs) < min(TABS, len(pages)):
            self._tab()
        for some in _by(TABS, pages.items()):
            tabs = self.tabs[: len(some)]
            for tab, (name, asked) in zip(tabs, some, strict=True):
                path, status = asked if isinstance(asked, tuple) else (asked, 200)
                tab.wear(self.looks[0])
                tab.open(name, path, status)
            self._judge(tabs)

    def _judge(self, tabs: list[Tab]) -> None:
        judge_all(tabs, self.looks)
        self.tabs[0].wear(self.looks[0])

    def tab_through(self, most: int = 80) -> list[dict[str, Any]]:
        """Press Tab until the page ends; return where the focus stood."""
        stops: list[dict[str, Any]] = []
        for _ in range(most):
            self.page.keyboard.press("Tab")
            stop = self.page.evaluate(FOCUS)
            if stop is None:
                break
            stops.append(stop)
        return stops


def judge_all(tabs: Sequence[Tab], looks: Sequence[Look]) -> None:
    """Have the pages of some tabs judged in every look, all at once."""
    for look in looks:
        for tab in tabs:
            tab.wear(look)
            tab.judge()
        for tab in tabs:
            tab.hear()


def opened(
    browser: Browser, url: str, user: Any = None, looks: Sequence[Look] = (NARROW, WIDE)
) -> list[Eyes]:
    """Return the eyes that see every page: narrow and light, wide and dark."""
    eyes = Eyes(browser, url, *looks)
    return [eyes.sign_in(user) if user else eyes]


def closed(eyes: Iterable[Eyes]) -> list[str]:
    """Let go of eyes; return what they found wrong."""
    for each in eyes:
        each.context.close()
    return [problem for each in eyes for problem in each.wrong]


def look_at(every: Iterable[Eyes], pages: Pages) -> None:
    """Look at each page with each pair of eyes."""
    for eyes in every:
        eyes.look_at(pages)


def _by(size: int, values: Iterable[Any]) -> Iterator[list[Any]]:
    left = iter(values)
    while some := list(islice(left, size)):
        yield some
