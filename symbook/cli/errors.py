"""How a command refuses."""


class CommandError(Exception):
    """A command cannot do what it was asked; the text is one line for the person who typed it."""
