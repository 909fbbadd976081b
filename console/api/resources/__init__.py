"""What the API serves beside the blocklist: calls, tickets, deliveries, announcements, a file each.

Each route names the operation that it asks for, and is bound to the house: nothing is decided here.
Numbers of callers are masked for roles that do not need them, as on pages.
"""
