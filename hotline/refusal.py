"""Why a role does not start, where that is for people to mend. Imported by every command: tiny."""


class MenuUnfit(Exception):
    """The menu would lose callers. Each line of the message is one thing to mend."""
