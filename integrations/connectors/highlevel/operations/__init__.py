"""HighLevel's operations, one module an object: what it tells of, finds and does."""
