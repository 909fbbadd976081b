"""Where a call came from, as its network names it: the origination identifier of an attested call.

`origid` is a UUID (RFC 4122) that stands for a customer, a class of customers or the gateway by
which a call entered the network that attests it. It tells callers of one origin from others, and
nothing more of them (RFC 8588, section 5; ATIS-1000074). It means something beside an
attestation alone.
"""

import re

_UUID = re.compile(
    r"\{?([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})\}?",
    re.ASCII | re.IGNORECASE,
)
_NIL = "0" * 32


def origin_of(identifier: str, attestation: str) -> str:
    """The one form of an origination identifier: 32 hexadecimal digits, lower case, no hyphens.

    Empty where the call has no `attestation`, and for anything that is no UUID. The nil UUID (RFC
    4122, 4.1.7) is what gateways send that know of no origin: it names none either.
    """
    found = _UUID.fullmatch(identifier)
    if found is None or not attestation:
        return ""
    digits = "".join(found.groups()).lower()
    return "" if digits == _NIL else digits
