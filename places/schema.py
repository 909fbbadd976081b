"""The tables of places."""

from places.fields import Address, Announcement
from store.fields import table_of
from store.sql import room_metadata

metadata = room_metadata()

gazetteer = table_of("gazetteer", metadata, Address)
announcements = table_of("announcements", metadata, Announcement)
