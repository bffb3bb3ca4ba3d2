"""The steps a value takes on its way, by what they are about. Pure.

Each is a function of a value, the step's own options and the setting; it gives back what
it cannot read as it came, so that nothing is ever lost silently. `mapping.transforms`
names and offers them.
"""
