"""What the ways through the menu ask of callers, by the sounds that are there."""

import json
from collections.abc import Iterator
from dataclasses import replace

from call_handlers.effects.every import CONTRACTS
from hotline.bootstrap import Services
from ivr.flow import Flow, Limit
from ivr.lint import TEDIOUS, Finding
from ivr.timing import Timed, all_timed, past, ways
from voice.texts import Said, spoken_texts

_MADE_WITHIN_S = 20.0


def timed_ways(services: Services, limit: Limit) -> list[Timed]:
    """Every way that `limit` is of, by the sounds there are; longest first.

    Names that stand for those of the gazetteer (`examples` of the flow) are made where they are
    missing.
    """
    days = {"kept_days": str(services.settings.retention.recordings_days)}
    flow = replace(services.flow, examples={**services.flow.examples, **days})
    services.texts.ready(_names(flow), _MADE_WITHIN_S)
    catalogue, seconds = services.catalogue, services.sound_folder.now()
    walked = ways(flow, limit.to, CONTRACTS, known=limit.known, without=limit.without)
    return sorted(all_timed(walked, catalogue, seconds), key=lambda way: -way.seconds)


def tedious(services: Services) -> Iterator[Finding]:
    """Ways that ask more of a caller than the flow allows. Without its sounds none is measured."""
    flow = services.flow
    for limit in flow.limits:
        where = f"{flow.place(limit.to)}: {limit.to}"
        told: set[str] = set()
        for way in timed_ways(services, limit):  # the longest first: one of each language is told
            fault, language = past(limit, way), way.walked.language
            if fault and not way.missing and language not in told:
                told.add(language)
                keys = " ".join(way.walked.presses)
                message = f"{limit.name}, {language}, by {keys}: {fault}"
                yield Finding(where, TEDIOUS, f"{message} (`hotline flow timing` has all)")


def _names(flow: Flow) -> list[Said]:
    """The examples that are names by language."""
    found: list[Said] = []
    for example in flow.examples.values():
        if example.startswith("{"):
            found += spoken_texts(json.loads(example))
    return found
