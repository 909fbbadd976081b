"""The folder of an installation, `HOTLINE_HOME`: the one place that all others follow from.

It has `hotline.env` (settings, read beneath the process' own environment), `config` (what people
edit), `secrets`, `state` and `sounds`. `hotline init` makes it.
"""

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dotenv.parser import parse_stream

HOME = "HOTLINE_HOME"
ENV_FILE = "hotline.env"
_IN_A_FILE = "_FILE"
_LINE = re.compile(r"\s*(?:#.*|(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=.*)?")


@dataclass(frozen=True, slots=True)
class Home:
    """The parts of the folder."""

    folder: Path

    @property
    def env_file(self) -> Path:
        """The settings of this installation, `NAME=value` lines."""
        return self.folder / ENV_FILE

    @property
    def config(self) -> Path:
        """What people edit."""
        return self.folder / "config"

    @property
    def secrets(self) -> Path:
        """A file for each secret, for the user of the roles alone."""
        return self.folder / "secrets"

    @property
    def state(self) -> Path:
        """What the roles keep, for their user alone."""
        return self.folder / "state"

    @property
    def sounds(self) -> Path:
        """The prompts' audio."""
        return self.folder / "sounds"


def with_home(given: dict[str, str]) -> list[str]:
    """Add to `given` what follows from its `HOTLINE_HOME`; returns what is wrong, a line each.

    A variable that is given stands; then what hotline.env says, then the folder's own parts. Where
    the folder is not there yet nothing is wrong: `hotline init` makes it.
    """
    folder = given.get(HOME)
    if not folder:
        return []
    if not Path(folder).is_absolute():
        return [f"{HOME}: must be an absolute path, such as /srv/940"]
    home = Home(Path(folder))
    problems = _add_file(given, home.env_file)
    given.setdefault("HOTLINE_STATE_DIR", str(home.state))
    given.setdefault("HOTLINE_SOUNDS_DIR", str(home.sounds))
    if home.folder.is_dir():
        given.setdefault("HOTLINE_CONFIG_DIR", str(home.config))
    return problems


def _add_file(given: dict[str, str], path: Path) -> list[str]:
    try:
        text = path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return []
    except UnicodeDecodeError:
        return [f"{path}: must be UTF-8"]
    except OSError as error:
        whose = isinstance(error, PermissionError)
        mend = "; run it as root, or as the user of the roles" if whose else ""
        return [f"{path}: {(error.strerror or str(error)).lower()}{mend}"]
    problems: list[str] = []
    values: dict[str, str | None] = {}
    for number, line in enumerate(text.splitlines(), start=1):  # no value goes on in the next one
        found = list(parse_stream(io.StringIO(line)))
        if _LINE.fullmatch(line) is None:
            problems.append(f"{path}:{number}: is neither NAME=value nor a comment")
        elif any(one.error for one in found):
            problems.append(f"{path}:{number}: has a quotation mark too many, or one too few")
        values |= {one.key: one.value for one in found if one.key is not None}
    for name, value in _unsaid(given, values).items():
        given[name] = value
    return problems


def _unsaid(given: Mapping[str, str], values: Mapping[str, str | None]) -> dict[str, str]:
    """What of the file the environment says nothing of: a secret and its file are one thing."""
    return {
        name: value
        for name, value in values.items()
        if value is not None
        and name != HOME
        and name not in given
        and f"{name}{_IN_A_FILE}" not in given
        and name.removesuffix(_IN_A_FILE) not in given
    }
