"""An Asterisk's folders and configuration, written for one run of it."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hotline.asterisk.install import AsteriskRoot

# Beside the others, so that a socket's path stays under the kernel's 108 characters.
INSTANCES = "i"
FOLDERS = ("etc", "var", "run", "log", "spool", "spool/recordings")

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
    """

    folder_name: str
    sip_port: int
    rtp_range: tuple[int, int]
    agi_a: str = "127.0.0.1:4573"
    agi_b: str = "127.0.0.1:4574"
    sip_host: str = "127.0.0.1"
    globals: Mapping[str, str] = field(default_factory=dict)
    telephones: Mapping[str, str] = field(default_factory=dict)

    def inside(self, *parts: str) -> str:
        """A folder of this instance, as Asterisk sees it."""
        return "/".join(["", INSTANCES, self.folder_name, *parts])

    def outside(self, root: AsteriskRoot, *parts: str) -> Path:
        """The same folder, as the host sees it."""
        return root.folder.joinpath(INSTANCES, self.folder_name, *parts)


def write_layout(layout: Layout, root: AsteriskRoot, config: Path) -> None:
    """Make the folders, copy config/asterisk with its lab, and write what differs."""
    for name in FOLDERS:
        layout.outside(root, name).mkdir(parents=True, exist_ok=True)
    etc = layout.outside(root, "etc")
    for source in (*config.glob("*.conf"), *config.glob("lab/*.conf")):
        shutil.copyfile(source, etc / source.name)
    _write(etc / "asterisk.conf", _asterisk_conf(layout, root, config))
    _write(
        etc / "hotline_transport.conf",
        "[transport-udp]\ntype = transport\nprotocol = udp\n"
        f"bind = {layout.sip_host}:{layout.sip_port}\n",
    )
    inside = (config / "hotline_inside.conf").read_text()
    rings = (_telephone(name, address) for name, address in layout.telephones.items())
    _write(etc / "hotline_inside.conf", "".join((inside, *rings)))
    start, end = layout.rtp_range
    _write(
        etc / "rtp.conf",
        f"[general]\nrtpstart = {start}\nrtpend = {end}\nstrictrtp = yes\nicesupport = no\n",
    )
    chosen = {
        **LAB_GLOBALS,
        "AGI_A": layout.agi_a,
        "AGI_B": layout.agi_b,
        **layout.globals,
    }
    _write(etc / "hotline_globals.conf", "".join(f"{k} = {v}\n" for k, v in chosen.items()))


def owned_by_asterisk(layout: Layout, root: AsteriskRoot) -> None:
    """Give the folders to the user `asterisk` of the root, who runs it."""
    user, group = asterisk_user(root)
    top = layout.outside(root)
    for path in (top, *top.rglob("*")):
        os.chown(path, user, group)


def asterisk_user(root: AsteriskRoot) -> tuple[int, int]:
    """The numbers of user and group `asterisk` inside the root."""
    for line in (root.folder / "etc/passwd").read_text().splitlines():
        name, _, user, group, *_ = line.split(":")
        if name == "asterisk":
            return int(user), int(group)
    return 0, 0


def _asterisk_conf(layout: Layout, root: AsteriskRoot, config: Path) -> str:
    # The options are the installation's own; only the folders are this run's.
    _, _, options = (config / "asterisk.conf").read_text().partition("[options]")
    folders = {
        "astetcdir": layout.inside("etc"),
        "astmoddir": root.modules,
        "astvarlibdir": layout.inside("var"),
        "astdbdir": layout.inside("var"),
        "astkeydir": layout.inside("var"),
        "astdatadir": "/usr/share/asterisk",
        "astagidir": layout.inside("var"),
        "astspooldir": layout.inside("spool"),
        "astrundir": layout.inside("run"),
        "astlogdir": layout.inside("log"),
        "astsbindir": "/usr/sbin",
    }
    lines = "".join(f"{name} => {path}\n" for name, path in folders.items())
    return f"[directories]\n{lines}\n[options]{options}"


def _telephone(name: str, address: str) -> str:
    host = address.partition(":")[0]
    return (
        f"\n[hotline-heard](+)\npermit = {host}/255.255.255.255\n"
        f"\n[{name}]\ntype = identify\nendpoint = {name}\nmatch = {host}\n"
        f"\n[{name}]\ntype = aor\ncontact = sip:{name}@{address}\n"
        f"\n[{name}](hotline-telephone)\ntype = endpoint\naors = {name}\n"
    )


def _write(path: Path, text: str) -> None:
    path.write_text(text)
