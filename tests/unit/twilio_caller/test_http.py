"""Signed forms to the place where a public URL really is, and audio that can be played."""

from collections.abc import Iterator

import pytest
from pytest_httpserver import HTTPServer
from twilio.request_validator import RequestValidator
from werkzeug import Request as Received
from werkzeug import Response

from lab.callers.twilio_http import Answer, NoAnswer, Playback, Request, TwilioHttp
from tests.fixtures.twilio_web import wav

PUBLIC = "https://city.example/hotline"
URL = f"{PUBLIC}/turn?name=%27a%7E&b=%C3%A9"


@pytest.fixture
def twilio(httpserver: HTTPServer) -> Iterator[TwilioHttp]:
    """Twilio, with a token."""
    http = TwilioHttp(PUBLIC, httpserver.url_for("/"), "token")
    yield http
    http.close()


def test_a_form_is_signed_over_the_public_url(twilio: TwilioHttp, httpserver: HTTPServer) -> None:
    """The server gets the raw query as it stands, and the public name in Host."""
    received: list[Received] = []

    def answer(request: Received) -> Response:
        request.get_data()
        received.append(request)
        return Response("<Response/>", content_type="text/xml; charset=utf-8")

    httpserver.expect_request("/turn", method="POST").respond_with_handler(answer)
    form = {"Digits": "12", "SpeechResult": "نعم & é+"}
    assert twilio.send(Request(URL, form)) == Answer(200, "text/xml", b"<Response/>")
    (request,) = received
    assert request.query_string == b"name=%27a%7E&b=%C3%A9"
    assert request.host == "city.example"
    assert request.form.to_dict() == form
    signature = request.headers["X-Twilio-Signature"]
    assert RequestValidator("token").validate(URL, form, signature)
    assert not RequestValidator("other").validate(URL, form, signature)


def test_a_url_that_is_not_public_is_not_asked(twilio: TwilioHttp) -> None:
    """An address of the inside, or of somebody else, is a mistake in the TwiML."""
    for url in ("http://127.0.0.1/turn", "https://city.example/other", "https://city.example.org/"):
        with pytest.raises(NoAnswer, match="is not under"):
            twilio.send(Request(url, {}))


def test_a_redirection_is_not_followed(twilio: TwilioHttp, httpserver: HTTPServer) -> None:
    """Twilio would turn the POST into a GET and lose the form."""
    away = Response(status=302, headers={"Location": "/elsewhere"})
    httpserver.expect_request("/turn").respond_with_response(away)
    assert twilio.send(Request(URL, {})).status == 302


def test_a_server_that_is_gone_gives_no_answer(httpserver: HTTPServer) -> None:
    """Refused at once, or silent for too long."""
    gone = TwilioHttp(PUBLIC, "http://127.0.0.1:1", "token")
    with pytest.raises(NoAnswer, match="ConnectError"):
        gone.send(Request(URL, {}))
    gone.close()


def test_audio_is_fetched_once_and_measured(twilio: TwilioHttp, httpserver: HTTPServer) -> None:
    """As Twilio's cache does."""
    body = Response(wav(2.5), content_type="audio/x-wav")
    httpserver.expect_oneshot_request("/a.wav").respond_with_response(body)
    playback = Playback(twilio.fetch)
    assert playback.seconds(f"{PUBLIC}/a.wav") == playback.seconds(f"{PUBLIC}/a.wav") == 2.5


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (Answer(404, "audio/wav", wav()), "status 404"),
        (Answer(200, "text/html", wav()), "text/html in place of audio"),
        (Answer(200, "", wav()), "nothing in place of audio"),
        (Answer(200, "audio/wav", b"RIFF"), "no WAV audio"),
        (Answer(200, "audio/wav", wav(0)), "empty WAV"),
    ],
)
def test_what_cannot_be_played(answer: Answer, message: str) -> None:
    """It would be silence to the caller."""
    with pytest.raises(NoAnswer, match=message):
        Playback(lambda _url: answer).seconds(f"{PUBLIC}/a.wav")
