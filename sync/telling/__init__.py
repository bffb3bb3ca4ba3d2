"""What pages tell of syncs, runs and people; nothing below imports it."""
