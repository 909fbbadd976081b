"""`python -m embedded.asterisk`: install the embedded Asterisk; exit 1 where it cannot be had."""

import sys

from embedded.asterisk.install import AsteriskUnavailable, install_asterisk
from hotline.settings import load_settings


def main() -> int:
    """Install it if it is not there yet, telling each long step."""

    def tell(step: str) -> None:
        sys.stdout.write(f"  {step}\n")
        sys.stdout.flush()

    try:
        root = install_asterisk(tell, load_settings().cache_dir)
    except AsteriskUnavailable as error:
        sys.stdout.write(f"  No Asterisk on this machine: {error}\n")
        return 1
    tell(f"Asterisk is in {root.folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
