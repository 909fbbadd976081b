"""`python -m embedded.asterisk FOLDER`: install the embedded Asterisk under FOLDER, our cache.

Exit status: 0 done, 1 where it cannot be had, 2 without a folder.
"""

import sys
from pathlib import Path

from embedded.asterisk.install import AsteriskUnavailable, install_asterisk


def main() -> int:
    """Install it if it is not there yet, telling each long step."""

    def tell(step: str) -> None:
        sys.stdout.write(f"  {step}\n")
        sys.stdout.flush()

    if len(sys.argv) != 2:
        sys.stderr.write("usage: python -m embedded.asterisk FOLDER\n")
        return 2
    try:
        root = install_asterisk(tell, Path(sys.argv[1]))
    except AsteriskUnavailable as error:
        sys.stdout.write(f"  No Asterisk on this machine: {error}\n")
        return 1
    tell(f"Asterisk is in {root.folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
