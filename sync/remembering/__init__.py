"""What stays of a decision carried out: links, bases, lists, log entries."""
