"""What people edit in the folder of the configuration: each file is read once, when it is needed.

Several houses of one process, each with stores of its own, may have the same files.
"""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from blacklist.policy import Policy
from blacklist.policy_load import load_policy
from ivr.flow import Flow
from ivr.flows import Flows
from ivr.load import load_flow
from ivr.prompts import Catalogue, load_catalogue
from tickets.catalogue import Service, load_services
from voice.studio import recording_hashes


class HouseFiles:
    """The files of one folder. What is wrong in one is raised by whoever asks for it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @cached_property
    def flow(self) -> Flow:
        """The flow. Raises FlowFileError."""
        return load_flow(self._folder / "flows" / "940.yaml")

    @cached_property
    def flows(self) -> Flows:
        """The flow, and earlier versions of it that were put beside it. Raises FlowFileError."""
        kept = sorted((self._folder / "flows" / "earlier").glob("*.yaml"))
        return Flows(self.flow, tuple(load_flow(path) for path in kept))

    @cached_property
    def inside_flow(self) -> Flow:
        """The flow of the codes that inside telephones dial. Raises FlowFileError."""
        return load_flow(self._folder / "flows" / "inside.yaml")

    @cached_property
    def catalogue(self) -> Catalogue:
        """The prompts, a file a language. Raises CatalogueError."""
        folder = self._folder / "prompts"
        paths = {path.stem: path for path in sorted(folder.glob("*.yaml"))}
        return load_catalogue(paths, recording_hashes(self.recorded_prompts))

    @property
    def recorded_prompts(self) -> Path:
        """The folder of studio recordings."""
        return self._folder / "prompts" / "recordings"

    @cached_property
    def services(self) -> Mapping[str, Service]:
        """The service catalogue. Raises FileWrong."""
        return load_services(self._folder / "services.yaml")

    @cached_property
    def policy(self) -> Policy:
        """The policy of screening. Raises PolicyWrong."""
        return load_policy(self._folder / "screening.yaml")
