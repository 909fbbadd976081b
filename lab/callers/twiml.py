"""TwiML as Twilio reads it: one document becomes frozen verbs, or is refused.

Stricter than Twilio, which warns and goes on: an unknown verb or attribute, a value out of bounds
and a nesting that is not allowed are errors here, because each is a mistake of the web application.
The attributes and their defaults are those of Twilio's published TwiML reference.
"""

import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Mapping

from lab.callers.twiml_verbs import (
    Dial,
    Enqueue,
    Gather,
    Hangup,
    Leave,
    Pause,
    Play,
    Record,
    Redirect,
    Reject,
    Say,
    Sound,
    Verb,
)

LONGEST_DOCUMENT = 64 * 1024
"""Bytes (error 11750)."""
KEYS = "0123456789*#"
_INPUTS = frozenset({"dtmf", "speech", "dtmf speech", "speech dtmf"})


class NotTwiml(Exception):
    """Twilio would not perform this document, or not as it is meant."""


def parse(document: bytes) -> tuple[Verb, ...]:
    """The verbs of a `<Response>`, in order. Raises NotTwiml."""
    if len(document) > LONGEST_DOCUMENT:
        raise NotTwiml(f"{len(document)} bytes: Twilio takes {LONGEST_DOCUMENT}")
    try:
        root = ElementTree.fromstring(document)  # noqa: S314 - what our own server says
    except ElementTree.ParseError as error:
        raise NotTwiml(f"no well-formed XML: {error}") from None
    if root.tag != "Response" or root.attrib:
        raise NotTwiml(f"the document is <{root.tag}>, not <Response>")
    _no_text(root)
    verbs = []
    for place, element in enumerate(root):
        make = _VERBS.get(element.tag)
        if make is None:
            raise NotTwiml(f"there is no verb <{element.tag}>")
        verb = make(_Element(element))
        if isinstance(verb, Reject) and place > 0:
            raise NotTwiml("<Reject> must be the first verb: after any other the call is answered")
        verbs.append(verb)
    return tuple(verbs)


class _Element:
    """One element; attributes are taken one by one, and none may be left."""

    def __init__(self, element: ElementTree.Element) -> None:
        self.element = element
        self._left = dict(element.attrib)

    def text(self, name: str, default: str = "") -> str:
        return self._left.pop(name, default)

    def number(self, name: str, default: int, least: int = 1) -> int:
        value = self._left.pop(name, None)
        if value is None:
            return default
        if not re.fullmatch("[0-9]{1,6}", value) or int(value) < least:
            raise self.wrong(f'{name}="{value}" is no whole number from {least} on')
        return int(value)

    def flag(self, name: str) -> bool:
        return self.one_of(name, ("false", "true")) == "true"

    def one_of(self, name: str, allowed: tuple[str, ...]) -> str:
        value = self._left.pop(name, allowed[0])
        if value not in allowed:
            raise self.wrong(f'{name}="{value}" is none of {", ".join(allowed)}')
        return value

    def keys(self, default: str, most: int) -> str:
        value = self._left.pop("finishOnKey", default)
        if len(value) > most or not set(value) <= set(KEYS):
            raise self.wrong(f'finishOnKey="{value}"')
        return value

    def posted(self, *methods: str) -> None:
        """Forms come by POST; a GET would put what the caller entered into access logs."""
        for name in methods:
            if self._left.pop(name, "POST") != "POST":
                raise self.wrong(f"{name} is not POST")

    def done(self) -> None:
        if self._left:
            raise self.wrong(f"unknown here: {', '.join(sorted(self._left))}")

    def words(self) -> str:
        if len(self.element):
            raise self.wrong("nothing can be nested in it")
        return (self.element.text or "").strip()

    def url(self) -> str:
        url = self.words()
        if not url:
            raise self.wrong("has no URL")
        return url

    def wrong(self, what: str) -> NotTwiml:
        return NotTwiml(f"<{self.element.tag}>: {what}")


def _play(element: _Element) -> Play:
    element.number("loop", 1)
    element.done()
    return Play(element.url())


def _say(element: _Element) -> Say:
    text = element.words()
    if not text:
        raise element.wrong("has nothing to say")
    element.number("loop", 1)
    said = Say(text, element.text("language"), element.text("voice"))
    element.done()
    return said


def _pause(element: _Element) -> Pause:
    pause = Pause(element.number("length", 1))
    element.done()
    element.words()
    return pause


_SOUNDS: Mapping[str, Callable[[_Element], Sound]] = {
    "Play": _play,
    "Say": _say,
    "Pause": _pause,
}


