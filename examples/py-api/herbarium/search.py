"""Finds species by names that people half remember."""

import unicodedata

import ink


def plain(text):
    """Small letters without accents."""
    decomposed = unicodedata.normalize("NFD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def nearest(query, names, limit=5):
    """The names nearest to the query with their distance, nearest first. What is
    further away than half of the query is left out."""
    wanted = plain(query).strip()
    if not wanted:
        return []
    scored = sorted((_distance(wanted, plain(name)), name) for name in names)
    return [(name, score) for score, name in scored[:limit] if score <= len(wanted) // 2]


def _distance(wanted, name):
    if wanted in name:
        return 0
    parts = [name, *name.split()]
    return min(ink.distance(wanted, part) for part in parts)
