"""`hotline init`: the folder of an installation, as an administrator makes it and renews it."""

import grp
import json
import os
import pwd
import stat
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from files.written import MANIFEST
from hotline.installation.init import init
from hotline.installation.rights import file_for, steward
from hotline.settings import CONFIG_DIR

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="gives files to another user")
NOBODY = "nobody"


def hotline(
    *arguments: str, environ: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """The command, with nothing of ours in the environment but what is given."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("HOTLINE_")}
    return subprocess.run(
        [sys.executable, "-m", "hotline", *arguments],
        env={**plain, **(environ or {})},
        capture_output=True,
        text=True,
        check=False,
    )


def rights(path: Path) -> tuple[str, str, str]:
    """Owner, group and mode."""
    found = path.stat()
    mode = format(stat.S_IMODE(found.st_mode), "o")
    return pwd.getpwuid(found.st_uid).pw_name, grp.getgrgid(found.st_gid).gr_name, mode


@as_root
def test_each_part_is_for_those_who_need_it(tmp_path: Path) -> None:
    """What people edit is root's and read by the roles; secrets and state are the roles' alone."""
    folder = tmp_path / "940"
    told = hotline("init", str(folder), "--user", NOBODY)
    assert told.returncode == 0, told.stderr
    group = grp.getgrgid(pwd.getpwnam(NOBODY).pw_gid).gr_name
    assert rights(folder) == ("root", group, "755")
    assert rights(folder / "hotline.env") == ("root", group, "640")
    assert rights(folder / "config") == ("root", group, "750")
    assert rights(folder / "config" / "flows" / "940.yaml") == ("root", group, "640")
    assert rights(folder / "secrets") == (NOBODY, group, "700")
    assert rights(folder / "secrets" / "backoffice") == (NOBODY, group, "600")
    assert rights(folder / "state") == (NOBODY, group, "700")
    assert rights(folder / "sounds") == (NOBODY, group, "755")


def test_a_secret_that_is_lost_is_made_anew(tmp_path: Path) -> None:
    """The settings name its file, and every other command says so; this one does not read them."""
    folder = tmp_path / "940"
    me = pwd.getpwuid(os.geteuid()).pw_name
    environ = {"HOTLINE_HOME": str(folder)}
    environ["HOTLINE_BACKOFFICE__SECRETS_FILE"] = str(folder / "secrets" / "backoffice")
    assert hotline("flow", "lint", environ=environ).returncode == 2
    assert hotline("init", str(folder), "--user", me, environ=environ).returncode == 0
    assert hotline("flow", "lint", environ=environ).returncode == 0


def test_what_it_made_has_nothing_to_mend(tmp_path: Path) -> None:
    """Its settings can be read, and its menu loses nobody."""
    folder = tmp_path / "940"
    me = pwd.getpwuid(os.geteuid()).pw_name
    assert hotline("init", str(folder), "--user", me).returncode == 0
    linted = hotline("flow", "lint", environ={"HOTLINE_HOME": str(folder)})
    assert linted.returncode == 0, linted.stderr
    (folder / "config" / "flows" / "940.yaml").write_text("nodes: [")
    broken = hotline("flow", "lint", environ={"HOTLINE_HOME": str(folder)})
    assert broken.returncode == 2
    assert f"{folder}/config/flows/940.yaml:1:" in broken.stderr


def test_a_second_time_nothing_is_done(tmp_path: Path) -> None:
    """And that is said."""
    folder, me = tmp_path / "940", pwd.getpwuid(os.geteuid()).pw_name
    hotline("init", str(folder), "--user", me)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    again = hotline("init", str(folder), "--user", me)
    assert again.stdout == f"all was as it should be, for the user {me}\n"
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before
    rows = json.loads(hotline("init", str(folder), "--user", me, "--json").stdout)
    assert {row["what"] for row in rows} == {"same"}


def release(folder: Path, services: str) -> Path:
    """A configuration of some release: two files, one in a folder."""
    (folder / "flows").mkdir(parents=True, exist_ok=True)
    (folder / "flows" / "940.yaml").write_text("flow\n")
    (folder / "services.yaml").write_text(services)
    return folder


def test_a_new_release_renews_what_nobody_edited_and_nothing_else(tmp_path: Path) -> None:
    """What the release has in place of an edited file is laid beside it, once."""
    folder, mine = tmp_path / "940", steward(pwd.getpwuid(os.geteuid()).pw_name)
    list(init(folder, release(tmp_path / "shipped", "first\n"), mine))
    (folder / "config" / "flows" / "940.yaml").write_text("ours\n")
    shipped = release(tmp_path / "shipped", "second\n")
    (shipped / "flows" / "940.yaml").write_text("flow, newer\n")
    told = {one.path.name: one for one in init(folder, shipped, mine)}
    assert told["services.yaml"].what == "renewed"
    assert (folder / "config" / "services.yaml").read_text() == "second\n"
    assert (told["940.yaml"].what, told["940.yaml"].beside) == ("yours", "940.yaml.release")
    assert (folder / "config" / "flows" / "940.yaml").read_text() == "ours\n"
    assert (folder / "config" / "flows" / "940.yaml.release").read_text() == "flow, newer\n"
    told = {one.path.name: one for one in init(folder, shipped, mine)}
    assert (told["940.yaml"].what, told["940.yaml"].beside) == ("yours", "")


def test_a_file_that_was_there_before_is_kept(tmp_path: Path) -> None:
    """A site that made its own folder has edited all of it; its secrets are not made anew."""
    folder, mine = tmp_path / "940", steward(pwd.getpwuid(os.geteuid()).pw_name)
    (folder / "config").mkdir(parents=True)
    (folder / "secrets").mkdir()
    (folder / "config" / "services.yaml").write_text("ours\n")
    (folder / "secrets" / "backoffice").write_text("whsec_ours\n")
    (folder / "hotline.env").write_text("HOTLINE_JURISDICTION=ours\n")
    list(init(folder, release(tmp_path / "shipped", "first\n"), mine))
    assert (folder / "config" / "services.yaml").read_text() == "ours\n"
    assert (folder / "config" / "services.yaml.release").read_text() == "first\n"
    assert (folder / "secrets" / "backoffice").read_text() == "whsec_ours\n"
    assert (folder / "hotline.env").read_text() == "HOTLINE_JURISDICTION=ours\n"
    (folder / "config" / MANIFEST).write_text("{")  # nothing is known: nothing is renewed
    list(init(folder, release(tmp_path / "shipped", "second\n"), mine))
    assert (folder / "config" / "services.yaml").read_text() == "ours\n"


def test_a_user_who_is_not_there_is_a_wrong_word(tmp_path: Path) -> None:
    """Told with the command that makes one; nothing is made."""
    told = hotline("init", str(tmp_path / "940"), "--user", "no-such-user")
    assert told.returncode == 2
    assert "adduser --system --group --no-create-home no-such-user" in told.stderr
    assert not (tmp_path / "940").exists()


@as_root
def test_a_secret_that_is_a_link_is_given_to_nobody(tmp_path: Path) -> None:
    """The roles' user may lay links there: what they lead to stays root's."""
    folder, theirs = tmp_path / "940", steward(NOBODY)
    list(init(folder, release(tmp_path / "shipped", "first\n"), theirs))
    prize = tmp_path / "prize"
    prize.write_text("root's")
    (folder / "secrets" / "link").symlink_to(prize)
    list(init(folder, release(tmp_path / "shipped", "first\n"), theirs))
    assert rights(prize)[0] == "root"


@as_root
def test_a_file_that_becomes_a_link_is_given_to_nobody(tmp_path: Path) -> None:
    """Their user may swap it at any moment: what the name led to a moment ago says nothing."""
    theirs, prize = steward(NOBODY), tmp_path / "prize"
    prize.write_text("root's")
    (tmp_path / "link").symlink_to(prize)
    os.mkfifo(tmp_path / "pipe")
    assert not file_for(tmp_path / "link", theirs.theirs, 0o600)
    assert not file_for(tmp_path / "pipe", theirs.theirs, 0o600)
    (tmp_path / "second").hardlink_to(prize)
    assert not file_for(tmp_path / "second", theirs.theirs, 0o600)
    assert rights(prize)[0] == "root"


@as_root
def test_root_leaves_nothing_in_the_state_folder_that_is_closed_to_the_roles(
    tmp_path: Path,
) -> None:
    """A command makes the tables as root is used to call it; their user must be able to write."""
    tmp_path.chmod(0o755)
    for above in tmp_path.parents:
        if above.is_relative_to("/tmp") and above != Path("/tmp"):
            above.chmod(above.stat().st_mode | 0o111)
    folder = tmp_path / "940"
    list(init(folder, CONFIG_DIR, steward(NOBODY)))
    environ = {"HOTLINE_HOME": str(folder), "HOTLINE_AMI__HOSTS": "127.0.0.1:1"}
    looked = hotline("doctor", "--asterisk", str(tmp_path / "tree"), environ=environ)
    assert "FAIL asterisk installation" in looked.stdout
    told = hotline("db", "upgrade", environ=environ)
    assert told.returncode == 0, told.stderr
    made = list((folder / "state").rglob("*"))
    assert {"hotline.db", "ami.secret"} <= {path.name for path in made}
    assert {path.owner() for path in made} == {NOBODY}
