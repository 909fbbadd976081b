"""`hotline blacklist`: who is restricted, why, until when, and everything that is done about it."""

from collections.abc import Mapping

import rich_click as click

from hotline.cli.lazy import LazyGroup

_ENTRIES, _FILES = "hotline.cli.blacklist_entries", "hotline.cli.blacklist_files"
_CHANGES = "hotline.cli.blacklist_changes"
_INDEX, _REVIEWS = "hotline.cli.blacklist_index", "hotline.cli.blacklist_reviews"
COMMANDS: Mapping[str, tuple[str, str]] = {
    "today": ("hotline.cli.blacklist_today:blacklist_today", "What a shift looks at first."),
    "add": (f"{_ENTRIES}:blacklist_add", "Restrict a number for a time."),
    "remove": (f"{_ENTRIES}:blacklist_remove", "Lift a restriction at once."),
    "show": (f"{_ENTRIES}:blacklist_show", "What stands against a number."),
    "list": (f"{_ENTRIES}:blacklist_list", "Every entry in force, the first to end first."),
    "strike": (f"{_ENTRIES}:blacklist_strike", "Note that a call was a nuisance."),
    "allow": (f"{_ENTRIES}:blacklist_allow", "Let a number always come through."),
    "approve": (f"{_ENTRIES}:blacklist_approve", "Agree to a prefix, as the second person."),
    "history": (f"{_CHANGES}:blacklist_history", "Everything that was ever done about a number."),
    "audit": (f"{_CHANGES}:blacklist_audit", "Who changed what, and when."),
    "undo": ("hotline.cli.blacklist_undo:blacklist_undo", "Take a change back."),
    "import": (f"{_FILES}:blacklist_import", "Restrict the numbers of a CSV file."),
    "export": (f"{_FILES}:blacklist_export", "Write every entry in force as CSV."),
    "rebuild": (f"{_INDEX}:blacklist_rebuild", "Make the index anew from the record."),
    "verify": (f"{_INDEX}:blacklist_verify", "Compare the index with the record."),
    "reviews": (f"{_REVIEWS}:blacklist_reviews", "Requests for review, and decisions on them."),
    "replay": ("hotline.cli.replay:replay_command", "Run a policy over past calls."),
    "simulate": ("lab.cli.simulate:simulate_command", "Make a labelled history of a city's calls."),
    "policy": ("hotline.cli.policy:policy_group", "The screening policy: check."),
}


@click.group("blacklist", cls=LazyGroup, commands_by_name=COMMANDS)
def blacklist_group() -> None:
    """Who is restricted: entries, strikes, prefixes, reviews, and the index calls are screened by.

    Exit status: 0 done, 1 no such entry or a store is away, 2 refused.
    """
