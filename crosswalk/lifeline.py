"""The lifeline: `python lifeline.py PARENT COMMAND…` ends when its parent does.

Run as a script in front of a child's command: it asks the kernel for a SIGTERM at
the death of the parent, however it dies, and becomes the command. A small program
of its own because `preexec_fn` is not safe in a parent that has threads.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def tie_to_parent(parent: int) -> None:
    """Be sent SIGTERM when the parent dies; leave at once if it is already gone."""
    if sys.platform.startswith("linux"):
        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(0)


if __name__ == "__main__":
    tie_to_parent(int(sys.argv[1]))
    os.execvp(sys.argv[2], sys.argv[2:])  # noqa: S606 - the supervisor's own command
