"""The envelope sender of a delivery names it, and nobody else can make one."""

import pytest

from newsletter.domain.feedback.verp import make_verp, parse_verp
from newsletter.errors import InputError
from tests.cases import for_each

KEY = b"a key of the test"
MOST = 2**63 - 1  # of a bigint
LOCAL = make_verp(120, 3456, key=KEY)
WITH_K = make_verp(20, 1, key=KEY)


@pytest.mark.parametrize("ids", [(0, 0), (1, 1), (120, 3456), (35, 36), (MOST, MOST)])
def test_what_was_made_is_read_again(ids):
    assert parse_verp(make_verp(*ids, key=KEY), key=KEY) == ids


def test_it_is_short_enough_for_every_id():
    assert len(make_verp(MOST, MOST, key=KEY)) <= 64
    assert len(make_verp(MOST, MOST, key=KEY, box="b" * 15)) == 64


def test_it_looks_as_it_did_when_bounces_to_it_were_first_sent():
    assert make_verp(120, 3456, key=KEY) == "bounces+3c-2o0-dba840493dd073d65dd6"


@pytest.mark.parametrize(
    "address",
    [
        pytest.param(f"{LOCAL}@letters.example", id="with its domain"),
        pytest.param(LOCAL.upper(), id="in capitals"),
        pytest.param(f"{LOCAL.title()}@Letters.Example", id="in some capitals"),
        pytest.param(make_verp(120, 3456, key=KEY, box="news"), id="of another mailbox"),
    ],
)
def test_what_relays_do_to_an_address_does_no_harm(address):
    assert parse_verp(address, key=KEY) == (120, 3456)


@for_each(
    "address",
    [
        pytest.param("", id="nothing"),
        pytest.param("bounces@letters.example", id="the mailbox alone"),
        pytest.param(LOCAL[:-1], id="the last letter lost"),
        pytest.param(f"{LOCAL}a", id="a letter more"),
        pytest.param(LOCAL.replace("+3c-", "+3d-"), id="another edition"),
        pytest.param(LOCAL.replace("-2o0-", "-2o1-"), id="another subscriber"),
        pytest.param(LOCAL.replace("+3c-", "+03c-"), id="a leading nought"),
        pytest.param(LOCAL.replace("+3c-2o0-", "+2o0-3c-"), id="the ids changed places"),
        pytest.param(
            make_verp(20, 1, key=KEY).replace("k", "\u212a"), id="a letter that looks the same"
        ),
        pytest.param(f"x@y+{LOCAL}", id="something before it"),
        pytest.param(f"bounces+{'z' * 5_000}-1-{'a' * 20}", id="a number beyond all reason"),
        pytest.param(make_verp(120, 3456, key=b"another"), id="of another key"),
    ],
)
def test_what_was_not_made_here_is_refused(address):
    with pytest.raises(InputError, match="not the address of a bounce"):
        parse_verp(address, key=KEY)
