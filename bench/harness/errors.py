"""What may go wrong in a way that a person has to be told."""


class BenchError(Exception):
    """A sentence that says what is wrong and what to do; the runner prints it, without a trace."""


class NotMeasured(BenchError):
    """A scenario could not be measured; the others go on."""
