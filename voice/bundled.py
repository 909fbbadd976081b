"""Audio that is kept with the prompts, as sound; which there is, `voice.kept` knows."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from voice.kept import kept_file
from voice.samples import Samples
from voice.sound import decoded, in_one_breath
from voice.wav import AudioError


def bundled(folder: Path, language: str, contents: Iterable[str]) -> Iterator[Samples]:
    """The audio of each of these hashes below `folder`, a sentence each, in one breath.

    Raises AudioError, which names the file, when it is absent or no sound.
    """
    for content in contents:
        path = kept_file(folder, language, content)
        try:
            yield in_one_breath(decoded(path.read_bytes()))
        except (OSError, AudioError) as error:
            raise AudioError(f"{path}: {error}") from error
