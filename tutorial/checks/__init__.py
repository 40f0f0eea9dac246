"""Graded exercises, one module a chapter. Notebooks load them with ``specviz.widgets.load_checks("01_first_run")``."""
