"""What a PASSporT says of a call's origin, where Twilio has verified it.

A PASSporT is a JWS in its compact form: header, claims and signature, each base64url, joined by
dots (RFC 8225; RFC 7515, 7.1). SHAKEN's claims `attest` and `origid` are RFC 8588's. The signature
is not looked at here: Twilio has, and says in `StirVerstat` what came of it.
"""

import base64
import json
import re
from typing import Any, NoReturn

from call_handlers.origin import origin_of

LONGEST = 8192
"""Characters of a token; SHAKEN's have about 700."""
_JWS = re.compile(r"[A-Za-z0-9_-]+\.([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]+")


def origin_in(token: str, attestation: str) -> str:
    """The origin that a token names; empty where it names none.

    The token must claim the `attestation` that Twilio found (A, B or C), or it is another call's.
    Never raises: whatever is no such token says nothing.
    """
    if not attestation or len(token) > LONGEST:
        return ""
    claims = _claims(token)
    origid = claims.get("origid")
    if claims.get("attest") != attestation or not isinstance(origid, str):
        return ""
    return origin_of(origid, attestation)


def _claims(token: str) -> dict[str, Any]:
    """The claims of a token, none where it cannot be read."""
    jws = _JWS.fullmatch(token.partition(";")[0])  # parameters may follow it (RFC 8224, 4)
    if jws is None:
        return {}
    try:
        text = base64.urlsafe_b64decode(jws[1] + "=" * (-len(jws[1]) % 4)).decode()
        claims = json.loads(text, object_pairs_hook=_once, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose names are all different: of two values for one name, neither is believed."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice")
    return found


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")
