"""The app's front door: `streamlit run app`. Navigation only; every page is a file in views/."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

import streamlit as st

if find_spec("specviz") is None:  # run from a checkout that was not installed
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ui import style
from ui.pages import PAGES

st.set_page_config(page_title="specviz", page_icon=str(style.ICON), layout="wide")
style.apply()
st.navigation([st.Page(p.file, title=p.title, icon=p.icon, url_path=p.url, default=p.is_default) for p in PAGES], position="top").run()
