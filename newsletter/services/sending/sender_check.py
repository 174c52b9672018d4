"""Whether a newsletter may be sent in its sender's name by the relay that is set."""

from newsletter.domain.newsletter import Newsletter
from newsletter.domain.sender import impossible_sender, is_loopback, missing_address
from newsletter.errors import PreflightError
from newsletter.services.ports import Ports


def is_mailed_away(ports: Ports) -> bool:
    """Return whether one of the relays that are set may carry mail out of this machine.

    One on this machine counts as the mail catcher, with which everything is tried first. A command
    that needs none may have been given none.
    """
    return not all(is_loopback(url.host) for url in ports.relays.urls)


def sender_problems(newsletter: Newsletter, ports: Ports) -> tuple[str, ...]:
    """What to see to before strangers are mailed; nothing where no relay carries mail away."""
    if not is_mailed_away(ports):
        return ()
    found = (impossible_sender(newsletter), missing_address(newsletter))
    return tuple(sentence for sentence in found if sentence)


def check_sender(newsletter: Newsletter, ports: Ports) -> None:
    """Raises PreflightError when the sender is nobody's address and a relay is real.

    A postal address that is missing stops nothing: not every country asks for one.
    """
    sentence = impossible_sender(newsletter)
    if sentence and is_mailed_away(ports):
        raise PreflightError((sentence,))
