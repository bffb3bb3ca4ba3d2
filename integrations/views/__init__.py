"""Pages of connections: the list, connecting, and the way back from the vendor."""

from __future__ import annotations
