"""crosswalk_doctor: what is wrong, and what to do."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from config.commandline import FAILED, JsonCommand
from config.doctor import examine


class Command(JsonCommand):
    help = "Look for what is wrong with this installation and say what to do."
    requires_system_checks: list[str] = []  # it must run when they fail

    def work(self, options: dict[str, Any]) -> None:
        found = examine()
        is_well = all(finding.ok for finding in found)
        if options["as_json"]:
            findings = [asdict(finding) for finding in found]
            self.say_json({"schema": 1, "ok": is_well, "findings": findings})
        else:
            for finding in found:
                mark = "ok   " if finding.ok else "WRONG"
                self.stdout.write(f"{mark}  {finding.check}: {finding.message}")
                if finding.advice:
                    self.stdout.write(f"       → {finding.advice}")
        if not is_well:
            raise SystemExit(FAILED)
