"""newsletter dkim: what to put into the DNS so that our signatures can be checked."""

import sys

from newsletter.cli.context import AsJson, command_context, note, print_json
from newsletter.errors import SettingsError

_STRING_CHARS = 255  # RFC 1035, 3.3: a TXT record consists of strings that are no longer.


def dkim(as_json: AsJson = False) -> None:
    """Print the TXT record of each key that signs the mail: its name, and its text."""
    from newsletter.services.editions.render import dns_records

    with command_context() as here:
        found = dns_records(here.ports)
        is_set = bool(here.ports.signers)
    if not is_set:
        raise SettingsError(
            "NEWSLETTER_DKIM is not set, so nothing is signed here. Make a key with "
            "openssl genpkey -algorithm ed25519 -out evening.pem and set it to evening=evening.pem."
        )
    if as_json:
        told = [
            {
                "selector": one.signer.selector,
                "algorithm": one.signer.algorithm,
                "bits": one.signer.bits,
                "name": one.name,
                "type": "TXT",
                "value": one.text,
                "strings": _strings(one.text),
            }
            for one in found
        ]
        print_json(told)
        return
    for one in found:
        sys.stdout.write(f"{one.name}\n  {one.text}\n")
    if any(len(one.text) > _STRING_CHARS for one in found):
        note(f"In a zone file, cut a text into strings of {_STRING_CHARS}: --json has them so.")


def _strings(text: str) -> list[str]:
    return [text[at : at + _STRING_CHARS] for at in range(0, len(text), _STRING_CHARS)]
