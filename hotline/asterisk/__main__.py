"""`python -m hotline.asterisk`: install the Asterisk of the cache, or say why it cannot be had."""

import sys

import click

from hotline.asterisk.install import AsteriskUnavailable, install_asterisk


@click.command()
def main() -> None:
    """Install Asterisk for development and tests (root, Debian, network; about 650 MB)."""
    try:
        root = install_asterisk(lambda step: click.echo(f"  {step}", err=True))
    except AsteriskUnavailable as reason:
        click.echo(str(reason), err=True)
        sys.exit(1)
    click.echo(str(root.folder))


if __name__ == "__main__":
    main()
