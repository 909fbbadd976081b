"""The version of a flow: a sum over what it says, whoever wrote it where and when."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

SHOWN = 12
"""Characters of a version: 48 bits, of which a city's flows will never have two alike."""
NUMBER = "version"
"""What flows were told apart by before: a number that its writer counted up."""


def version_of(head: Mapping[str, Any], nodes: Mapping[str, Any]) -> str:
    """The version of the flow with these nodes, as plain data of its files: 12 hex digits.

    Comments, line breaks, the order of nodes and the file that a node stands in are nothing to a
    call, and so nothing to it. `head` is all else of the flow's own file; a number that tells its
    version does not count.
    """
    said = {name: head[name] for name in sorted(head) if name not in (NUMBER, "nodes")}
    written = {"head": said, "nodes": {name: nodes[name] for name in sorted(nodes)}}
    text = json.dumps(written, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:SHOWN]


def told_version(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """Stored data of a call with its flow's version as text: releases before had numbers."""
    found = data.get("flow_version")
    return {**data, "flow_version": str(found)} if isinstance(found, int) else data
