"""Alerts: what is wrong is looked for, told once when it begins and once when it ends.

    conditions → calm → deliveries → sending
    what holds   what is new   rows     e-mail, Slack, Teams, webhooks

A look reads the state and not the events: an event only makes it happen at once, so a
lost one costs a minute (docs/decisions/0054).
"""
