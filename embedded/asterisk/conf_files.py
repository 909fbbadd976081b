"""The configuration files of one Asterisk: those of `config/asterisk`, with what is its own."""

import re
import socket
from collections.abc import Mapping
from pathlib import Path

from embedded.asterisk import manager

SITE_FILES = frozenset(
    {
        *("hotline_globals.conf", "hotline_trunk.conf", "hotline_transport.conf"),
        *("hotline_operators.conf", "hotline_inside.conf", "rtp.conf", manager.FILE),
    }
)
"""What differs from one place to the next: an installer writes these once, people edit them."""

SYSTEM_NAME = re.compile(r"[A-Za-z0-9_.-]{1,40}")
_UNFIT = re.compile(r"[^A-Za-z0-9_.-]+")
_NAMELESS = frozenset({"", "localhost", "localhost.localdomain", "(none)"})


def conf_files(
    config: Path,
    *,
    directories: Mapping[str, str],
    system_name: str,
    access: manager.ManagerAccess | None = None,
) -> dict[str, str]:
    """Every file by its name, without the lab's.

    `directories` are those of asterisk.conf that differ; `system_name` stands before each of this
    Asterisk's unique ids, and makes them unique among several. `access` opens its manager
    interface.
    """
    files = {path.name: path.read_text(encoding="utf-8") for path in config.glob("*.conf")}
    main = files["asterisk.conf"]
    for name, path in directories.items():
        main = re.sub(rf"^{name} => .*$", f"{name} => {path}", main, flags=re.MULTILINE)
    files["asterisk.conf"] = re.sub(
        r"^systemname = .*$", f"systemname = {system_name}", main, flags=re.MULTILINE
    )
    if access is not None:
        files[manager.FILE] = manager.manager_file(access)
    return files


def system_name_in(asterisk_conf: str) -> str:
    """The systemname that such a file sets; empty when it sets none."""
    found = re.search(r"^[ \t]*systemname[ \t]*=>?[ \t]*([^;\n]*)", asterisk_conf, re.MULTILINE)
    return found[1].strip() if found else ""


def machine_name() -> str:
    """This machine's host name as a systemname; empty when it has none of its own."""
    name = socket.gethostname()
    return "" if name in _NAMELESS else _UNFIT.sub("-", name).strip("-.")[:40]
