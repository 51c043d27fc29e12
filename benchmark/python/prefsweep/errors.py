"""What can be wrong with results."""

from __future__ import annotations


class ResultsError(Exception):
    """A folder or file of results that cannot be used; the message says what was found and what is allowed."""
