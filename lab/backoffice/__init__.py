"""The reference back office: a small receiver that stands for the city's system.

It verifies the signature of every push, makes a ticket once per idempotency key however often it
is sent, and counts how often it was. For demos and tests; bind it to loopback: `GET /tickets`
shows personal data to whoever asks.
"""

from lab.backoffice.app import create_backoffice
from lab.backoffice.server import serve_backoffice

__all__ = ["create_backoffice", "serve_backoffice"]
