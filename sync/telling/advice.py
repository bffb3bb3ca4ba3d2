"""What went wrong, whose it is and what to do: one entry for each cause.

Keys are the codes of crosswalk/errors.py and those that connectors raise.
"""

from __future__ import annotations

from dataclasses import dataclass

BY_ITSELF = "Crosswalk also tries again by itself, less often each time."


YOURS = "yours"
THEIRS = "the system's"
OURS = "Crosswalk's"


@dataclass(frozen=True, slots=True)
class Advice:
    """A cause in words. `action` names the button: reconnect, grant, map, retry or none.

    `whose` it is to do something about it, and `reach`: how to see it in the sandbox,
    are for the table in docs/errors.md. `barred` says why it cannot be seen there: what
    else keeps it from happening.
    """

    title: str
    text: str
    action: str = "retry"
    whose: str = YOURS
    reach: str = ""
    barred: str = ""


CAUSES: dict[str, Advice] = {
    "needs_reconnect": Advice(
        "{system} no longer lets Crosswalk in",
        "Connect it again. Mapping and links stay as they are, and what waits goes "
        "through by itself.",
        "reconnect",
        reach="Revoke the access on the sandbox's page of HighLevel or Zoho Invoice.",
    ),
    "access_expired": Advice(
        "{system} no longer lets Crosswalk in",
        "Connect it again. Mapping and links stay as they are, and what waits goes "
        "through by itself.",
        "reconnect",
        reach="The fault `401` on every call.",
    ),
    "wrong_location": Advice(
        "{system} let Crosswalk into another location",
        "Connect it again and choose the location that this connection is about.",
        "reconnect",
        reach="The fault `403` with the words “does not have access to this location”.",
    ),
    "wrong_organization": Advice(
        "{system} does not know the connected user in this organization",
        "Have whoever is a member of the organization connect it again.",
        "reconnect",
        reach="The fault `400` with code 6041 on a call to Zoho Invoice.",
    ),
    "company_token": Advice(
        "{system} needs a token of the location, and this is one of the agency",
        "Make a token inside the location, then connect again with it.",
        "reconnect",
        reach="The fault `401` with the words “authClass type which is not allowed”.",
    ),
    "account_left": Advice(
        "{system} no longer lets the agency into this location",
        "Install the app in the location again, then connect it again.",
        "reconnect",
        reach="Uninstall the app of an agency's location on the sandbox's page.",
    ),
    "scope_missing": Advice(
        "{system} has not given a permission that this needs",
        "Connect it again and allow what is named. Mapping and links stay as they are.",
        "grant",
        reach="The fault `401` with the words “not authorized for this scope”.",
    ),
    "wrong_address": Advice(
        "{system} is not at the address that the settings name",
        "Correct the address in the settings of the server, or ask whoever looks after "
        "it. Nothing is lost meanwhile.",
        reach="The fault `404` with the words “Cannot POST /contacts/search”.",
    ),
    "version_refused": Advice(
        "{system} no longer speaks the version that Crosswalk uses",
        "Update Crosswalk, or ask whoever looks after its server. Nothing is lost "
        "meanwhile.",
        whose=OURS,
        reach="The fault `400` with the words “invalid api version”.",
    ),
    "paging_stuck": Advice(
        "{system} shows the same page of a list again and again",
        "There is nothing to correct: nobody was changed, and the next run begins the "
        "list anew. If it stays so, tell the support of {system}.",
        whose=THEIRS,
        reach="The fault `200` with one page as `body`, on every page of a list.",
    ),
    "unsupported_call": Advice(
        "{system} does not know a call that Crosswalk made",
        "Update Crosswalk; if it is up to date, report this with the run. The person "
        "stays as they are on both sides.",
        whose=OURS,
        reach="The fault `400` with code 5 on a call to Zoho Invoice.",
    ),
    "not_a_number": Advice(
        "{system} takes only numbers in this field",
        "Make the value a number where it comes from, or map the field to one that "
        "takes text; then read the fields again.",
        "map",
        barred="The mapping refuses such a value before any call: see `mapping`. It is asked again here, should a field have changed.",
    ),
    "forbidden": Advice(
        "{system} has not given permission for this",
        "Connect it again and allow everything it asks for. Mapping and links stay as "
        "they are.",
        "grant",
        reach="Connect without ticking a permission on the consent page.",
    ),
    "remote_rejected": Advice(
        "{system} refused the values",
        "Correct the value it names in the system it comes from, or change how the "
        f"field is mapped; then try again. {BY_ITSELF}",
        reach="Write a phone number of three digits while `invalid_phone` is `refuse`.",
    ),
    "duplicate_refused": Advice(
        "{system} says it already has this person",
        "Find the other one at {system}: merge the two there, or change the e-mail or "
        "phone number that they share. Then try again.",
        reach="Two people of HighLevel with one phone number, of whom matching knows only one.",
    ),
    "name_taken": Advice(
        "{system} allows each customer name only once",
        "Give one of the two another name, then try again.",
        reach="A customer of that name, made at Zoho Invoice after the run has read.",
    ),
    "remote_unavailable": Advice(
        "{system} did not answer",
        f"There is nothing to correct. {BY_ITSELF}",
        whose=THEIRS,
        reach="The fault `500` or `timeout` on a call.",
    ),
    "rate_limited": Advice(
        "{system} asked to slow down",
        "There is nothing to correct. Crosswalk goes on by itself when it may.",
        whose=THEIRS,
        reach="The fault `429`, or the published limits.",
    ),
    "outcome_unknown": Advice(
        "{system} did not say whether it was written",
        f"Crosswalk looks first and never writes a person twice. {BY_ITSELF}",
        whose=OURS,
        reach="The fault `truncated` on a call that creates.",
    ),
    "remote_refused": Advice(
        "{system} refused the call",
        f"See what it said below, correct that, then try again. {BY_ITSELF}",
        reach="A call that is answered 409 or sent to another address.",
    ),
    "remote_not_found": Advice(
        "The person is gone at {system}",
        "Look whether it was deleted or merged there. Trying again reads it once more.",
        reach="The fault `404` on the create of a note, of somebody who is there.",
    ),
    "upsert_other_contact": Advice(
        "{system} changed somebody else instead",
        "Two people there share an e-mail or a phone number. Merge them, then try again.",
        reach="Two people of HighLevel who share a phone number, and a changed company.",
    ),
    "company_not_writable": Advice(
        "{system} does not let the company be changed here",
        "Give the person an e-mail or a phone number that nobody else there has, or "
        "change the company by hand.",
        reach="A changed company of somebody without e-mail and phone.",
    ),
    "field_not_writable": Advice(
        "{system} does not let this field be changed",
        "Change the direction of the field, or leave it out of the mapping.",
        "map",
        barred="The editor, the form and the configuration file refuse such a line.",
    ),
    "mapping": Advice(
        "A value does not fit through its field",
        "Correct the value, or change how the field is mapped; then try again.",
        "map",
        reach="A value map without a row for a value, or an option that does not exist.",
    ),
    "config": Advice(
        "A setting must be changed",
        "Change what the sentence names, then run it again. Nothing is lost meanwhile.",
        "",
        reach="An address in the settings of the server that does not begin with https.",
    ),
    "cannot_archive": Advice(
        "{system} cannot put this person aside",
        "Decide in another way what becomes of them: delete or keep them there.",
        barred="Where a system cannot, a sync asks what is to become of them instead.",
    ),
    "cannot_restore": Advice(
        "{system} does not take somebody back into use",
        "Make them active again there by hand, then try again.",
        barred="An undo leaves such a person as they are, and says so.",
    ),
    "parent_unknown": Advice(
        "The person they belong to is not known at {system}",
        "They come after their person. See why that one is not in sync, then try again.",
        reach="A note of somebody who was deleted at one system a moment ago.",
    ),
    "recurring": Advice(
        "{system} does not let recurring appointments be written",
        "Change it there by hand; single appointments go through.",
        barred="Appointments only flow from HighLevel, so that a sync changes none there.",
    ),
    "guard": Advice(
        "Too much would change at once",
        "The sync is paused until then, and everything waits.",
        "",
        reach="Map another field to the phone number of everybody.",
    ),
    "listing_doubted": Advice(
        "A listing was far too short to be believed",
        "The sync is paused until somebody has looked, and nothing was written.",
        "",
        reach="Delete most people of one system at once, then “Compare everything now”.",
    ),
    "poison": Advice(
        "The run ended its worker again and again",
        "It is parked, so that it does no harm. The reason is in the log of the server. "
        "The next run starts afresh.",
        "",
        whose=OURS,
        reach="Kill the worker again and again during one run.",
    ),
    "bug": Advice(
        "Crosswalk made a mistake here",
        "The log of the server says which, with the number of the run. Nothing else is "
        f"affected. {BY_ITSELF}",
        whose=OURS,
        reach="None is known: a test breaks a call on purpose.",
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
    "other_name": "The number may be an office's. If they are one person, say so; if not, "
    "keep them apart.",
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