def _gather(element: _Element) -> Gather:
    _no_text(element.element)
    sounds = []
    for child in element.element:
        make = _SOUNDS.get(child.tag)
        if make is None:
            raise element.wrong(f"<{child.tag}> cannot be nested in it")
        sounds.append(make(_Element(child)))
    inputs = element.text("input", "dtmf")
    if inputs not in _INPUTS:
        raise element.wrong(f'input="{inputs}"')
    element.posted("method")
    speech_timeout = element.text("speechTimeout")
    element.text("speechModel")
    element.flag("profanityFilter")
    element.one_of("bargeIn", ("true", "false"))
    gather = Gather(
        sounds=tuple(sounds),
        action=element.text("action"),
        inputs=frozenset(inputs.split()),
        num_digits=element.number("numDigits", 0),
        finish_on_key=element.keys("#", most=1),
        timeout_s=element.number("timeout", 5),
        on_empty=element.flag("actionOnEmptyResult"),
        language=element.text("language", "en-US"),
        hints=element.text("hints"),
    )
    if speech_timeout and "speech" not in gather.inputs:
        raise element.wrong("speechTimeout without speech")
    element.done()
    return gather


def _record(element: _Element) -> Record:
    element.posted("method", "recordingStatusCallbackMethod")
    element.one_of("playBeep", ("true", "false"))
    element.one_of("trim", ("trim-silence", "do-not-trim"))
    element.text("recordingStatusCallbackEvent")
    record = Record(
        action=element.text("action"),
        max_s=element.number("maxLength", 3600, least=2),
        finish_on_key=element.keys("1234567890*#", most=len(KEYS)),
        timeout_s=element.number("timeout", 5),
        status_callback=element.text("recordingStatusCallback"),
    )
    element.done()
    element.words()
    return record


def _dial(element: _Element) -> Dial:
    element.posted("method")
    for ignored in ("callerId", "ringTone", "hangupOnStar", "timeLimit"):
        element.text(ignored)
    element.flag("answerOnBridge")
    numbers = [(child.text or "").strip() for child in element.element]
    if not all(child.tag in ("Number", "Sip", "Queue", "Client") for child in element.element):
        raise element.wrong("what is nested cannot be dialled")
    numbers = numbers or [(element.element.text or "").strip()]
    if not all(numbers):
        raise element.wrong("has no number")
    dial = Dial(tuple(numbers), element.text("action"), element.number("timeout", 30))
    element.done()
    return dial


def _enqueue(element: _Element) -> Enqueue:
    element.posted("method", "waitUrlMethod")
    workflow = element.text("workflowSid")
    name, task, priority = "", "", 0
    if workflow:
        task, priority = _task(element, workflow)
    else:
        name = element.words()
        if not 0 < len(name) <= 64:
            raise element.wrong("a queue's name has 1 to 64 characters")
    action, wait_url = element.text("action"), element.text("waitUrl")
    element.done()
    return Enqueue(name, action, wait_url, workflow, task, priority)


def _task(element: _Element, workflow: str) -> tuple[str, int]:
    """The task's attributes and priority. TaskRouter takes one, and JSON alone."""
    if not re.fullmatch("WW[0-9a-f]{32}", workflow):
        raise element.wrong("workflowSid is none")
    _no_text(element.element)
    children = list(element.element)
    if [child.tag for child in children] != ["Task"]:
        raise element.wrong("a workflow needs one <Task>")
    task = _Element(children[0])
    priority = task.number("priority", 0, least=0)
    task.done()
    attributes = task.words()
    try:
        if not isinstance(json.loads(attributes), dict):
            raise task.wrong("its attributes are no JSON object")
    except ValueError:
        raise task.wrong("its attributes are no JSON") from None
    return attributes, priority


def _redirect(element: _Element) -> Redirect:
    element.posted("method")
    element.done()
    return Redirect(element.url())


def _leave(element: _Element) -> Leave:
    element.done()
    element.words()
    return Leave()


def _hangup(element: _Element) -> Hangup:
    element.done()
    element.words()
    return Hangup()


def _reject(element: _Element) -> Reject:
    reject = Reject(element.one_of("reason", ("rejected", "busy")))
    element.done()
    return reject


_VERBS: Mapping[str, Callable[[_Element], Verb]] = {
    **_SOUNDS,
    "Gather": _gather,
    "Record": _record,
    "Dial": _dial,
    "Enqueue": _enqueue,
    "Redirect": _redirect,
    "Leave": _leave,
    "Hangup": _hangup,
    "Reject": _reject,
}


def _no_text(element: ElementTree.Element) -> None:
    """Text beside verbs is never heard: it is a mistake."""
    loose = (element.text or "") + "".join(child.tail or "" for child in element)
    if loose.strip():
        raise NotTwiml(f"text in <{element.tag}> that nobody would hear")
