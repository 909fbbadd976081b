"""A server of Open311 GeoReport v2 in config/destinations.yaml."""

from collections.abc import Collection
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, StringConstraints

from tickets.destination import Destination
from tickets.destinations.entry import (
    FOUND_AFTER_S,
    Address,
    Entry,
    House,
    Secret,
    Text,
    Wait,
)
from tickets.destinations.field_names import KNOWN
from tickets.destinations.template import parse_template

_Code = Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Z][A-Z0-9_]{1,31}\z")]
_Attribute = Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Za-z0-9_.:-]{1,100}\z")]


def _template(text: str) -> str:
    parse_template(text, KNOWN)
    return text


def _endpoint(url: str) -> str:
    if "?" in url or "#" in url:
        raise ValueError("must end before requests.json, without ? and #")
    return url.rstrip("/")


class Open311Entry(Entry):
    """Where its API begins, what it knows us by, and how our services are called there."""

    kind: Literal["open311"]
    endpoint: Annotated[Address, AfterValidator(_endpoint)]
    api_key: Secret
    jurisdiction_id: Text | None = None
    services: dict[_Code, Text] = Field(default_factory=dict)
    attributes: dict[_Attribute, Annotated[Text, AfterValidator(_template)]] = Field(
        default_factory=dict
    )
    updates: Literal["post", "leave"] = "post"
    format: Literal["json", "xml"] = "json"
    found_after: Wait = FOUND_AFTER_S
    place: Text = "جدة, Jeddah"

    @property
    def named_services(self) -> Collection[str]:
        """Of our services, those that it has by another code."""
        return self.services

    def build(self, name: str, house: House) -> Destination:
        """The destination. Raises SecretMissing."""
        from tickets.destinations.mail.told import Names
        from tickets.destinations.open311 import Open311Destination
        from tickets.destinations.open311_server import Open311Server

        attributes = {code: parse_template(text, KNOWN) for code, text in self.attributes.items()}
        return Open311Destination(
            name,
            Open311Server(
                self.endpoint, self.format, self.jurisdiction_id, self.admits, self.trust(house)
            ),
            self.api_key.reader(house),
            Names(ZoneInfo(house.zone), house.services, house.areas),
            self.timeout_s(house),
            self.schedule(house),
            services=self.services,
            attributes=attributes,
            updates=self.updates,
            found_after_s=self.found_after,
            place=self.place,
        )
