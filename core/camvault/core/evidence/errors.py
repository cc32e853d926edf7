"""Pure: the one error of reading what a disc carries."""


class EvidenceError(ValueError):
    """A text is not what it should be; the message says what is wrong with it."""
