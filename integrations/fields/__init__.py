"""Fields: an account's own, read, made safe, and laid beside those of its system."""
