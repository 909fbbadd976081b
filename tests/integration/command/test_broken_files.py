"""A file that people edit is wrong: every command says file and line, and its status is 2."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fixtures.edited import own_config

READERS = [
    ("agi",),
    ("call", "--to", "sip:940@127.0.0.1:9"),
    ("prompts", "check"),
]


@pytest.mark.parametrize("words", READERS, ids=" ".join)
@pytest.mark.parametrize("name", ["flows/940.yaml", "prompts/ar.yaml"])
def test_a_broken_file_is_told_by_whoever_reads_it(
    tmp_path: Path, words: tuple[str, ...], name: str
) -> None:
    """No traceback; who does not read that file does its work."""
    config = own_config(tmp_path)
    (config / name).write_text("flow: [", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "hotline", *words],
        env={
            **os.environ,
            "HOTLINE_CONFIG_DIR": str(config),
            "HOTLINE_STATE_DIR": str(tmp_path / "state"),
            "REDIS_URL": f"unix://{tmp_path}/none.sock",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in done.stderr
    reads = f"{config / name}:" in done.stderr
    needs_none = words == ("prompts", "check") and name.startswith("flows")
    assert reads or needs_none, done.stderr
    assert done.returncode == (2 if reads else 0)
