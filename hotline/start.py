"""The first lines of the `hotline` command: what is imported stays, so it is not looked through.

Some hundred thousand objects are made by importing the libraries that a command needs, and all of
them stay until it ends. Python's collector would go through them again and again meanwhile: a tenth
of the time of a command that lists something.
"""

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def importing() -> Iterator[None]:
    """Import inside without the collector, which from then on leaves what is there alone."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def main() -> None:
    """Run the command and exit with its status."""
    # It asks every installed package for plugins otherwise, and this house has none.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    with importing():
        from hotline.main import main as run
    run()
