"""Keys that belong to a place rather than to a person: offices and switchboards."""

from __future__ import annotations

from sync.engine.people import Population

ROLES = frozenset(
    [
        "info",
        "office",
        "sales",
        "contact",
        "hello",
        "admin",
        "support",
        "mail",
        "accounts",
        "billing",
        "team",
        "enquiries",
        "inquiries",
        "reception",
        "hr",
        "jobs",
        "invoice",
        "invoices",
        "finance",
        "service",
        "help",
        "post",
        "kontakt",
        "buero",
        "rechnung",
        "verwaltung",
        "contacto",
        "ventas",
        "administracion",
        "bonjour",
        "contabilita",
        "segreteria",
        "webmaster",
        "noreply",
        "no-reply",
    ]
)
FEW = 3  # a family may share a key; more than these are a house or a company
MANY = 100  # whatever more than these share is no key at all


def is_role(email: str) -> bool:
    """Whether an e-mail address is that of an office, by its name."""
    return email.partition("@")[0] in ROLES


def is_of_many(population: Population, kind: str, value: str) -> bool:
    """Whether a key is shared by so many that it says nothing of who is who."""
    return population.crowd(kind, value) > FEW
