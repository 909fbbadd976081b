"""The start of a command: the collector rests while it imports, and works from then on."""

import gc
import subprocess
import sys

import pytest

from hotline.start import importing


def test_the_collector_rests_while_modules_are_imported() -> None:
    """And what was imported is left alone for good."""
    before = gc.get_freeze_count()
    with importing():
        assert not gc.isenabled()
        made = [[number] for number in range(1000)]
    assert gc.isenabled()
    assert gc.get_freeze_count() >= before + len(made)


def test_an_import_that_fails_leaves_the_collector_at_work() -> None:
    """A role that goes on without a module must not go on without the collector."""
    with pytest.raises(ImportError), importing():
        raise ImportError("no such module")
    assert gc.isenabled()


def test_a_command_is_imported_without_one_collection() -> None:
    """None of what it imports begins one, or lets the collector begin."""
    program = (
        "import gc; from hotline.start import importing\n"
        "before = sum(at['collections'] for at in gc.get_stats())\n"
        "with importing():\n    import hotline.main\n"
        "print(sum(at['collections'] for at in gc.get_stats()) - before)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "0"


def test_a_command_is_imported_without_what_only_a_language_s_file_or_a_date_needs() -> None:
    """Plural rules and calendars are read where they are used."""
    program = (
        "import sys, hotline.main\n"
        "print([name for name in ('babel', 'hijridate', 'ivr.languages') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
