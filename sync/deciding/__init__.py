"""From stored rows to decisions: who is who, which pairs, what would change and whether that is too much."""
