"""What roles as processes need in this folder."""

from tests.faults.conftest import ear, settings, sounds

__all__ = ["ear", "settings", "sounds"]
