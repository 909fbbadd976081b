"""The record of who is restricted: SQL tables, people's changes to them, and their projection.

What is written here is the truth; Redis is only its index and can be emptied at any time. Nothing
here stands on the path of a call. Nothing here reads settings: engines, clocks, the policy and the
index are handed in.
"""
