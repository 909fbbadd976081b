"""The words that people read for what the house calls by codes."""

from flask_babel import lazy_gettext as _

ROLES = {
    "auditor": _("Auditor"),
    "operator": _("Operator"),
    "supervisor": _("Supervisor"),
    "manager": _("Manager"),
    "admin": _("Admin"),
    "receiver": _("Receiver of tickets"),
}


def role_name(role: str) -> str:
    """A role, for people."""
    return str(ROLES.get(role, role))
