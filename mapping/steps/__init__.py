"""What transforms do to a value, by what they are about. Pure.

Each is a function of a value, its own options and the setting. It gives back what it
cannot read as it came, so that nothing is lost without a word. `mapping.transforms` names
them and declares their options.
"""
