"""Listings in a pipe: whole, one row a line."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from hotline.main import cli
from hotline.settings import load_settings
from tests.fixtures.tickets import NOW, new_ticket
from tickets.open import open_ticket
from tickets.outbox import list_deliveries
from tickets.schema import deliveries

LONG = "the receiver said something that is longer than a line of a terminal has room for"


@pytest.mark.parametrize("width", ["20", "80", "400"])
def test_a_listing_has_whole_ids_whatever_the_width(
    engine: sa.Engine,
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    width: str,
) -> None:
    """What is listed can be given to `deliveries retry`, by a program too."""
    monkeypatch.setenv("COLUMNS", width)
    for number in range(2):
        open_ticket(engine, new_ticket(f"call:{number}:1"), destinations=["backoffice"], now=NOW)
    with engine.begin() as connection:
        connection.execute(deliveries.update().values(state="dead", last_error=LONG))
    settings = load_settings({"HOTLINE_STATE_DIR": str(tmp_path), "DATABASE_URL": database_url})
    result = CliRunner().invoke(cli, ["deliveries", "list"], obj=settings)
    head, *rows = result.stdout.splitlines()
    assert head.split()[:3] == ["id", "reference", "destination"]
    assert sorted(row.split()[0] for row in rows) == sorted(d.id for d in list_deliveries(engine))
    assert all(row.endswith(LONG) for row in rows)
    ids = [row.split()[0] for row in rows]
    result = CliRunner().invoke(cli, ["deliveries", "retry", *ids], obj=settings)
    assert (result.exit_code, result.output) == (0, "2 put back\n")
