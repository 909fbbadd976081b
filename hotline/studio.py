"""What a studio has to say for this house, and what of it was said in other words."""

from collections.abc import Iterable

from hotline.bootstrap import Services
from hotline.voices_heard import SENT, heard_ways
from voice.script import Take, script
from voice.studio import recorded_texts, recording_hashes


def outdated_takes(services: Services) -> list[Take]:
    """The takes that say other words than their prompts do now.

    Raises what is in `hotline.menu.WRONG_FILE`.
    """
    if not recorded_texts(services.recorded_prompts):
        return []
    every = (script_of(services, language) for language in services.catalogue.languages)
    return [take for takes in every for take in takes if take.outdated]


def script_of(services: Services, language: str) -> list[Take]:
    """Every take in `language`, those that a caller who reports hears first.

    Raises what is in `hotline.menu.WRONG_FILE`.
    """
    hours = sorted({str(one.target_hours) for one in services.services.values()})
    days = [str(services.settings.retention.recordings_days)]
    counted = {"hours": hours, "days": days}

    def values(_name: str, kind: str) -> Iterable[str]:
        """All that this placeholder can be here: digits, and the spans of time that there are."""
        if kind in ("digits", "dictated", "last4", "phone"):
            return ("0123456789",)
        return counted.get(kind, ())

    return script(
        services.catalogue,
        (services.flow, services.inside_flow, *services.flows.earlier),
        language,
        to=SENT,
        heard={name for way in heard_ways(services) for name in way.sounds},
        counted=values,
        recorded=recording_hashes(services.recorded_prompts),
        texts=recorded_texts(services.recorded_prompts),
    )
