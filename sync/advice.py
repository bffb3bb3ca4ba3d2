"""What went wrong, whose it is and what to do: one entry for each cause.

Keys are the codes of crosswalk/errors.py and those that connectors raise.
"""

from __future__ import annotations

from dataclasses import dataclass

BY_ITSELF = "Crosswalk also tries again by itself, less often each time."


@dataclass(frozen=True, slots=True)
class Advice:
    """A cause in words. `action` names the button: reconnect, map, retry or none."""

    title: str
    text: str
    action: str = "retry"


CAUSES: dict[str, Advice] = {
    "needs_reconnect": Advice(
        "{system} no longer lets Crosswalk in",
        "Connect it again. Mapping and links stay as they are, and what waits goes "
        "through by itself.",
        "reconnect",
    ),
    "forbidden": Advice(
        "{system} has not given permission for this",
        "Connect it again and allow everything it asks for. Mapping and links stay as "
        "they are.",
        "reconnect",
    ),
    "remote_rejected": Advice(
        "{system} refused the values",
        "Correct the value it names in the system it comes from, or change how the "
        f"field is mapped; then try again. {BY_ITSELF}",
    ),
    "duplicate_refused": Advice(
        "{system} says it already has this person",
        "Find the other one at {system}: merge the two there, or change the e-mail or "
        "phone number that they share. Then try again.",
    ),
    "name_taken": Advice(
        "{system} allows each customer name only once",
        "Give one of the two another name, then try again.",
    ),
    "remote_unavailable": Advice(
        "{system} did not answer",
        f"There is nothing to correct. {BY_ITSELF}",
    ),
    "rate_limited": Advice(
        "{system} asked to slow down",
        "There is nothing to correct. Crosswalk goes on by itself when it may.",
    ),
    "outcome_unknown": Advice(
        "{system} did not say whether it was written",
        f"Crosswalk looks first and never writes a person twice. {BY_ITSELF}",
    ),
    "remote_refused": Advice(
        "{system} refused the call",
        f"See what it said below, correct that, then try again. {BY_ITSELF}",
    ),
    "remote_not_found": Advice(
        "The person is gone at {system}",
        "Look whether it was deleted or merged there. Trying again reads it once more.",
    ),
    "upsert_other_contact": Advice(
        "{system} changed somebody else instead",
        "Two people there share an e-mail or a phone number. Merge them, then try again.",
    ),
    "company_not_writable": Advice(
        "{system} does not let the company be changed here",
        "Give the person an e-mail or a phone number that nobody else there has, or "
        "change the company by hand.",
    ),
    "field_not_writable": Advice(
        "{system} does not let this field be changed",
        "Change the direction of the field, or leave it out of the mapping.",
        "map",
    ),
    "mapping": Advice(
        "A value does not fit through its field",
        "Correct the value, or change how the field is mapped; then try again.",
        "map",
    ),
    "config": Advice(
        "A setting must be changed",
        "Change what the sentence names, then try again.",
        "map",
    ),
    "guard": Advice(
        "Too much would change at once",
        "The sync is paused until then, and everything waits.",
        "",
    ),
    "listing_doubted": Advice(
        "A listing was far too short to be believed",
        "The sync is paused until somebody has looked, and nothing was written.",
        "",
    ),
    "poison": Advice(
        "The run ended its worker again and again",
        "It is parked, so that it does no harm. The reason is in the log of the server. "
        "The next run starts afresh.",
        "",
    ),
    "bug": Advice(
        "Crosswalk made a mistake here",
        "The log of the server says which, with the number of the run. Nothing else is "
        f"affected. {BY_ITSELF}",
    ),
}
OTHERWISE = Advice(
    "{system} could not take it", f"See what it said, correct that. {BY_ITSELF}"
)

# why a person is under review → what to do at the vendor meanwhile
REVIEWS: dict[str, str] = {
    "duplicate_inside": "If they are one person, merge the two at {here}. If not, give "
    "each an e-mail and a phone number of their own. Both then go on by themselves.",
    "several_fit": "Leave the e-mail or phone number with the one at {there} whom it "
    "belongs to, or merge them there. The rest then goes on by itself.",
    "shared_key": "Leave what they share with one of them at {here}, or merge them "
    "there. The rest then goes on by itself.",
    "unlike_name": "If they are one person, write the first name alike on both sides. "
    "If not, correct the e-mail or phone number on one side.",
    "partner_linked": "If both at {here} are one person, merge them there. If not, "
    "correct the e-mail or phone number they share.",
    "likely": "If they are one person, say so here, or give both the same e-mail at both "
    "systems. If not, say that they are two, and each goes across.",
    "role_address": "The address belongs to an office. If they are one customer, say so; "
    "else give one of them an e-mail address of their own.",
    "asked_again": "Both keep their values until you decide.",
    "refused_as_duplicate": "Find the other one at {there} and merge the two, or "
    "correct the e-mail or phone number on one side.",
}
REVIEW_OTHERWISE = (
    "Make the e-mail and phone number of each belong to one person only, at both "
    "systems. The rest then goes on by itself."
)


def advice(code: str, system: str, said: str = "") -> Advice:
    """Return a cause in words, with the name of the system it is about.

    What the reason already said is not said again.
    """
    found = CAUSES.get(code, OTHERWISE)
    sentences = found.text.format(system=system).split(". ")
    text = ". ".join(each for each in sentences if each.rstrip(".") not in said)
    return Advice(
        _capital(found.title.format(system=system)), _capital(text), found.action
    )


def review_advice(code: str, here: str, there: str) -> str:
    """Return what to do about a person who may be somebody else too."""
    return REVIEWS.get(code, REVIEW_OTHERWISE).format(here=here, there=there)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
