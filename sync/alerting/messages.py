"""A delivery as each kind of channel takes it: pure, from the items to the bytes.

Names come from people: what has a meaning in a chat (links, mentions, bold) is made
plain. No message holds anybody's data, only counts and the names of syncs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Item = Mapping[str, Any]
MARKS = {"raised": "\N{LARGE RED CIRCLE}", "recovered": "\N{LARGE GREEN CIRCLE}"}
MOST_ITEMS = 40  # of one message; the page shows the others


def subject(items: Sequence[Item], place: str) -> str:
    """Return the line that says it all: "[Acme] Contacts: 3 people …"."""
    first = " ".join(str(items[0]["title"]).split())
    more = f", and {len(items) - 1} more" if len(items) > 1 else ""
    return f"[{' '.join(place.split())}] {first}{more}"[:200]


def plain(items: Sequence[Item], base_url: str) -> str:
    """Return the text of an e-mail."""
    parts = []
    for item in items[:MOST_ITEMS]:
        lines = [item["title"], item["text"], f"{base_url}{item['path']}"]
        parts.append("\n".join(line for line in lines if line))
    return "\n\n".join([*parts, *_rest(items), _foot(base_url)])


def slack(items: Sequence[Item], base_url: str, place: str) -> dict[str, Any]:
    """Return a message of Slack's incoming webhooks (others take it as well)."""
    blocks = []
    for item in items[:MOST_ITEMS]:
        mark = MARKS.get(item["what"], "")
        text = f"{mark} *<{base_url}{item['path']}|{_slack(item['title'])}>*".strip()
        if item["text"]:
            text += f"\n{_slack(item['text'])}"
        blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": text}})
    blocks += [
        {"type": "section", "text": {"type": "mrkdwn", "text": words}}
        for words in _rest(items)
    ]
    return {"text": _slack(subject(items, place)), "blocks": blocks}


def _slack(text: str) -> str:
    """Return a text that Slack shows as it is: no link, no mention, no bold."""
    for sign, code in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(sign, code)
    # a word joiner between the signs of bold, italics, code and struck-out text
    for sign in "*_~`|":
        text = text.replace(sign, f"{sign}\N{WORD JOINER}")
    return text


def teams(items: Sequence[Item], base_url: str, place: str) -> dict[str, Any]:
    """Return an adaptive card for Teams' workflows. Its text runs know no markup."""
    body: list[dict[str, Any]] = []
    for item in items[:MOST_ITEMS]:
        mark = MARKS.get(item["what"], "")
        body.append(_runs(f"{mark} {item['title']}".strip(), weight="Bolder"))
        if item["text"]:
            body.append(_runs(item["text"]))
    body += [_runs(words) for words in _rest(items)]
    url = f"{base_url}{items[0]['path']}"
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "fallbackText": subject(items, place),
        "body": body,
        "actions": [{"type": "Action.OpenUrl", "title": "Open Crosswalk", "url": url}],
    }
    kind = "application/vnd.microsoft.card.adaptive"
    attachment = {"contentType": kind, "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _runs(text: str, **style: str) -> dict[str, Any]:
    return {
        "type": "RichTextBlock",
        "inlines": [{"type": "TextRun", "text": text, **style}],
    }


def webhook(
    items: Sequence[Item], base_url: str, place: str, at: str
) -> dict[str, Any]:
    """Return the body of our own webhooks: type, timestamp, data (docs/alerts.md)."""
    kinds = {item["what"] for item in items}
    kind = kinds.pop() if len(items) == 1 else "gathered"
    return {
        "type": f"alert.{kind}",
        "timestamp": at,
        "data": {
            "workspace": place,
            "alerts": [
                {
                    "state": item["what"],
                    "rule": item["rule"],
                    "subject": item["subject"],
                    "name": item["name"],
                    "title": item["title"],
                    "text": item["text"],
                    "url": f"{base_url}{item['path']}",
                    "at": item["at"],
                }
                for item in items
            ],
        },
    }


def _rest(items: Sequence[Item]) -> list[str]:
    left = len(items) - MOST_ITEMS
    return [f"And {left:,} more, on the page of alerts."] if left > 0 else []


def _foot(base_url: str) -> str:
    return f"-- \nCrosswalk, {base_url}. Who is told of what: Workspace, Alerts."
