"""How an Asterisk of this machine is opened to the console, which asks it how many callers wait."""

from embedded.asterisk.manager import ManagerAccess
from hotline.installation.rights import for_the_roles
from hotline.kept_secret import ami_secret
from hotline.setting_forms import host_of, port_of
from hotline.settings import Settings

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


def manager_access(settings: Settings) -> ManagerAccess:
    """Its manager interface, as the settings name it. Raises OSError."""
    ami = settings.ami
    here = (port_of(host) for host in ami.hosts if host_of(host) in _LOOPBACK)
    port = next((port for port in here if port is not None), ami.port)
    return ManagerAccess(port, ami.user, access_secret(settings))


def access_secret(settings: Settings) -> str:
    """What the console and Asterisk have in common; whoever makes it, the roles may read it.

    Raises OSError.
    """
    with for_the_roles(settings):
        return ami_secret(settings.ami.secret, settings.state_dir)
