"""Prompts as sound: the synthetic voice, studio recordings, and the WAV files that callers hear.

What lives here: synthesisers as programs, the levelling of sound, and the files that are made.
What may not: which prompt is said when.
"""
