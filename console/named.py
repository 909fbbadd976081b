"""The words that people read for what the house calls by codes."""

from collections.abc import Iterator, Mapping

from flask_babel import lazy_gettext as _

ROLES = {
    "auditor": _("Auditor"),
    "operator": _("Operator"),
    "supervisor": _("Supervisor"),
    "manager": _("Manager"),
    "admin": _("Admin"),
    "receiver": _("Receiver of tickets"),
}
REASONS = {
    "harassment": _("Harassment"),
    "false_report": _("False reports"),
    "malicious_complaint": _("Malicious complaints"),
    "abuse": _("Abuse"),
    "silent_call": _("Silent calls"),
    "flood": _("Too many calls"),
}
MEASURES = {
    "warn": _("warned"),
    "challenge": _("asked for a key"),
    "low_priority": _("put last in the queue"),
    "voicemail": _("may leave a message"),
    "block": _("blocked"),
    "allow": _("let through"),
}
KINDS = {"number": _("Number"), "prefix": _("Prefix"), "allow": _("Let through")}

ACTIONS = {
    "added": _("restricted"),
    "lifted": _("lifted"),
    "strike": _("struck"),
    "strikes_lifted": _("strikes lifted"),
    "allowed": _("let through"),
    "disallowed": _("let through no more"),
    "asked": _("asked for a prefix"),
    "approved": _("agreed as the second person"),
    "replayed": _("looked up anew"),
    "imported": _("imported"),
    "undone": _("taken back"),
    "review_asked": _("asked for review"),
    "review_accepted": _("review accepted"),
    "review_refused": _("review refused"),
    "policy_changed": _("policy switched on"),
    "number_revealed": _("looked at a number"),
    "recording_fetched": _("listened to a recording"),
    "call_exported": _("took a call away"),
    "announced": _("put on the air"),
    "announcement_ended": _("taken off the air"),
    "gazetteer_imported": _("addresses imported"),
    "ticket_opened": _("ticket opened"),
    "ticket_status": _("status changed"),
    "ticket_priority": _("priority changed"),
    "ticket_assigned": _("assigned"),
    "ticket_noted": _("note written"),
    "ticket_replied": _("replied"),
    "ticket_merged": _("merged"),
    "delivery_retried": _("delivery tried again"),
    "deliveries_retried": _("deliveries tried again"),
    "destination_enabled": _("destination enabled"),
    "destination_disabled": _("destination disabled"),
    "destination_tried": _("destination tried"),
    "token_created": _("token made"),
    "token_revoked": _("token ended"),
    "pin_set": _("PIN set"),
    "pin_revoked": _("PIN ended"),
    "account_added": _("account made"),
    "account_invited": _("invited again"),
    "account_role": _("role changed"),
    "account_disabled": _("account disabled"),
    "account_enabled": _("account enabled"),
    "second_factor_reset": _("second factor reset"),
    "second_factor_set": _("second factor set up"),
    "second_factor_removed": _("second factor removed"),
    "password_set": _("password set"),
    "password_changed": _("password changed"),
    "signed_in": _("signed in"),
    "sign_in_failed": _("wrong password or code"),
    "sessions_ended": _("signed out everywhere"),
    "session_ended": _("session ended"),
}
"""What the audit calls a change."""


def action_name(action: str) -> str:
    """A change of the audit, for people."""
    return named(ACTIONS, action)


def role_name(role: str) -> str:
    """A role, for people."""
    return str(ROLES.get(role, role))


def named(table: Mapping[str, object], code: str) -> str:
    """What a code is called; itself where another release has written one of its own."""
    return str(table.get(code, code))


def measures_to_take() -> Iterator[tuple[str, str]]:
    """What can be done to a caller, from the mildest."""
    return ((code, name) for code, name in choices(MEASURES) if code != "allow")


def choices(table: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Codes and their names, for a list to choose from."""
    for code, name in table.items():
        yield code, str(name)
