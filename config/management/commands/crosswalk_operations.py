"""Print the catalogue of operations: as a table for the docs, or as OpenAPI fragments."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from integrations.operations.declared import operations
from integrations.operations.schemas import openapi
from integrations.operations.table import markdown


class Command(BaseCommand):
    help = "Print all operations: --markdown (the table in docs) or --openapi (JSON)."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        form = parser.add_mutually_exclusive_group(required=True)
        form.add_argument("--markdown", action="store_true")
        form.add_argument("--openapi", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["openapi"]:
            self.stdout.write(json.dumps(openapi(operations()), indent=2))
        else:
            self.stdout.write(markdown().rstrip())
