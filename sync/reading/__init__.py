"""Reading both systems as cheaply as they can be read, and what a complete listing proves."""
