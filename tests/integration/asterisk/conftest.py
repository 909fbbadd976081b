"""What the tests on the real Asterisk share."""

import itertools
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from embedded.asterisk.instance import AsteriskInstance
from lab.callers.baresip import SipCaller
from tests.fixtures.asterisk import NewCaller, NewTelephone, asterisk_root, render_sentences


@pytest.fixture(scope="session")
def _asterisk_is_there() -> None:
    asterisk_root()


@pytest.fixture(scope="session")
def sentences(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of spoken sentences and digits."""
    return render_sentences(tmp_path_factory.mktemp("sentences"))


@pytest.fixture
def new_caller(
    _asterisk_is_there: None, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[NewCaller]:
    """Makes telephones that are switched off after the test."""
    numbers = itertools.count()
    voice_folder = tmp_path_factory.getbasetemp()
    with ExitStack() as stack:

        def make(
            asterisk: AsteriskInstance,
            number: str | None = "+966501234567",
            display_name: str = "",
        ) -> SipCaller:
            folder = voice_folder / f"{tmp_path.name}-caller{next(numbers)}"
            return stack.enter_context(
                SipCaller(folder, asterisk.sip_address, number=number, display_name=display_name)
            )

        yield make


@pytest.fixture
def new_telephone(
    _asterisk_is_there: None, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[NewTelephone]:
    """Makes inside telephones that answer, each with an address of its own."""
    hosts = (f"127.0.0.{n}" for n in range(2, 9))
    with ExitStack() as stack:

        def make(name: str) -> SipCaller:
            folder = tmp_path_factory.getbasetemp() / f"{tmp_path.name}-{name}"
            return stack.enter_context(
                SipCaller(folder, "", number=name, host=next(hosts), answers=True)
            )

        yield make
