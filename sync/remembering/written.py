"""A decision as plans, the log and the lists keep it: JSON, and where it writes."""

from __future__ import annotations

from typing import Any

from sync.engine.types import Decision


def changes_json(decision: Decision) -> list[dict[str, Any]]:
    """Return the field changes of a decision as stored in plans and the log."""
    return [
        {
            "left": change.rule.left,
            "right": change.rule.right,
            "label": change.rule.label(change.side or "left"),
            "side": change.side or "",
            "action": change.action,
            "before": change.before,
            "after": change.after,
            "left_value": change.left,
            "right_value": change.right,
            "reason": change.reason,
        }
        for change in decision.changes
        if change.action in {"write", "conflict", "refuse"}
        or (change.action == "keep" and change.left != change.right)
    ]


def detail_json(decision: Decision) -> dict[str, Any]:
    """Return what a person needs to see of a review or a conflict."""
    if decision.candidates:
        return {
            "candidates": [
                {"side": c.side, "record": c.pk, "why": c.why}
                for c in decision.candidates
            ]
        }
    conflicts = [c for c in changes_json(decision) if c["action"] == "conflict"]
    return {"conflicts": conflicts} if conflicts else {}


def refused_line(decision: Decision) -> str:
    """Return the line of the mapping through which a value does not fit, "" if none."""
    refused = (c.rule for c in decision.changes if c.action == "refuse")
    rule = next(refused, None) if decision.outcome == "failed" else None
    return f"{rule.left}|{rule.right}"[:250] if rule else ""


def main_side(decision: Decision) -> str:
    """Return the side a decision writes to, "both" when it is both, else ""."""
    if decision.create_side or decision.remove:
        removed = decision.remove.side if decision.remove else ""
        return decision.create_side or removed
    sides = decision.sides_written
    if len(sides) == 2:
        return "both"
    return sides[0] if sides else ""
