"""Models made for the session."""

from tests.helpers import bench  # noqa: F401  pytest finds fixtures by name
