"""`hotline backoffice`: the reference back office."""

import rich_click as click

from host.signals import hangup_reopens_logs
from hotline.bootstrap import Services
from lab.backoffice.server import serve_backoffice


@click.command()
@click.option("--port", type=int, default=None, help="TCP port; default: from the settings")
@click.pass_obj
def backoffice(services: Services, port: int | None) -> None:
    """Run the reference back office: it stands for the city's own system."""
    hangup_reopens_logs()
    settings = services.settings
    folder = settings.state_dir / "backoffice"
    folder.mkdir(parents=True, exist_ok=True)
    serve_backoffice(
        settings.backoffice.host,
        settings.backoffice.port if port is None else port,
        folder / "backoffice.db",
        services.outbound.backoffice_secrets,
    )
