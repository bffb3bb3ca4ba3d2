#!/usr/bin/env python
"""Django's command line for Crosswalk."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(_refused(str(error)))


def _refused(why: str) -> int:
    """Say why Crosswalk cannot start, in one sentence instead of a traceback."""
    sys.stderr.write(f"Crosswalk cannot start. {why}\n")
    return 2


if __name__ == "__main__":
    main()
