"""A receiver of tickets, whole: `SECRETS=whsec_… python3 receiver.py` (nothing but Python 3.9)."""

import base64
import hmac
import json
import os
import sqlite3
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRETS = os.environ["SECRETS"].split(",")  # while they are exchanged: the new one and the old
KEYS = [base64.b64decode(secret.strip().removeprefix("whsec_")) for secret in SECRETS]
FILE = os.environ.get("TICKETS", "tickets.db")

KEEP = """INSERT INTO tickets VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET body = excluded.body
    WHERE json_extract(excluded.body, '$.data.version') > json_extract(body, '$.data.version')"""


def genuine(key: str, at: str, signatures: str, body: bytes) -> bool:
    """Whether one of our secrets signed these very bytes within the last five minutes."""
    if not (at.isascii() and at.isdigit()) or abs(time.time() - int(at)) > 300:
        return False
    signed = f"{key}.{at}.".encode() + body
    ours = [b"v1," + base64.b64encode(hmac.digest(secret, signed, "sha256")) for secret in KEYS]
    return any(hmac.compare_digest(o, s.encode()) for o in ours for s in signatures.split())


class Receiver(BaseHTTPRequestHandler):
    timeout = 10

    def do_POST(self) -> None:
        length = self.headers["content-length"] or ""
        if not (length.isascii() and length.isdigit()) or int(length) > 1_000_000:
            return self.answer(400, {"error": "length_refused"})
        body = self.rfile.read(int(length))
        key, at, signatures = (
            self.headers[f"webhook-{name}"] or "" for name in ("id", "timestamp", "signature")
        )
        if not genuine(key, at, signatures, body):
            return self.answer(401, {"error": "signature_refused"})
        event = json.loads(body)
        if event["type"] not in ("ticket.opened", "ticket.updated"):
            return self.answer(200, {})  # of a later release: nothing that we know
        key = event["data"]["idempotency_key"]
        row = (key, event["data"]["service_request_id"], body.decode())
        with sqlite3.connect(FILE) as db:  # committed before we say that we have it
            db.execute(KEEP, row)  # once, by its key; of several versions the newest
            found = db.execute("SELECT rowid FROM tickets WHERE key = ?", (key,)).fetchone()
        return self.answer(200, {"id": f"CRM-{found[0]}"})

    def answer(self, status: int, said: dict[str, str]) -> None:
        text = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


if __name__ == "__main__":
    with sqlite3.connect(FILE) as tickets:
        tickets.execute("CREATE TABLE IF NOT EXISTS tickets (key PRIMARY KEY, reference, body)")
    port = int(os.environ.get("PORT", "8941"))
    ThreadingHTTPServer((os.environ.get("HOST", "127.0.0.1"), port), Receiver).serve_forever()
