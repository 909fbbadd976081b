"""The catalogue: services, sub-municipalities and agencies, read from the files people edit."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StringConstraints

from files.yaml_model import FileWrong, load_yaml

_Name = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=100)]
_Digits = Annotated[str, StringConstraints(strict=True, pattern=r"^[0-9]{3,5}\z")]
_GroupPath = Annotated[str, StringConstraints(strict=True, pattern=r"^[1-9]\z")]
_ServicePath = Annotated[str, StringConstraints(strict=True, pattern=r"^[1-9]\.[1-9]\z")]
_Code = Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Z][A-Z0-9_]{1,31}\z")]
_Word = Annotated[str, StringConstraints(strict=True, pattern=r"^[a-z][a-z0-9_]{0,31}\z")]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Group:
    """A group of services: the first digit of their path."""

    path: str
    name_ar: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Service:
    """What a citizen can report. `path` is the digits dialled ("2.1"), `group` their first."""

    code: str
    group: str
    path: str
    name_ar: str
    name_en: str
    target_hours: int
    departments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Department:
    """Whose services are, as people read it."""

    code: str
    name_ar: str
    name_en: str


@dataclass(frozen=True, slots=True)
class SubMunicipality:
    """A sub-municipality of Jeddah."""

    code: str
    name_ar: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Agency:
    """Another body that callers are connected to. `number` is dialled as it stands."""

    code: str
    number: str
    name_ar: str
    name_en: str
    emergency: bool


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name_ar: _Name
    name_en: _Name


class _GroupRow(_Row):
    path: _GroupPath


class _ServiceRow(_Row):
    path: _ServicePath
    code: _Code
    target_hours: Annotated[StrictInt, Field(gt=0, le=8760)]
    departments: Annotated[tuple[_Word, ...], Field(min_length=1)]


class _DepartmentRow(_Row):
    code: _Word


class _SubMunicipalityRow(_Row):
    code: _Code


class _AgencyRow(_Row):
    code: _Word
    number: _Digits
    emergency: StrictBool


class _Services(BaseModel):
    model_config = ConfigDict(extra="forbid")
    groups: Annotated[list[_GroupRow], Field(max_length=5)]
    services: list[_ServiceRow]
    departments: list[_DepartmentRow] = []


class _SubMunicipalities(BaseModel):
    model_config = ConfigDict(extra="forbid")
    sub_municipalities: list[_SubMunicipalityRow]


class _Agencies(BaseModel):
    model_config = ConfigDict(extra="forbid")
    agencies: list[_AgencyRow]


def load_services(path: Path) -> Mapping[str, Service]:
    """Services by code, in the order of the file.

    Raises FileWrong, naming file, line and key: also for a code or a path given twice, and
    for a service whose group is not listed.
    """
    document = load_yaml(path, _Services)
    rows = document.value.services
    groups = {row.path for row in document.value.groups}
    _refuse_twice(rows, lambda row: row.path, "services", "path", document.fail)
    for index, row in enumerate(rows):
        if row.path[0] not in groups:
            raise document.fail(("services", index, "path"), f"has no group {row.path[0]!r}")
    services = [
        Service(
            row.code,
            row.path[0],
            row.path,
            row.name_ar,
            row.name_en,
            row.target_hours,
            row.departments,
        )
        for row in rows
    ]
    return _by_code(services, lambda one: one.code, "services", "code", document.fail)


def load_groups(path: Path) -> Mapping[str, Group]:
    """Groups of services by their digit, from the same file as the services."""
    document = load_yaml(path, _Services)
    groups = [Group(row.path, row.name_ar, row.name_en) for row in document.value.groups]
    return _by_code(groups, lambda one: one.path, "groups", "path", document.fail)


def load_departments(path: Path) -> Mapping[str, Department]:
    """Departments by code, from the same file: those that it names, then others of its services.

    A file of an earlier release names none: they are read by their codes then. Raises FileWrong,
    naming file, line and key: also for a code that is given twice.
    """
    document = load_yaml(path, _Services)
    rows = [Department(row.code, row.name_ar, row.name_en) for row in document.value.departments]
    named = _by_code(rows, lambda one: one.code, "departments", "code", document.fail)
    used = (code for row in document.value.services for code in row.departments)
    others = {code: Department(code, code, code) for code in used if code not in named}
    return {**named, **others}


def load_sub_municipalities(path: Path) -> Mapping[str, SubMunicipality]:
    """Sub-municipalities by code. Raises FileWrong, naming file, line and key."""
    document = load_yaml(path, _SubMunicipalities)
    rows = [
        SubMunicipality(row.code, row.name_ar, row.name_en)
        for row in document.value.sub_municipalities
    ]
    return _by_code(rows, lambda one: one.code, "sub_municipalities", "code", document.fail)


def load_agencies(path: Path) -> Mapping[str, Agency]:
    """Agencies by code.

    Raises FileWrong, naming file, line and key: also for a code or a number given twice.
    """
    document = load_yaml(path, _Agencies)
    _refuse_twice(
        document.value.agencies, lambda row: row.number, "agencies", "number", document.fail
    )
    rows = [
        Agency(row.code, row.number, row.name_ar, row.name_en, row.emergency)
        for row in document.value.agencies
    ]
    return _by_code(rows, lambda one: one.code, "agencies", "code", document.fail)


_Fail = Callable[[tuple[str | int, ...], str], FileWrong]


def _refuse_twice(
    rows: Iterable[T], key: Callable[[T], str], section: str, name: str, fail: _Fail
) -> None:
    seen: set[str] = set()
    for index, row in enumerate(rows):
        value = key(row)
        if value in seen:
            raise fail((section, index, name), f"{value} stands twice: each may stand once")
        seen.add(value)


def _by_code(
    rows: list[T], key: Callable[[T], str], section: str, name: str, fail: _Fail
) -> Mapping[str, T]:
    _refuse_twice(rows, key, section, name, fail)
    return {key(row): row for row in rows}
