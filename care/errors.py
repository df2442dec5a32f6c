"""Refusals: what a rule of ours says no to. One place in `web` turns them into pages."""


class NotFound(Exception):
    """There is no such row, or it is not theirs to see: the two must look the same."""


class Refused(Exception):
    """A rule says no. The message is one clear sentence that says what to do."""
