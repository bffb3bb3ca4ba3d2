"""Quotas: how many calls may be made, by whom, when, and how many at once."""
