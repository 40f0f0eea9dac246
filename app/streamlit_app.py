"""The app's front door: `streamlit run app`. Navigation only; every page is a file in views/."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

import streamlit as st

if find_spec("specviz") is None:  # run from a checkout that was not installed
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ui import gate, style
from ui.pages import PAGES
from ui.said import plain

from specviz.errors import SpecvizError

st.set_page_config(page_title="specviz", page_icon=str(style.ICON), layout="wide")
style.apply()
gate.arrive()
page = st.navigation([st.Page(p.file, title=p.title, icon=p.icon, url_path=p.url, default=p.is_default) for p in PAGES], position="top")
gate.remember()
try:
    page.run()
except SpecvizError as error:  # what can be said in words; a fault of ours goes to the terminal, and the page says no more than that there is one
    st.error(plain(error))
