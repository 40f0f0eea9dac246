"""The course as a program reads it: chapters in pages and blocks, their exercises, their cells run in a process apart.

Streamlit is not named here; torch is loaded by the process that runs a chapter's cells, and by nothing else.
"""
