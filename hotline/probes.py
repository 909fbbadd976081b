"""Whether SIP and HTTP are answered: asked by who supervises a role, and by the doctor."""

import os
import socket
from contextlib import closing
from http.client import HTTPConnection
from urllib.parse import urlsplit

from hotline.answering import PROBE_SECONDS


def sip_answers(host: str, port: int) -> bool:
    """Whether something listens for SIP there: a SIP OPTIONS (RFC 3261, 11) gets any answer."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe:
        probe.settimeout(PROBE_SECONDS)
        probe.connect((host, port))
        own_host, own_port = probe.getsockname()
        branch = f"z9hG4bK{os.urandom(6).hex()}"
        probe.send(
            (
                f"OPTIONS sip:{host}:{port} SIP/2.0\r\n"
                f"Via: SIP/2.0/UDP {own_host}:{own_port};branch={branch};rport\r\n"
                f"From: <sip:probe@{own_host}>;tag={branch}\r\nTo: <sip:{host}:{port}>\r\n"
                f"Call-ID: {branch}\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 1\r\n"
                f"Contact: <sip:probe@{own_host}:{own_port}>\r\nContent-Length: 0\r\n\r\n"
            ).encode("ascii")
        )
        return probe.recv(4096).startswith(b"SIP/2.0")


def http_answers(url: str) -> bool:
    """Whether an HTTP server answers `url` with 200.

    Without TLS it is asked by a bare connection: httpx makes a TLS context for each of its clients,
    and a supervisor that asks every second spent a tenth of a core on those.
    """
    parts = urlsplit(url)
    if parts.scheme != "http" or parts.hostname is None:
        import httpx

        return httpx.get(url, timeout=PROBE_SECONDS, trust_env=False).status_code == 200
    asked = HTTPConnection(parts.hostname, parts.port, timeout=PROBE_SECONDS)
    with closing(asked) as connection:
        connection.request("GET", f"{parts.path}?{parts.query}" if parts.query else parts.path)
        return connection.getresponse().status == 200
