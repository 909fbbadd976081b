"""Asterisk's manager interface (AMI), opened to who asks how many callers wait, from this machine.

A user without any class of rights may still ask for what Asterisk keeps from nobody. That is
`QueueStatus`; it is also taking a caller out of a queue or a bridge. So the secret is as closed as
any other, and the list of addresses is this machine's alone until somebody edits it.
"""

from dataclasses import dataclass, field

FILE = "hotline_manager.conf"
"""What manager.conf includes in its section [general]."""


@dataclass(frozen=True, slots=True)
class ManagerAccess:
    """Where the interface listens on loopback, and the one user that it knows."""

    port: int
    user: str
    secret: str = field(repr=False)


def manager_file(access: ManagerAccess) -> str:
    """The text of `FILE` that opens it."""
    return f"""\
; The manager interface is open, to the console: it asks how many callers wait for operators.
; `hotline asterisk install` has written this, because HOTLINE_AMI__HOSTS is set. For a console on
; another machine bind it to a private address, and put that machine in the place of the acl
; (deny = 0.0.0.0/0.0.0.0, permit = 10.0.0.5/255.255.255.255).

enabled = yes
bindaddr = 127.0.0.1
port = {access.port}

[{access.user}]
secret = {access.secret}
acl = hotline-loopback
; No class of rights: no events, no commands, no calls. Whoever has the secret could still take
; callers out of the queue: keep it closed.
read =
write =
"""
