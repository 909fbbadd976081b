"""Prompts as sound: the synthetic voice, studio recordings, and the WAV files that callers hear.

What lives here: espeak-ng and sox, and the files they make. What may not: which prompt is said
when.
"""
