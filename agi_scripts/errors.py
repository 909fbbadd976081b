"""What goes wrong on the AGI wire, divided in ours and theirs.

`LocalError` is our own mistake: a command that the wire cannot carry; nothing was sent.
`RemoteError` is what Asterisk, or the network between, did. Where pyst2 has a term for it the
class is also pyst2's, so code written against pyst2's exceptions meets the ones it knows.
"""

from asterisk.agi import (
    AGIAppError,
    AGIError,
    AGIHangup,
    AGIInvalidCommand,
    AGISIGPIPEHangup,
    AGIUnknownError,
    AGIUsageError,
)


class LocalError(AGIError):
    """We asked for a command that cannot be sent. Nothing was sent."""


class RemoteError(AGIError):
    """Asterisk, or the network between, did something that ends or spoils the command."""


class BadEnvironment(RemoteError):
    """The block of `agi_*` lines is too long, or did not end."""


class BadReply(RemoteError, AGIUnknownError):
    """A reply that is none."""


class InvalidCommand(RemoteError, AGIInvalidCommand):
    """510: Asterisk does not know the command."""


class BadUsage(RemoteError, AGIUsageError):
    """520: Asterisk knows the command, but not with these arguments."""


class ApplicationFailed(RemoteError, AGIAppError):
    """`result=-1` or `-2` while the caller is still there."""


class PromptNotPlayed(ApplicationFailed):
    """Asterisk could not play a prompt's files, in no language: the caller would hear nothing."""


class CallerGone(RemoteError, AGIHangup):
    """The caller has hung up: a `HANGUP` line, or 511 on a dead channel."""


class ConnectionLost(RemoteError, AGISIGPIPEHangup):
    """The connection closed in mid-call. It does not say that the caller has gone."""


class DeadlinePassed(RemoteError):
    """Asterisk took longer than the command can honestly take."""
