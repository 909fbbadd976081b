"""How others' servers are spoken with: one bounded exchange by HTTP, Twilio's REST API, and
Asterisk's manager interface.

Reads no settings: plain values are handed in.
"""
