"""Commands made of the blocklist's table: options of what an operation takes, who asks, errors.

What is left to write for a command is how its result is told to a person.
"""

import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from types import MappingProxyType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from zoneinfo import ZoneInfo

import rich_click as click
from pydantic import AwareDatetime
from pydantic.fields import FieldInfo

from blacklist.record.arguments import Arguments
from blacklist.record.operations import OPERATIONS
from hotline.bootstrap import Services
from hotline.cli import asking
from hotline.cli.columns import one_line
from hotline.cli.progress import told
from hotline.register import make_register

Option = Callable[[Callable[..., Any]], Callable[..., Any]]
Tell = Callable[[Any, ZoneInfo], None]
"""Tells a person what came of a command."""

_WRITTEN = {
    **{"calls": "call", "recordings": "recording", "review_at": "review", "call_id": "call"},
    **{"made_by": "by", "form": "from"},
}
"""Options that are not written as the argument is called."""
_MOMENT = ", as 2026-12-31T23:59 (local time unless with a zone); a date: its end"
_ELSEWHERE = ("number", "after")
"""Arguments that are no options: one has a place of its own, and pages are for programs."""
_NONE: Mapping[str, Any] = MappingProxyType({})


def verb(
    name: str,
    *,
    flags: Mapping[str, tuple[str, str]] = _NONE,
    options: Mapping[str, Option] = _NONE,
) -> Callable[[Tell], click.Command]:
    """Make the command of this operation of what tells its result.

    Each of `flags` stands for another operation, and has a help. `options` are in place of what is
    made of the arguments of that name, or beside it.
    """
    operation = OPERATIONS[name]
    subject = operation.of or "number"
    fields = operation.takes.model_fields if operation.takes else {}
    parameters: dict[str, Option] = {
        subject: click.argument(
            subject,
            type=int if subject == "review" else str,
            required="number" not in fields or fields["number"].is_required(),
        ),
        **{at: _option(at, field) for at, field in fields.items() if at not in _ELSEWHERE},
        **options,
        **{
            flag: click.option(f"--{flag}", is_flag=True, help=of)
            for flag, (_, of) in flags.items()
        },
    }
    if not operation.of and "number" not in fields:
        del parameters[subject]
    if operation.changes:
        parameters |= {"who": asking.who_option, "role": asking.role_option}

    def made(tell: Tell) -> click.Command:
        @_with([*parameters.values(), asking.json_option])
        @click.pass_obj
        def run(
            services: Services,
            /,
            as_json: bool,
            who: str | None = None,
            role: str = "manager",
            **given: Any,
        ) -> None:
            others = (OPERATIONS[other] for flag, (other, _) in flags.items() if given[flag])
            chosen, zone = next(others, operation), services.zone
            about = (str(given[subject]),) if chosen.of else ()
            takes = chosen.takes.model_fields if chosen.takes else {}
            kept = ({*takes, *options} & given.keys()) - ({subject} if chosen.of else set())
            wanted = {at: given[at] for at in given if at in kept}
            with asking.plain_errors():
                for at in wanted:
                    if at in takes and _kind(takes[at]) is AwareDatetime:
                        wanted[at] = asking.moment(wanted[at], zone)
                by = asking.person(who, role) if chosen.changes else None
                done = chosen.run(make_register(services, told), by, *about, **wanted)
            if as_json:
                asking.print_json(asking.told(done))
            else:
                tell(done, zone)
            if about and not done:
                click.echo(f"{one_line(*about)}: no entry", err=True)
                sys.exit(1)

        return click.command(name.partition("_")[0], help=inspect.getdoc(tell))(run)

    return made


def options_of(takes: type[Arguments]) -> Option:
    """Give a command an option for each of these arguments."""
    fields = takes.model_fields.items()
    return _with([_option(name, field) for name, field in fields if name not in _ELSEWHERE])


def _with(parameters: Sequence[Option]) -> Option:
    """One decorator of several, in the order in which the help has them."""
    return lambda command: reduce(lambda made, each: each(made), reversed(parameters), command)


def _option(name: str, field: FieldInfo) -> Option:
    kind, says = _kind(field), field.description or ""
    how: dict[str, Any] = {"required": field.is_required()}
    if get_origin(kind) is Literal:
        how["type"] = click.Choice(get_args(kind))
    elif get_origin(kind) is tuple:
        how["multiple"] = True
        says += "; repeatable"
    elif kind is AwareDatetime:
        says += _MOMENT
    elif kind is bool:
        how["is_flag"] = True
    elif kind is int:
        how["type"] = click.IntRange(*_limits(field))
    else:
        how["type"] = kind
    if not field.is_required() and field.default != ():
        how["default"] = field.default
        how["show_default"] = "type" in how and bool(field.default)
    return click.option(f"--{_WRITTEN.get(name, name).replace('_', '-')}", name, help=says, **how)


def _limits(field: FieldInfo) -> tuple[int | None, int | None]:
    """The least and the most that a whole number may be."""
    said: list[Any] = list(field.metadata)
    for part in get_args(field.annotation):  # of one that may be None they stand further in
        said += (inner for named in get_args(part)[1:] for inner in named.metadata)
    least = next((limit.ge for limit in said if hasattr(limit, "ge")), None)
    most = next((limit.le for limit in said if hasattr(limit, "le")), None)
    return least, most


def _kind(field: FieldInfo) -> Any:
    """The type of an argument, without its limits and without None."""
    kind: Any = field.annotation
    while get_origin(kind) in (Annotated, Union, UnionType):
        kind = next(part for part in get_args(kind) if part is not type(None))
    return kind
