"""The mirror: what was last seen of each record, by what it is found, and who is forgotten."""
