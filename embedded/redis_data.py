"""The embedded Redis' data: set aside where Redis cannot start with it.

The record is SQL; what Redis holds is made anew from there. So data that it cannot read (a power
failure, a disk that lost blocks, another version) must not keep the hotline from starting.
"""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import structlog

log = structlog.get_logger()

_ASIDE = "redis-set-aside-"
_ROOM = 16 * 1024 * 1024
"""Bytes. With less on the disk it is the disk that keeps Redis from starting."""


class RedisData:
    """What lies in `folder`, Redis' own, but for its socket."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._aside: Path | None = None

    def mend(self, failed: int) -> bool:
        """Redis has ended at its start for the `failed`-th time in a row; whether it may try again.

        The first time its data is set aside. When it does not start without it either, the data was
        not the cause, and is put back.
        """
        try:
            if failed == 1:
                return self._set_aside()
            if failed == 2 and self._aside is not None:
                self._put_back(self._aside)
        except OSError as error:
            log.error("redis_data_not_set_aside", error=type(error).__name__)
        return False

    def _set_aside(self) -> bool:
        found = self._data()
        if not found or shutil.disk_usage(self._folder).free < _ROOM:
            return False
        for older in self._folder.parent.glob(f"{_ASIDE}*"):
            shutil.rmtree(older, ignore_errors=True)
        name = f"{_ASIDE}{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
        self._aside = self._folder.with_name(name)
        self._aside.mkdir(mode=0o700)
        for path in found:
            path.rename(self._aside / path.name)
        log.error("redis_data_set_aside", into=str(self._aside))
        return True

    def _put_back(self, aside: Path) -> None:
        for path in self._data():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        for path in aside.iterdir():
            path.rename(self._folder / path.name)
        aside.rmdir()
        self._aside = None
        log.error("redis_data_put_back")

    def _data(self) -> list[Path]:
        return [path for path in self._folder.iterdir() if not path.is_socket()]
