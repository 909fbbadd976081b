"""The gazetteer as this house has it: its sub-municipalities, and its names as sound."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from os import cpu_count
from typing import TYPE_CHECKING

from hotline.bootstrap import Services
from places.csv_read import folded
from places.looking import names
from places.spoken_names import said
from tickets.catalogue import load_sub_municipalities

if TYPE_CHECKING:
    from voice.texts import Said


def sub_municipality_codes(services: Services) -> Mapping[str, str]:
    """Every code and name of a sub-municipality, in small letters → its code. Raises FileWrong."""
    found = load_sub_municipalities(services.settings.config_dir / "sub_municipalities.yaml")
    return {
        folded(name): code
        for code, one in found.items()
        for name in (one.name_ar, one.name_en, code)
    }


def spoken_names(services: Services) -> list[Said]:
    """Every name of the gazetteer as it is said, once. Raises FileWrong, SQLAlchemyError."""
    known = services.files.spoken_names
    found = names(services.engine())
    return list(dict.fromkeys((code, said({code: name}, known)[code]) for code, name in found))


def make_names(
    services: Services, progress: Callable[[int, int, str], None]
) -> tuple[int, int, list[str]]:
    """Make the sounds of names that have none: how many made, how many there, what failed.

    Raises FileWrong, CatalogueError, SQLAlchemyError.
    """
    from voice.wav import AudioError

    maker = services.texts.maker
    every = spoken_names(services)
    missing = [name for name in every if not maker.is_there(name)]
    failures: list[str] = []
    with ThreadPoolExecutor(max(2, cpu_count() or 1)) as pool:  # most of it is outside of Python
        futures = {pool.submit(maker.make, name): name for name in missing}
        try:
            for done, future in enumerate(as_completed(futures), start=1):
                language, text = futures[future]
                try:
                    future.result()
                except (AudioError, OSError) as error:
                    failures.append(f"{language}: {text!r}: {error}")
                progress(done, len(missing), text)
        except BaseException:  # an interrupt too starts no further program
            pool.shutdown(cancel_futures=True)
            raise
    return len(missing) - len(failures), len(every) - len(missing), failures
