"""Which documents Twilio would perform, and what is read out of them."""

import pytest

from lab.callers.twiml import NotTwiml, parse
from lab.callers.twiml_verbs import Enqueue, Gather, Hangup, Pause, Play, Record, Reject, Say, Verb

WORKFLOW = f"WW{'0a' * 16}"


def read(inside: str) -> tuple[Verb, ...]:
    """The verbs of a response with these elements."""
    return parse(f"<Response>{inside}</Response>".encode())


def test_defaults_are_those_of_the_published_reference() -> None:
    """What an attribute means when it is left out."""
    assert read("<Gather/>") == (
        Gather((), "", frozenset({"dtmf"}), 0, "#", 5, False, "en-US", ""),
    )
    assert read("<Record/>") == (Record("", 3600, "1234567890*#", 5, ""),)
    assert read("<Enqueue>a</Enqueue><Hangup/>") == (Enqueue("a", "", ""), Hangup())


def test_everything_that_is_given_is_read() -> None:
    """Nested sounds keep their order, and escaped text is text again."""
    (gather,) = read(
        '<Gather action="/turn?a=1&amp;b=2" input="dtmf speech" numDigits="4" finishOnKey=""'
        ' timeout="3" actionOnEmptyResult="true" language="ar-SA" hints="واحد,اثنان"'
        ' speechTimeout="auto" method="POST">'
        "<Play>/a.wav</Play><Say language='ar-SA' voice='v'>&lt;مرحبا&gt;</Say><Pause length='2'/>"
        "</Gather>"
    )
    assert gather == Gather(
        (Play("/a.wav"), Say("<مرحبا>", "ar-SA", "v"), Pause(2)),
        *("/turn?a=1&b=2", frozenset({"dtmf", "speech"}), 4, "", 3, True, "ar-SA"),
        "واحد,اثنان",
    )
    assert read('<Reject reason="busy"/>') == (Reject("busy"),)
    task = f'<Enqueue workflowSid="{WORKFLOW}" action="/a"><Task priority="0">{{}}</Task></Enqueue>'
    assert read(task) == (Enqueue("", "/a", "", WORKFLOW, "{}", 0),)


@pytest.mark.parametrize(
    ("inside", "message"),
    [
        ("<Shout>hi</Shout>", "no verb <Shout>"),
        ("hello", "nobody would hear"),
        ("<Say>a</Say>b", "nobody would hear"),
        ("<Say></Say>", "nothing to say"),
        ("<Say>a<Play>/a</Play></Say>", "nothing can be nested"),
        ("<Play/>", "has no URL"),
        ('<Play volume="9">/a</Play>', "unknown here: volume"),
        ("<Gather><Record/></Gather>", "<Record> cannot be nested"),
        ('<Gather numDigits="0"/>', "numDigits"),
        ('<Gather numDigits="٤"/>', "numDigits"),
        ('<Gather timeout="1.5"/>', "timeout"),
        ('<Gather finishOnKey="#*"/>', "finishOnKey"),
        ('<Gather finishOnKey="a"/>', "finishOnKey"),
        ('<Gather input="touch"/>', "input"),
        ('<Gather method="GET"/>', "method is not POST"),
        ('<Gather speechTimeout="auto"/>', "without speech"),
        ('<Gather actionOnEmptyResult="yes"/>', "actionOnEmptyResult"),
        ('<Record maxLength="1"/>', "maxLength"),
        ("<Enqueue></Enqueue>", "1 to 64"),
        (f"<Enqueue>{'q' * 65}</Enqueue>", "1 to 64"),
        ("<Enqueue>a<Task>{}</Task></Enqueue>", "nothing can be nested"),
        ('<Enqueue workflowSid="WW1"><Task>{}</Task></Enqueue>', "workflowSid is none"),
        (f'<Enqueue workflowSid="{WORKFLOW}"/>', "one <Task>"),
        (f'<Enqueue workflowSid="{WORKFLOW}">a<Task>{{}}</Task></Enqueue>', "nobody would hear"),
        (f'<Enqueue workflowSid="{WORKFLOW}"><Task>ar</Task></Enqueue>', "no JSON"),
        (f'<Enqueue workflowSid="{WORKFLOW}"><Task>[]</Task></Enqueue>', "no JSON object"),
        (
            f'<Enqueue workflowSid="{WORKFLOW}"><Task priority="-1">{{}}</Task></Enqueue>',
            "priority",
        ),
        ("<Dial></Dial>", "no number"),
        ("<Dial><Robot>1</Robot></Dial>", "cannot be dialled"),
        ('<Say>a</Say><Reject reason="busy"/>', "must be the first"),
        ("<Say>\x01</Say>", "well-formed"),
        ("<Say>a & b</Say>", "well-formed"),
    ],
)
def test_what_is_refused(inside: str, message: str) -> None:
    """Each is a mistake that Twilio would hide in its debugger."""
    with pytest.raises(NotTwiml, match=message):
        read(inside)


def test_a_document_of_another_kind_or_size_is_refused() -> None:
    """The root, and Twilio's limit of 64 KB."""
    with pytest.raises(NotTwiml, match="not <Response>"):
        parse(b"<html/>")
    with pytest.raises(NotTwiml, match="Twilio takes"):
        read(f"<Say>{'a' * 65_536}</Say>")
