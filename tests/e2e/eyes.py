"""Looks at pages as people with other eyes do: axe, the console, the width, the focus."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import axe_playwright_python
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response

AXE = Path(axe_playwright_python.__file__).parent / "axe.min.js"
SHOTS = os.environ.get("CROSSWALK_SHOTS", "")
Look = tuple[int, str]
NARROW: Look = (360, "light")
WIDE: Look = (1600, "dark")
OTHERS: tuple[Look, ...] = ((360, "dark"), (1600, "light"))
START = "() => { window.found = axe.run({resultTypes: ['violations']}); }"
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


class Eyes:
    """One browser profile of one size and colour scheme, and all it finds wrong."""

    def __init__(self, browser: Browser, url: str, look: Look, **options: Any) -> None:
        self.url, self.look = url, look
        width, scheme = look
        self.context: BrowserContext = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,  # type: ignore[arg-type]
            reduced_motion="reduce",
            **options,
        )
        self.context.set_default_timeout(20_000)
        self.context.add_init_script(path=AXE)
        self.page: Page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.add(str(error)))
        self.page.on("console", self._console)
        self.page.on("response", self._response)
        self.wrong: list[str] = []
        self.name, self.status = "", 200

    def add(self, what: str) -> None:
        self.wrong.append(f"{self.name} {self.look[0]} {self.look[1]}: {what}")

    def _console(self, message: ConsoleMessage) -> None:
        # the browser says of a page that answers 404, too, that it failed to load
        expected = self.status >= 400 and "Failed to load resource" in message.text
        if message.type == "error" and not expected:
            self.add(message.text)

    def _response(self, response: Response) -> None:
        if response.status >= 400 and response.status != self.status:
            self.add(f"{response.status} {response.url}")

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
        """Open a page and let axe begin; `status` is the answer it is to have."""
        self.name, self.status = name, status
        answer = self.page.goto(self.url + path)
        if answer is None or answer.status != status:
            self.add(f"answered {answer and answer.status}, not {status}")
        self.page.evaluate(START)

    def finish(self) -> None:
        """Note what is wrong with the page; keep a picture when pictures are wanted."""
        for violation in self.page.evaluate(FOUND):
            self.add(violation)
        state = self.page.evaluate(STATE)
        # axe finds nothing on a bare page, so the style sheets must be there
        if not state["links"] or state["sheets"] < state["links"]:
            self.add(f"{state['sheets']} of {state['links']} style sheets")
        if state["width"] > self.look[0]:
            self.add(f"{state['width']} px wide")
        if state["heads"] != 1:
            self.add(f"{state['heads']} first headings")
        if SHOTS:
            self._picture()

    def _picture(self) -> None:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        width, scheme = self.look
        path = f"{SHOTS}/{self.name}-{width}-{scheme}.png"
        self.page.screenshot(path=path, full_page=True)

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


def look_at(every: Iterable[Eyes], pages: dict[str, str | tuple[str, int]]) -> None:
    """Look at each page with each pair of eyes; axe works in all of them at once."""
    eyes = list(every)
    for name, asked in pages.items():
        path, status = asked if isinstance(asked, tuple) else (asked, 200)
        for each in eyes:
            each.open(name, path, status)
        for each in eyes:
            each.finish()
