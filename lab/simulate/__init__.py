"""A city's calls as they might be, with the truth about each: for trying a policy before people
meet it. What is assumed stands in `city.py`; nothing here knows of any policy.
"""
