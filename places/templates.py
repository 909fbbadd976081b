"""`config/announcements.yaml`: announcements that are ready to be put on the air, by name."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

from pydantic import RootModel, StringConstraints

from files.yaml_model import load_yaml

Templates = Mapping[str, Mapping[str, str]]
"""Name → language → text."""
Fault = Callable[[str, str], str]
"""What keeps a text of a language from being said, empty for nothing."""

_Word = Annotated[str, StringConstraints(strict=True, pattern=r"^[a-z][a-z0-9_]{0,31}\z")]
_Language = Annotated[str, StringConstraints(strict=True, pattern=r"^[a-z]{2}\z")]
_Text = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=500)]


class _File(RootModel[dict[_Word, dict[_Language, _Text]]]):
    """The whole file."""


def load_templates(path: Path, fault: Fault) -> Templates:
    """The templates of that file; none where there is no such file.

    Raises FileWrong, naming file, line and key: also for a text that cannot be said.
    """
    if not path.exists():
        return {}
    document = load_yaml(path, _File)
    read = {
        name: {language: " ".join(text.split()) for language, text in texts.items()}
        for name, texts in document.value.root.items()
    }
    for name, texts in read.items():
        for language, text in texts.items():
            if found := fault(language, text):
                raise document.fail((name, language), found)
        if not texts:
            raise document.fail((name,), "has no text: write one in each language")
    return read
