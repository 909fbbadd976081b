"""What every answer carries so that a browser keeps to the house's rules (OWASP ASVS 5.0, V3.4).

There is no inline script or style anywhere, so none is allowed: what somebody smuggles into a page
is text. Pages are compressed here, for nothing in front need do it.
"""

import gzip

from flask import Flask, Response, request

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",  # Bootstrap's icons, and the code of a second factor
        "font-src 'self'",
        "connect-src 'self'",
        "media-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
_ENDS = ("/sign-out", "/me/sign-out-everywhere")
"""Where somebody goes: nothing of what they saw is to stay in the browser (14.3.1)."""
_SMALL = 1024
"""Bytes from which a page is worth compressing."""


def add_headers(app: Flask, *, secure: bool) -> None:
    """Have every answer of `app` carry them; `secure` where browsers come by TLS."""

    @app.after_request
    def carry(answer: Response) -> Response:
        answer.headers.setdefault("Content-Security-Policy", POLICY)
        answer.headers["X-Content-Type-Options"] = "nosniff"
        answer.headers["Referrer-Policy"] = "no-referrer"
        answer.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        answer.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        answer.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
        answer.headers.setdefault("Cache-Control", "no-store")
        if request.path in _ENDS and answer.status_code < 400:
            answer.headers["Clear-Site-Data"] = '"cache", "storage"'
        if secure:
            answer.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
        return _compressed(answer)


def _compressed(answer: Response) -> Response:
    """A page compressed, where the browser takes it.

    What a page says of others is not what its reader can choose, and its CSRF token is masked anew
    each time (Flask-WTF signs it with its moment): lengths tell nothing (BREACH).
    """
    if (
        answer.mimetype not in ("text/html", "application/json")
        or answer.is_streamed
        or answer.direct_passthrough
        or "Content-Encoding" in answer.headers
        or not request.accept_encodings.quality("gzip")
    ):
        return answer
    body = answer.get_data()
    if len(body) >= _SMALL:
        answer.set_data(gzip.compress(body, 6))
        answer.headers["Content-Encoding"] = "gzip"
        answer.headers.add("Vary", "Accept-Encoding")
    return answer
