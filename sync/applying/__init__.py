"""Carrying decisions out: the calls, an intent for each, and what to do after a kill."""
