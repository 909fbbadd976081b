"""Announcements as this house has them: fit to be said, told to the calls, their sounds at hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import sqlalchemy as sa

from hotline.bootstrap import Services
from outbox.periodic import THOROUGH_S, Periodic
from places.announcing import not_over, project
from places.schema import gazetteer
from places.templates import Templates, load_templates

SECONDS = 5.0
"""How often the relay looks whether the calls know what is on the air."""


def fault_of(services: Services) -> Callable[[str, str], str]:
    """What keeps a text of a language from being put on the air. Raises CatalogueError."""
    from ivr.prompt_lint import unspeakable
    from ivr.prompt_text import text_fault

    catalogue = services.catalogue

    def fault(language: str, text: str) -> str:
        if language not in catalogue.languages:
            return f"there are prompts in {', '.join(catalogue.languages)}, and none in {language}"
        return text_fault(text) or unspeakable(catalogue, language, text)

    return fault


def templates(services: Services) -> Templates:
    """The announcements that are ready. Raises FileWrong, CatalogueError."""
    return load_templates(services.settings.config_dir / "announcements.yaml", fault_of(services))


def make_sounds(services: Services, texts: Mapping[str, str]) -> None:
    """Make the sounds of an announcement that are not there. Raises AudioError, OSError."""
    from voice.wav import AudioError

    maker = services.texts.maker
    for said in texts.items():
        if not maker.is_there(said):
            try:
                maker.make(said)
            except AudioError as error:
                raise AudioError(f"{said[0]}: {error}") from error


def announcing(services: Services, now: Callable[[], Services]) -> Periodic:
    """Keeps the calls told what is on the air, and the sounds of it on this machine.

    An emptied Redis is told again, and so is who speaks by a voice that was changed meanwhile.
    """

    def look() -> None:
        from voice.texts import spoken_texts

        found = project(services.engine(), services.slow_redis, datetime.now(UTC))
        if found:
            now().texts.ready(spoken_texts(*(one.texts for one in found)), seconds=0)

    return Periodic("announcements", SECONDS, look, THOROUGH_S)


def texts_in_use(services: Services) -> list[str]:
    """The sounds that no prompt has and that callers may hear: names, and what is on the air.

    Raises FileWrong, CatalogueError, SQLAlchemyError.
    """
    from hotline.gazetteer import spoken_names

    engine = services.engine()
    if not sa.inspect(engine).has_table(gazetteer.name):
        return []  # a database that is still to be made
    texts = [one.texts for one in not_over(engine, datetime.now(UTC))]
    said = [*spoken_names(services), *(pair for each in texts for pair in each.items())]
    return [services.texts.maker.stem_of(one) for one in said]
