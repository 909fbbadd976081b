"""The HTTP API as README shows it, by a shell, on a house that Twilio does not know."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import httpx
from pydantic import SecretStr

from hotline.settings import Settings
from hotline.stack import to_environment
from tests.fixtures.databases import lay_migrated
from tests.fixtures.web_processes import web_process

ROOT = Path(__file__).parents[3]
SHOWN = re.compile(r"## The HTTP API\n.*?```sh\n(.*?)```", re.DOTALL)


def test_the_lines_of_the_readme_do_what_they_say(tmp_path: Path, redis_url: str) -> None:
    """Each answers; the number is added, found and lifted. Without Twilio no webhook is served."""
    settings = Settings(
        state_dir=tmp_path,
        redis_url=SecretStr(redis_url),
        sounds_dir=tmp_path / "nothing",
    )
    lay_migrated(tmp_path / "hotline.db")
    found = SHOWN.search((ROOT / "README.md").read_text())
    assert found is not None
    with web_process(settings) as web, web_process(settings, role="console") as console:
        web.wait_ready()
        console.wait_ready()
        lines = found[1].replace("127.0.0.1:8942", f"127.0.0.1:{console.port}").splitlines()
        asked = "\n".join(line.replace("curl -sf", "echo; curl -sSf") for line in lines)
        done = subprocess.run(
            ["/bin/sh", "-e", "-c", asked],
            env={
                **os.environ,
                **to_environment(settings),
                "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
                "no_proxy": "127.0.0.1",
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        refused = httpx.post(f"{web.url}/twilio/voice", trust_env=False)
        ready = httpx.get(f"{console.url}/readyz", trust_env=False)
    today, added, listed, shown, lifted, audit, document = map(
        json.loads, filter(None, done.stdout.splitlines())
    )
    assert (today["standing"], added["subject"]) == ({}, "+966501234567")
    assert [entry["id"] for entry in listed] == [added["id"]] == [shown["entry"]["id"]]
    assert lifted["id"] == added["id"]
    assert [change["action"] for change in audit] == ["lifted", "added", "token_created"]
    assert document["openapi"] == "3.1.0"
    assert (refused.status_code, ready.json()) == (403, {"redis": True, "database": True})
