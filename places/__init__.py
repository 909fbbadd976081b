"""Where and when: the gazetteer, opening hours and holidays, announcements that are on the air.

What lives here: their records in SQL, what is read of them for a call, what is imported. What may
not: how they are said, and by which questions callers come to them.
"""
