"""Announcements as this house has them: fit to be said, told to the calls, their sounds at hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import sqlalchemy as sa

from hotline.bootstrap import Services
from outbox.periodic import THOROUGH_S, Periodic
from places.announcing import Refused, not_over, project
from places.schema import gazetteer
from places.templates import Templates, load_templates
from voice.wav import files_of

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


def texts_of(services: Services, template: str, given: Mapping[str, str]) -> dict[str, str]:
    """The texts of an announcement by language, all fit to be said.

    A text that is `given` stands in place of the template's (empty for none). Raises Refused,
    FileWrong, CatalogueError.
    """
    ready = templates(services) if template else {}
    if template and template not in ready:
        raise Refused(f"{_line(template)}: there are the templates {', '.join(ready) or 'none'}")
    given = {language: " ".join(text.split()) for language, text in given.items()}
    fault = fault_of(services)
    for language, text in given.items():
        if found := fault(language, text):
            raise Refused(f"{_line(language)}: {found}")
    return {**ready.get(template, {}), **given}


def _line(text: str) -> str:
    """Text of people as it may stand on a terminal."""
    return "".join(one if one.isprintable() else " " for one in text)


def sound_of(services: Services, language: str, text: str) -> bytes:
    """What a text sounds like (8 kHz WAV), made where it is not there. AudioError, OSError."""
    make_sounds(services, {language: text})
    maker = services.texts.maker
    return files_of(maker.folder, maker.stem_of((language, text)))[0].read_bytes()


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
