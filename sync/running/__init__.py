"""Runs: claimed, worked a slice at a time, stepped aside, finished."""
