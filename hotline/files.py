"""What people edit in the folder of the configuration: each file is read once, when it is needed.

A role that runs takes up changed files as another `HouseFiles` (`live.py`); this one never changes.

Several houses of one process, each with stores of its own, may have the same files. What reads a
file is imported with it: most commands need one of them or none.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from blacklist.policy import Policy
    from ivr.flow import Flow
    from ivr.flows import Flows
    from ivr.prompts import Catalogue
    from ivr.spoken.language import Language
    from places.hours import Hours
    from places.spoken_names import SpokenNames
    from tickets.catalogue import Service
    from tickets.destinations.file import DestinationsFile


def language_files(config: Path) -> Mapping[str, Path]:
    """The files of languages, by their codes."""
    return {path.stem: path for path in sorted((config / "languages").glob("*.yaml"))}


class HouseFiles:
    """The files of one folder. What is wrong in one is raised by whoever asks for it.

    `kept` are flows that calls in progress began with; who stands in a file is read from it.
    `commands` are the programs that say prompts, by language, as they are written in the settings.
    In `state` flows are found that have led calls here. `flow_file` is another flow to go by.
    """

    def __init__(
        self,
        folder: Path,
        kept: tuple[Flow, ...] = (),
        commands: Mapping[str, str] = MappingProxyType({}),
        state: Path | None = None,
        flow_file: Path | None = None,
    ) -> None:
        self._folder = folder
        self._state = state
        self._flow_file = flow_file or folder / "flows" / "940.yaml"
        self._kept = kept
        self._commands = commands

    @cached_property
    def flow(self) -> Flow:
        """The flow. Raises FlowFileError."""
        from ivr.load import load_flow

        return load_flow(self._flow_file)

    @cached_property
    def written(self) -> tuple[Flow, ...]:
        """The flow, and earlier versions of it that were put beside it. Raises FlowFileError."""
        from ivr.load import load_flow

        earlier = sorted((self._folder / "flows" / "earlier").glob("*.yaml"))
        return self.flow, *(load_flow(path) for path in earlier)

    @cached_property
    def flows(self) -> Flows:
        """The flow, and those that calls in progress began with. Raises FlowFileError."""
        from hotline.flow_archive import archive_of
        from ivr.flows import Flows

        found = {(flow.name, flow.version) for flow in self.written}
        kept = [flow for flow in self._kept if (flow.name, flow.version) not in found]
        archived = {} if self._state is None else {"archive": archive_of(self._state).find}
        return Flows(self.flow, (*self.written[1:], *kept), **archived)

    @cached_property
    def inside_flow(self) -> Flow:
        """The flow of the codes that inside telephones dial. Raises FlowFileError."""
        from ivr.load import load_flow

        return load_flow(self._folder / "flows" / "inside.yaml")

    @cached_property
    def languages(self) -> Mapping[str, Language]:
        """Every language that has a file, by its code. Raises FileWrong."""
        from ivr.languages import load_languages

        return load_languages(language_files(self._folder).values())

    @cached_property
    def catalogue(self) -> Catalogue:
        """The prompts, a file a language. Raises CatalogueError."""
        return self.catalogue_with(self.recorded_prompts)

    def catalogue_with(self, recordings: Path) -> Catalogue:
        """The prompts with the studio recordings of that folder. Raises CatalogueError."""
        from files.yaml_model import FileWrong
        from ivr.prompts import CatalogueError, load_catalogue
        from ivr.voices import Voices
        from voice.kept import KeptWrong, kept_audio
        from voice.studio import recording_hashes

        folder = self._folder / "prompts"
        paths = {path.stem: path for path in sorted(folder.glob("*.yaml"))}
        try:
            languages = self.languages
            voices = Voices(kept_audio(self.kept_voices), self._commands)
        except (FileWrong, KeptWrong) as error:
            raise CatalogueError(str(error)) from error
        return load_catalogue(paths, languages, recording_hashes(recordings), voices)

    @property
    def kept_voices(self) -> Path:
        """The folder of voices whose audio is kept with the prompts."""
        return self._folder / "prompts" / "voices"

    @property
    def recorded_prompts(self) -> Path:
        """The folder of studio recordings."""
        return self._folder / "prompts" / "recordings"

    @cached_property
    def services(self) -> Mapping[str, Service]:
        """The service catalogue. Raises FileWrong."""
        from tickets.catalogue import load_services

        return load_services(self._folder / "services.yaml")

    @cached_property
    def destinations(self) -> DestinationsFile:
        """Where tickets go; to the back office of the settings where no file says. FileWrong."""
        from tickets.catalogue import load_sub_municipalities
        from tickets.destinations.file import FILE, Known, load_destinations, the_office

        areas = load_sub_municipalities(self._folder / "sub_municipalities.yaml")
        known, path = Known(self.services, tuple(areas)), self._folder / FILE
        return load_destinations(path, known) if path.exists() else the_office(known, path)

    @cached_property
    def hours(self) -> Hours:
        """When the offices are open. Raises FileWrong."""
        from places.hours import load_hours

        return load_hours(self._folder / "hours.yaml")

    @cached_property
    def spoken_names(self) -> SpokenNames:
        """How names of the gazetteer are said. Raises FileWrong."""
        from places.spoken_names import load_spoken_names

        return load_spoken_names(self._folder / "spoken_names.yaml")

    @cached_property
    def policy(self) -> Policy:
        """The policy of screening. Raises PolicyWrong."""
        from blacklist.policy_load import load_policy

        return load_policy(self._folder / "screening.yaml")
