"""Setting a sync up: its rules, filters, objects and schedule, and the wizard that asks for them."""
