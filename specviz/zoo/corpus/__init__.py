"""The text the shipped models learn from; one file per family, nothing downloaded."""
