"""How a command refuses."""


class CommandError(Exception):
    """A command cannot do what it was asked; the text is for the person who typed it:
    one line that says what is wrong, and a hint, where there is one, on its own line.
    """
