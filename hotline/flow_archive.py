"""Every flow that has led calls here, as it was written: a folder for each version.

`state/flows/940-<version>/` holds what `config/flows/` held: `940.yaml` and its branches. A version
is a sum over its content (`ivr/content.py`), so a copy never changes. A call in progress finds its
flow there after its process was started anew with another; `hotline flow rollback` brings one back.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from tempfile import mkdtemp

import structlog

from files.written import FILE_MODE, Owned, replace_file
from ivr.flow import Flow

log = structlog.get_logger()


class FlowArchive:
    """The copies in `folder`, which is made when the first one is kept. Safe between processes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._found: dict[tuple[str, str], Flow | None] = {}

    def file_of(self, name: str, version: str) -> Path:
        """Where the flow's own file is, if it is kept."""
        return self.folder / f"{name}-{version}" / f"{name}.yaml"

    def keep(self, flow: Flow) -> None:
        """Keep a copy of the flow's files, as they were when it was read. Raises OSError."""
        there = self.file_of(flow.name, flow.version)
        if there.is_file():
            return
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = Path(mkdtemp(prefix=f".{flow.name}-", dir=self.folder))
        for name, text in files_of(flow).items():
            (draft / name).parent.mkdir(exist_ok=True)
            with (draft / name).open("w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
        try:
            draft.rename(there.parent)
        except OSError:
            _remove(draft)
            if not there.is_file():  # where it is, another process was quicker
                raise

    def find(self, name: str, version: str) -> Flow | None:
        """The flow of that version, read once; None where none is kept that can be read."""
        key = (name, version)
        if key not in self._found:
            found = self._read(self.file_of(name, version)) if version.isalnum() else None
            if found is None:
                return None
            self._found[key] = found
        return self._found[key]

    @staticmethod
    def _read(path: Path) -> Flow | None:
        from ivr.load import FlowFileError, load_flow  # most processes never need one

        if not path.is_file():
            return None
        try:
            return load_flow(path)
        except (FlowFileError, OSError) as error:  # of another release: it comes to the one of now
            log.warning("flow_not_readable", path=str(path), error=type(error).__name__)
            return None


def archive_of(state_dir: Path) -> FlowArchive:
    """The archive of an installation."""
    return FlowArchive(state_dir / "flows")


def files_of(flow: Flow) -> Mapping[str, str]:
    """The texts of a flow's files by their names below the folder that it lies in."""
    folder = Path(flow.path).parent
    return {str(Path(path).relative_to(folder)): text for path, text in flow.texts.items()}


def lay(flow: Flow, folder: Path) -> None:
    """Put the flow's files into `folder` in the place of those of its name. Raises OSError.

    Each file is exchanged as a whole, and belongs to whom the one before did. Branches that the
    flow does not have are taken away.
    """
    wanted = files_of(flow)
    branches = folder / flow.name
    branches.mkdir(exist_ok=True)
    for name, text in wanted.items():
        path = folder / name
        owner = (path if path.exists() else folder).stat()
        mode = owner.st_mode & 0o777 if path.exists() else FILE_MODE
        replace_file(path, text.encode(), Owned(owner.st_uid, owner.st_gid), mode)
    for path in branches.glob("*.yaml"):
        if str(path.relative_to(folder)) not in wanted:
            path.unlink()


def _remove(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    folder.rmdir()
