"""A caller hears what they have said: the address that Twilio is given, and what it finds there."""

from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from call_handlers.twilio.heard import Heard
from call_handlers.twilio.render import Rendering
from tests.fixtures.calls import House
from tests.fixtures.dialog import LOOKED_UP, REPORT
from tests.fixtures.recordings import wav
from tests.fixtures.twilio import BASE, CALL_ID, RECORDING, TOKEN, TwilioClient, rendering, web_app

REFERENCE = f"{CALL_ID}-{len(REPORT) + LOOKED_UP + 1}"


def told(language: str) -> bytes | None:
    """The words that there is nothing to be heard."""
    return f"none in {language}".encode()


class Playing:
    """A caller at `confirm` whose recording is `sound`."""

    def __init__(self, house: House, sound: bytes | None) -> None:
        desk = house.desk()
        there = rendering(lambda _: True)
        self.heard = Heard(BASE, TOKEN, desk.find, lambda _reference: sound, told)
        speaker = replace(there.speaker, heard=self.heard.url)
        rendered: Rendering = replace(there, speaker=speaker)
        self.caller = TwilioClient(web_app(desk, rendered=rendered, heard=self.heard))
        self.caller.dial()
        self.caller.press(*REPORT)
        self.caller.act(RecordingSid=RECORDING, RecordingDuration="3", Digits="#")
        self.caller.press("4", "1")

    @property
    def http(self) -> FlaskClient:
        """Twilio as it fetches what it plays: unsigned."""
        return self.caller.http

    @property
    def url(self) -> str:
        """The address in the TwiML."""
        first = self.caller.twiml.find("Gather/Play")
        assert first is not None
        assert first.text
        return first.text.removeprefix(BASE)


def test_a_caller_hears_their_recording_and_the_choices_after_it(house: House) -> None:
    """It is fetched as it is, kept nowhere, and played over keys as a menu is."""
    playing = Playing(house, wav())
    assert playing.url == playing.heard.url(REFERENCE).removeprefix(BASE)
    answer = playing.http.get(playing.url)
    assert (answer.status_code, answer.content_type) == (200, "audio/wav")
    assert answer.get_data() == wav()
    assert answer.headers["Cache-Control"] == "no-store"
    assert playing.caller.verbs == ["Gather"]


def test_what_cannot_be_played_is_answered_with_words(house: House) -> None:
    """An error would end the call for the caller; this goes on."""
    playing = Playing(house, None)
    answer = playing.http.get(playing.url)
    assert (answer.status_code, answer.get_data()) == (200, b"none in ar")


@pytest.mark.parametrize("forged", ["", "0" * 32, "x", "é" * 32, "0" * 31])
def test_an_address_that_is_not_ours_leads_to_nothing(house: House, forged: str) -> None:
    """Whoever guesses a call and a turn lacks the signature."""
    playing = Playing(house, wav())
    assert playing.http.get(f"/twilio/heard/{REFERENCE}/{forged}").status_code == 403
    other = playing.url.replace(REFERENCE, f"{CALL_ID}-7")
    assert playing.http.get(other).status_code == 403
    assert playing.http.post(playing.url).status_code in (403, 405)


def test_the_address_ends_with_the_call(house: House) -> None:
    """Afterwards a recording is fetched by who may, and audited."""
    playing = Playing(house, wav())
    url = playing.url
    playing.caller.status("completed")
    assert playing.http.get(url).status_code == 404
