"""Requests as Twilio sends them: forms, signed over the public URL, for 15 seconds at most."""

import io
import wave
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx
from twilio.request_validator import RequestValidator

TIMEOUT_S = 15.0
"""How long Twilio waits for a webhook before it goes to the fallback."""
_USER_AGENT = "TwilioProxy/1.1"


class NoAnswer(Exception):
    """The web application could not be asked, or did not answer in time."""


@dataclass(frozen=True, slots=True)
class Request:
    """One form to one public URL."""

    url: str
    form: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    content_type: str
    body: bytes


Send = Callable[[Request], Answer]
"""Delivers a request. Raises NoAnswer."""


class TwilioHttp:
    """Twilio's side of HTTP: `public` is the base URL that it knows, `local` where that really is.

    A URL that does not begin with `public` is refused: what the application tells Twilio must be
    reachable from outside.
    """

    def __init__(self, public: str, local: str, token: str, timeout_s: float = TIMEOUT_S) -> None:
        self._public = public.rstrip("/")
        self._local = local.rstrip("/")
        self._validator = RequestValidator(token)
        self._client = httpx.Client(
            timeout=timeout_s, trust_env=False, headers={"User-Agent": _USER_AGENT}
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def send(self, request: Request) -> Answer:
        """Post the form, signed. Raises NoAnswer."""
        signature = self._validator.compute_signature(request.url, dict(request.form))
        return self._asked(
            lambda: self._client.post(
                self._where(request.url),
                data=dict(request.form),
                headers={"X-Twilio-Signature": signature, "Host": urlsplit(request.url).netloc},
            )
        )

    def fetch(self, url: str) -> Answer:
        """Get the audio that is to be played. Raises NoAnswer."""
        host = {"Host": urlsplit(url).netloc}
        return self._asked(lambda: self._client.get(self._where(url), headers=host))

    def _where(self, url: str) -> str:
        if not url.startswith(f"{self._public}/"):
            raise NoAnswer(f"{url} is not under {self._public}")
        return self._local + url[len(self._public) :]

    def _asked(self, ask: Callable[[], httpx.Response]) -> Answer:
        try:
            response = ask()
        except httpx.HTTPError as error:
            raise NoAnswer(f"{type(error).__name__}: {error}") from None
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        return Answer(response.status_code, kind, response.content)


class Playback:
    """Audio as Twilio plays it: fetched once, then from its cache; it must be WAV with sound."""

    def __init__(self, fetch: Callable[[str], Answer]) -> None:
        self._fetch = fetch
        self._seconds: dict[str, float] = {}

    def seconds(self, url: str) -> float:
        """How long it lasts (s). Raises NoAnswer when it cannot be played."""
        if url not in self._seconds:
            self._seconds[url] = _wav_seconds(self._fetch(url))
        return self._seconds[url]


def _wav_seconds(answer: Answer) -> float:
    if answer.status != 200:
        raise NoAnswer(f"status {answer.status} in place of audio")
    if answer.content_type not in ("audio/wav", "audio/wave", "audio/x-wav"):
        raise NoAnswer(f"{answer.content_type or 'nothing'} in place of audio/wav")
    try:
        with wave.open(io.BytesIO(answer.body)) as sound:
            frames, rate = sound.getnframes(), sound.getframerate()
    except (wave.Error, EOFError) as error:
        raise NoAnswer(f"no WAV audio: {error}") from None
    if not frames:
        raise NoAnswer("an empty WAV")
    return float(frames / rate)
