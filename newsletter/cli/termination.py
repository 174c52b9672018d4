"""SIGTERM and SIGHUP end a command as Ctrl-C does: what it has started is ended first."""

import signal
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGHUP)


class TerminationError(BaseException):
    """Somebody asked this process to end; number is the signal. No handler takes it for a fault."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(signal.Signals(number).name)

    @property
    def exit_code(self) -> int:
        """What a shell reports for a process that a signal ended."""
        return 128 + self.number


def raise_on_signals() -> None:
    """Raise TerminationError at the first of the signals, and heed no other while things end.

    A signal that whoever started us has us ignore, as nohup does, stays ignored.
    """
    for number in SIGNALS:
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _raise)


def _raise(number: int, _frame: FrameType | None) -> None:
    for one in SIGNALS:
        signal.signal(one, signal.SIG_IGN)
    raise TerminationError(number)
