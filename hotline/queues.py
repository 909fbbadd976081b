"""The queues in which callers wait for operators: at each Asterisk, and at Twilio."""

from dataclasses import dataclass

from call_handlers.people_line.watch import Watched
from carriers.ami import AmiAccess, AmiQueue
from carriers.queue import QueueState, QueueUnknown
from carriers.twilio_queue import TwilioQueue
from hotline.asterisk_access import access_secret
from hotline.environment import SettingsWrong
from hotline.providers import twilio_account
from hotline.setting_forms import host_of, port_of
from hotline.settings import Settings
from ivr.turn import OPERATORS

_AMI_S, _TWILIO_S = 4.0, 10.0
"""How long between two questions: an open page asks every five seconds. Twilio's account has a
limit of requests that its calls need too."""
_TWILIO = "Twilio"


def watched_queues(settings: Settings) -> list[Watched]:
    """What the settings name; a queue that cannot be asked is there too, and says why."""
    return [*asterisk_queues(settings), *_twilio_queue(settings)]


def asterisk_queues(settings: Settings) -> list[Watched]:
    """That of each Asterisk whose manager interface is named."""
    ami = settings.ami
    names = {host: f"Asterisk {host}" for host in ami.hosts}
    try:
        secret = access_secret(settings) if names else ""
    except OSError as error:
        why = f"{error.filename}: {(error.strerror or '').lower()}"
        return [_unasked(name, why) for name in names.values()]
    accesses = {
        name: AmiAccess(host_of(host), port_of(host) or ami.port, ami.user, secret)
        for host, name in names.items()
    }
    return [Watched(name, AmiQueue(access, OPERATORS), _AMI_S) for name, access in accesses.items()]


def _twilio_queue(settings: Settings) -> list[Watched]:
    twilio = settings.twilio
    kind, _, name = twilio.operators.partition(":")
    if not twilio.configured or kind not in ("queue", "workflow"):
        return []
    try:
        account = twilio_account(settings)
    except SettingsWrong as error:
        return [_unasked(_TWILIO, "; ".join(error.problems))]
    if kind == "workflow":
        return [_unasked(_TWILIO, "who waits in a workflow of TaskRouter is not asked")]
    if account is None:
        return [_unasked(_TWILIO, "HOTLINE_TWILIO__ACCOUNT_SID is not set")]
    return [Watched(_TWILIO, TwilioQueue(account, name), _TWILIO_S)]


def _unasked(name: str, why: str) -> Watched:
    return Watched(name, _Unasked(why), _TWILIO_S)


@dataclass(frozen=True, slots=True)
class _Unasked:
    """A queue that nobody can be asked about."""

    why: str

    def ask(self) -> QueueState:
        """Raises QueueUnknown."""
        raise QueueUnknown(self.why, refused=True)

    def leave(self) -> None:
        """Nothing is kept."""
