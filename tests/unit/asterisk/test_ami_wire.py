"""The wire of the manager interface: what is sent, what is read, what is believed."""

import pytest

from carriers.ami_wire import split, state_of, value, written
from carriers.queue import Operators, QueueState, QueueUnknown

PARAMS = (
    "Event: QueueParams\r\nQueue: operators\r\nMax: 0\r\nStrategy: ringall\r\nCalls: {calls}\r\n"
    "ActionID: 7\r\n\r\n"
)
MEMBER = (
    "Event: QueueMember\r\nQueue: operators\r\nName: Operators\r\nLocation: {device}\r\n"
    "StateInterface: {device}\r\nMembership: static\r\nStatus: {status}\r\nPaused: {paused}\r\n"
    "PausedReason: \r\nActionID: 7\r\n\r\n"
)
ENTRY = (
    "Event: QueueEntry\r\nQueue: operators\r\nPosition: 1\r\nChannel: PJSIP/trunk-00000000\r\n"
    "CallerIDNum: +966501234567\r\nCallerIDName: {name}\r\nWait: {wait}\r\nPriority: 10\r\n"
    "ActionID: 7\r\n\r\n"
)
"""As Asterisk 22 sends them."""


def said(text: str) -> QueueState:
    """What these events say."""
    return state_of(split(bytearray(text.encode())), "operators")


def member(device: str = "PJSIP/operator-1", status: int = 1, paused: int = 0) -> str:
    """A member's event."""
    return MEMBER.format(device=device, status=status, paused=paused)


def test_callers_are_counted_and_the_longest_wait_is_the_first_ones() -> None:
    """Whoever screening puts last may have waited longer than all before."""
    text = PARAMS.format(calls=3) + "".join(
        ENTRY.format(name="X", wait=wait) for wait in (4, 61, 9)
    )
    assert said(text) == QueueState(3, 61)


def test_nobody_waits() -> None:
    """Zero is told by the queue itself."""
    assert said(PARAMS.format(calls=0)) == QueueState(0)


@pytest.mark.parametrize("text", ["", PARAMS.format(calls="many"), PARAMS.format(calls=-1),
                                  PARAMS.format(calls=1).replace("operators", "sales"),
                                  PARAMS.format(calls=1) * 2])  # fmt: skip
def test_a_queue_that_is_not_there_or_is_not_understood_is_not_empty(text: str) -> None:
    """Asterisk answers success for any name."""
    with pytest.raises(QueueUnknown):
        said(text)


@pytest.mark.parametrize(
    "name",
    [
        "X\r\nWait: 999999",
        "X\r\n\r\nEvent: QueueParams\r\nQueue: operators\r\nCalls: 99",
        "X\r\nQueue: sales",
        "X\r\nEvent: QueueParams\r\nCalls: 99",
    ],
)
def test_what_a_caller_adds_by_their_name_counts_for_nothing(name: str) -> None:
    """At worst it is no more known: neither more callers nor a longer wait."""
    text = PARAMS.format(calls=2) + ENTRY.format(name="Y", wait=5)
    try:
        found = said(text + ENTRY.format(name=name, wait=8))
    except QueueUnknown:
        return
    assert found == QueueState(2, None)


def test_telephones_that_could_answer_are_counted_and_those_that_are_free() -> None:
    """Not who is paused, nor who is away."""
    text = PARAMS.format(calls=0) + "".join(
        [
            member("PJSIP/operator-1", 1),
            member("PJSIP/operator-2", 2),
            member("PJSIP/operator-3", 6),
            member("PJSIP/operator-4", 1, paused=1),
            member("PJSIP/operator-5", 5),
            member("PJSIP/operator-6", 4),
        ]
    )
    assert said(text).operators == Operators(3, 1)


@pytest.mark.parametrize(
    "members",
    [
        "",
        member("Local/s@hotline-operators/n"),
        member() + member("Local/200@from-queue/n"),
        member("Agent/200"),
        member(status=0),
        member().replace("Status: 1", "Status: 9"),
    ],
)
def test_what_is_no_telephone_tells_of_no_operators(members: str) -> None:
    """A Local channel is free as long as the dialplan has its extension, also by night."""
    assert said(PARAMS.format(calls=0) + members).operators is None


def test_no_value_ends_its_line() -> None:
    """Whatever is in a setting, it is one action."""
    sent = written("Login", Username="a\r\nAction: Originate\n\rX: \0y", Key="k")
    assert sent == b"Action: Login\r\nUsername: aAction: OriginateX: y\r\nKey: k\r\n\r\n"


def test_messages_are_taken_out_whole() -> None:
    """A part of one waits for the rest; bytes that are no UTF-8 cost nothing."""
    received = bytearray(b"Response: Success\r\nMessage: \xff\r\n\r\nEvent: Que")
    (first,) = split(received)
    assert value(first, "response") == "Success"
    assert received == b"Event: Que"
    received += b"ueEntry\r\n\r\n"
    (second,) = split(received)
    assert value(second, "event") == "QueueEntry"
    assert value(second, "wait") == ""
