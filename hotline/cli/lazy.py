"""Groups of commands that import a command's module when it is run, and not before."""

import importlib
from collections.abc import Mapping
from typing import Any

import rich_click as click

from hotline.start import importing


class LazyGroup(click.RichGroup):
    """A group that knows its commands by name, as `module:attribute`, and by one line each.

    A name is no import: commands of a room above this one, as the lab's, register so.
    """

    def __init__(
        self, *args: Any, commands_by_name: Mapping[str, tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.commands_by_name = commands_by_name
        self._listing = False

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order people meet them."""
        del ctx
        return list(self.commands_by_name)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, imported now."""
        del ctx
        if cmd_name not in self.commands_by_name:
            return None
        place, line = self.commands_by_name[cmd_name]
        if self._listing:
            return click.RichCommand(name=cmd_name, help=line)
        module, _, name = place.partition(":")
        with importing():
            command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def get_help(self, ctx: click.Context) -> str:
        """The help; the list of commands in it is made of their one lines, nothing is imported."""
        self._listing = True
        try:
            return super().get_help(ctx)
        finally:
            self._listing = False
