"""A database as it is after months: calls, tickets, deliveries and a blocklist, all made up.

What reads them can be seen and measured at the size that it must bear. Nothing is asked of a desk
or an office: rows are written as these would have left them, many at once.
"""
