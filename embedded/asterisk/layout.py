"""An Asterisk's folders and configuration, written for one run of it."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from embedded.asterisk import manager
from embedded.asterisk.conf_files import conf_files
from embedded.asterisk.install import AsteriskRoot
from embedded.asterisk.places import SOUNDS_INSIDE, Owner, Places, find_owner

# Beside the others, so that a socket's path stays under the kernel's 108 characters.
INSTANCES = "i"
_READABLE, _CLOSED = 0o644, 0o600
FOLDERS = ("etc", "var", "run", "log", "spool")

LAB_GLOBALS: Mapping[str, str] = {
    "OPERATORS": "Local/operator@hotline-lab",
    "OPERATORS_RING": "10",
    "OPERATORS_WAIT": "30",
    "AGENCY_911": "Local/911@hotline-lab",
    "AGENCY_997": "Local/997@hotline-lab",
    "AGENCY_998": "Local/998@hotline-lab",
    "AGENCY_993": "Local/993@hotline-lab",
    "AGENCY_RING": "10",
    "CALL_LONGEST": "14400",
    "LAB_SECONDS": "3",
    "LAB_PROMPT": "beep",
    "LAB_DIGITS": "3",
}


@dataclass(frozen=True)
class Layout:
    """What one Asterisk is told: its ports, its servers and its dialplan's globals.

    `telephones` are inside ones, by name: host:port where each rings. A host is one telephone's.
    `access` opens the manager interface.
    """

    folder_name: str
    sip_port: int
    rtp_range: tuple[int, int]
    agi_a: str = "127.0.0.1:4573"
    agi_b: str = "127.0.0.1:4574"
    sip_host: str = "127.0.0.1"
    globals: Mapping[str, str] = field(default_factory=dict)
    telephones: Mapping[str, str] = field(default_factory=dict)
    access: manager.ManagerAccess | None = None

    def inside(self, *parts: str) -> str:
        """A folder of this instance, as Asterisk sees it."""
        return "/".join(["", INSTANCES, self.folder_name, *parts])

    def outside(self, root: AsteriskRoot, *parts: str) -> Path:
        """The same folder, as the host sees it."""
        return root.folder.joinpath(INSTANCES, self.folder_name, *parts)

    def places(self, root: AsteriskRoot, sounds: str = SOUNDS_INSIDE) -> Places:
        """Where what is ours lies."""
        return Places(
            root.folder,
            etc=self.inside("etc"),
            sounds=sounds,
            recordings=self.inside("spool", "recordings"),
        )


def write_layout(layout: Layout, root: AsteriskRoot, config: Path) -> None:
    """Make the folders, write the configuration with its lab, and what differs.

    All of it belongs to the user `asterisk` of the root, who runs it.
    """
    for name in FOLDERS:
        layout.outside(root, name).mkdir(parents=True, exist_ok=True)
    etc = layout.outside(root, "etc")
    files = conf_files(
        config,
        directories=_directories(layout, root),
        system_name=layout.folder_name,
        access=layout.access,
    )
    for name, text in (files | _site_files(layout, config)).items():
        _write(etc / name, text)
    for source in config.glob("lab/*.conf"):
        shutil.copyfile(source, etc / source.name)
    _give(layout.outside(root), find_owner(root.folder))


def _give(top: Path, owner: Owner) -> None:
    for path in (top, *top.rglob("*")):
        os.chown(path, owner.user, owner.group)


def _directories(layout: Layout, root: AsteriskRoot) -> dict[str, str]:
    return {
        "astetcdir": layout.inside("etc"),
        "astmoddir": root.modules,
        "astvarlibdir": layout.inside("var"),
        "astdbdir": layout.inside("var"),
        "astkeydir": layout.inside("var"),
        "astagidir": layout.inside("var"),
        "astspooldir": layout.inside("spool"),
        "astrundir": layout.inside("run"),
        "astlogdir": layout.inside("log"),
    }


def _site_files(layout: Layout, config: Path) -> dict[str, str]:
    start, end = layout.rtp_range
    chosen = {**LAB_GLOBALS, "AGI_A": layout.agi_a, "AGI_B": layout.agi_b, **layout.globals}
    inside = (config / "hotline_inside.conf").read_text()
    rings = (_telephone(name, address) for name, address in layout.telephones.items())
    return {
        "hotline_globals.conf": "".join(f"{k} = {v}\n" for k, v in chosen.items()),
        "hotline_inside.conf": "".join((inside, *rings)),
        "hotline_transport.conf": (
            "[transport-udp]\ntype = transport\nprotocol = udp\n"
            f"bind = {layout.sip_host}:{layout.sip_port}\n"
        ),
        "rtp.conf": (
            f"[general]\nrtpstart = {start}\nrtpend = {end}\nstrictrtp = yes\nicesupport = no\n"
        ),
    }


def _telephone(name: str, address: str) -> str:
    host = address.partition(":")[0]
    return (
        f"\n[hotline-heard](+)\npermit = {host}/255.255.255.255\n"
        f"\n[{name}]\ntype = identify\nendpoint = {name}\nmatch = {host}\n"
        f"\n[{name}]\ntype = aor\ncontact = sip:{name}@{address}\n"
        f"\n[{name}](hotline-telephone)\ntype = endpoint\naors = {name}\n"
    )


def _write(path: Path, text: str) -> None:
    path.touch(_CLOSED if path.name == manager.FILE else _READABLE)
    path.write_text(text, encoding="utf-8")
