"""How others' servers are spoken with: one bounded exchange by HTTP, and Twilio's REST API.

Reads no settings: plain values are handed in.
"""
