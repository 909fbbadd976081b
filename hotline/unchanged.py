"""What takes long to find out of the menu and its sounds, kept while both are the same."""

from collections.abc import Callable
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from hotline.bootstrap import Services
from hotline.files import HouseFiles

Found = TypeVar("Found")
_Mark = tuple[HouseFiles, tuple[int, ...]]
_KEPT: WeakKeyDictionary[Services, dict[str, tuple[_Mark, Any]]] = WeakKeyDictionary()


def unchanged(services: Services, what: str, find: Callable[[], Found]) -> Found:
    """What `find` finds: as it was found last, where neither files nor sounds have changed since.

    A process that looks once finds it once; a page that is opened again has it at once. Raises
    what `find` raises.
    """
    kept, mark = _KEPT.setdefault(services, {}), _mark(services)
    if what in kept and _same(kept[what][0], mark):
        found: Found = kept[what][1]
        return found
    found = find()
    if _same(_mark(services), mark):
        kept[what] = mark, found
    return found


def _mark(services: Services) -> _Mark:
    sounds = services.sound_folder
    for language in services.flow.languages:
        sounds.seconds(f"{language}/")  # it watches what was asked for
    return services.files, sounds.state()


def _same(one: _Mark, other: _Mark) -> bool:
    return one[0] is other[0] and one[1] == other[1]
