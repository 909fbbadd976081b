"""The same page by containers: compose.yaml on a real Docker Engine, in a machine of its own.

The image is what `tools/image` has built. Debian's Docker and docker-compose run it; what the page
calls `docker compose` is Debian 12's `docker-compose`.
"""

import os
import shlex
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.fixtures.processes import wait_until
from tests.install.machine import bare_debian, layered, need_programs, run
from tests.install.site import ROOT, Site, commands, say

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(2400)]

OPTIONS = "INSTALL_TEST_IMAGE"
"""Further words for `tools/image`, where packages come from a mirror."""
_STORAGE = ROOT / "var" / "image"
_PACKAGES = ("docker.io", "docker-compose", "iptables", "sqlite3")
# As the plugin of newer Dockers does.
_DOCKER = """#!/bin/sh
[ "$1" != compose ] || { shift; exec docker-compose "$@"; }
exec /usr/bin/docker "$@"
"""
# systemd-nspawn shows them to be looked at alone; Docker makes groups of its own in them.
_CGROUPS = """[Service]
ExecStartPre=sh -c 'for one in /sys/fs/cgroup/*/; do mount -o remount,bind,rw $$one || true; done'
"""
_IN = "cd /root/site &&"


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The image of this checkout, as a file that `docker load` takes."""
    need_programs()
    if shutil.which("buildah") is None:
        pytest.fail("buildah is missing: apt-get install buildah")
    say("building the image")
    run(["tools/image", "--debootstrap", *shlex.split(os.environ.get(OPTIONS, ""))], ROOT)
    file = tmp_path_factory.mktemp("image") / "image.tar"
    stores = ["--root", str(_STORAGE / "storage"), "--runroot", str(_STORAGE / "run")]
    pushed = ["localhost/hotline-940", f"docker-archive:{file}:hotline-940:latest"]
    run(["buildah", *stores, "--storage-driver", "vfs", "push", "--quiet", *pushed])
    return file


@pytest.fixture
def site(tmp_path: Path, image: Path) -> Iterator[Site]:
    """Switched off; it has Docker, the image, and the files that compose needs."""
    with ExitStack() as stack:
        folder = tmp_path / "docker"
        debian = stack.enter_context(layered(bare_debian(()), folder))
        install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *_PACKAGES]
        refuses = debian / "usr/sbin/policy-rc.d"
        refuses.write_text("#!/bin/sh\nexit 101\n")
        refuses.chmod(0o755)
        run(["chroot", str(debian), *install])
        refuses.unlink()
        drop_in = debian / "etc/systemd/system/docker.service.d"
        drop_in.mkdir(parents=True)
        (drop_in / "cgroups.conf").write_text(_CGROUPS)
        docker = debian / "usr/local/bin/docker"
        docker.write_text(_DOCKER)
        docker.chmod(0o755)
        hotline = f"{_IN} docker compose exec -T relay hotline"
        made = Site(stack, tmp_path, debian, hotline=hotline, home="/root/site/940")
        here = made.machine.folder / "root" / "site"
        here.mkdir(parents=True)
        for name in ("compose.yaml", ".env.example"):
            shutil.copy(ROOT / name, here / name)
        shutil.copy(image, here.parent / "image.tar")
        yield made


def page(site: Site, name: str) -> str:
    """Run a block of the page where compose.yaml is."""
    return site.machine.run(f"{_IN} {{\n{commands(name)}\n}}")


def healthy(site: Site) -> bool:
    """Whether every role's own check passes."""
    return site.machine.ask(f"{_IN} {{\n{commands('composecheck')}\n}}").returncode == 0


def test_a_city_runs_containers(site: Site, tmp_path: Path) -> None:
    """A call by SIP each time; every ticket whose number was said comes to the office, once."""
    machine, office = site.machine, site.office

    say("booting a machine with Docker, and starting every role")
    containers = tmp_path / "containers"
    site.switch_on(containers=containers)
    machine.run(
        "timeout 60 sh -c 'until docker info >/dev/null 2>&1; do sleep 0.5; done'"
        " || { journalctl --no-pager --unit docker --unit containerd | tail -n 60; false; }"
    )
    machine.run("docker load -i image.tar && rm image.tar")
    edits = (
        f"s|^HOTLINE_BACKOFFICE__URL=.*|HOTLINE_BACKOFFICE__URL={office.url}|",
        "s|^COMPOSE_PROFILES=.*|COMPOSE_PROFILES=|",
    )
    for edit in edits:
        machine.run(f"{_IN} sed -i '{edit}' .env.example")
    page(site, "compose")
    site.edit_asterisk()
    office.open(machine.run("cat /root/site/940/secrets/backoffice"))
    wait_until(lambda: healthy(site), 120, "every role is healthy")
    say(page(site, "composecheck"))

    say("a canary and a citizen call")
    site.canary()
    site.called(1)

    say("making every role anew while a citizen calls")
    site.called(2, lambda: say(page(site, "composeupgrade")))

    say("the office goes, a citizen calls, and the power is cut")
    office.close()
    site.called(0)
    wait_until(lambda: len(site.references()) == 3, 30, "the third ticket is in the record")
    machine.cut_power()
    site.switch_on(containers=containers)
    office.open()
    wait_until(lambda: len(office.references()) == 3, 180, "the third ticket")
    wait_until(lambda: healthy(site), 120, "every role is healthy")
    site.called(4)

    say("backing up, losing the folder, and restoring it")
    site.what_was_said_is_kept()
    kept = site.references()
    page(site, "composebackup")
    machine.run(f"{_IN} docker compose stop && rm -rf 940 .env")
    page(site, "composerestore")
    wait_until(lambda: healthy(site), 120, "every role is healthy")
    assert site.references() == kept
    site.called(5)
    assert sorted(office.references()) == sorted(site.references())
    site.what_was_said_is_kept()
