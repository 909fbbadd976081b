"""What a machine gives to whatever runs on it: files, disk, signals, signs of life.

Depends on nothing else of ours.
"""
