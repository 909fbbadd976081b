"""The table of operations: what the command and the HTTP API are made of says the same to both."""

import pytest
import rich_click as click

from blacklist.record.operations import OPERATIONS, Operation
from console.api.blueprint import ROUTES
from hotline.cli.blacklist import COMMANDS, blacklist_group

BY_COMMAND = {
    "add": ("add", "ask_prefix"),
    "remove": ("remove", "disallow", "remove_prefix"),
    "show": ("show", "show_prefix"),
    "list": ("list",),
    "strike": ("strike",),
    "allow": ("allow",),
    "approve": ("approve_prefix",),
    "history": ("history",),
    "audit": ("audit",),
    "today": ("today",),
    "undo": ("undo",),
    "import": ("import",),
    "export": ("export",),
    "rebuild": ("rebuild",),
    "verify": ("verify",),
    "reviews": ("reviews", "accept_review", "refuse_review"),
}
"""Which operations each command reaches."""
OTHERWISE = {"after", "limit"}
"""What only programs page by: a person's list is whole, or as long as they say."""


def names(command: click.Command) -> set[str]:
    """What a command and those below it take."""
    below = command.commands.values() if isinstance(command, click.Group) else ()
    return {param.name or "" for param in command.params}.union(*map(names, below))


def test_every_operation_is_reached_over_http_and_by_a_command() -> None:
    """Neither way in has one that the other lacks; a replay and the like are no operations."""
    assert sorted(route.name for route in ROUTES) == sorted(OPERATIONS)
    assert sorted(name for of in BY_COMMAND.values() for name in of) == sorted(OPERATIONS)
    assert set(COMMANDS) - set(BY_COMMAND) == {"replay", "simulate", "policy"}


@pytest.mark.parametrize("command", BY_COMMAND)
def test_a_command_takes_what_its_operations_take(command: str) -> None:
    """An argument that is added to the table is an option at once."""
    found = blacklist_group.get_command(click.Context(blacklist_group), command)
    assert found is not None
    for operation in map(OPERATIONS.__getitem__, BY_COMMAND[command]):
        fields = set(operation.takes.model_fields) if operation.takes else set()
        assert fields - OTHERWISE <= names(found)


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_what_an_operation_takes_is_described(operation: Operation) -> None:
    """The same words stand in the help of the command and in the document of the API."""
    fields = operation.takes.model_fields if operation.takes else {}
    silent = {name for name, field in fields.items() if not field.description}
    assert silent <= OTHERWISE | {"number"}
