"""How a page of the course looks: a readable measure for text, room for pictures, contents that step aside on narrow screens."""

from __future__ import annotations

from specviz.figures import theme

_TEXT = "43rem"  # about 70 letters a line at this size

CSS = f"""
.st-key-bar {{ margin-top: 1.1rem; }}
.st-key-page h1 {{ font-size: 2rem !important; line-height: 1.2; }}
.st-key-page h2 {{ font-size: 1.55rem !important; padding-top: .1rem; }}
.st-key-page h3 {{ font-size: 1.18rem !important; padding-top: .9rem !important; }}
[class*="st-key-text_"] {{ max-width: {_TEXT}; }}
[class*="st-key-text_"] p, [class*="st-key-text_"] li {{ font-size: 1.06rem; line-height: 1.62; }}
[class*="st-key-text_"] li {{ margin-bottom: .25rem; }}
[class*="st-key-text_"] .katex-display {{ overflow-x: auto; overflow-y: hidden; padding: .15rem 0; }}
[class*="st-key-prediction_"] {{ max-width: {_TEXT}; background: {theme.CARD}; }}
[class*="st-key-exercise_"] {{ max-width: 54rem; background: {theme.CARD}; margin-top: .3rem; }}
[class*="st-key-exercise_"] textarea {{ font-family: {theme.MONO}; font-size: .92rem; line-height: 1.5; white-space: pre-wrap;
  overflow-wrap: anywhere; background: #fff; }}
[class*="st-key-cell_"] [data-testid="stExpander"] {{ max-width: {_TEXT}; }}
[class*="st-key-cell_"] [data-testid="stExpander"] details {{ border-color: {theme.GRID}; }}
[class*="st-key-cell_"] [data-testid="stExpander"] summary {{ min-height: 0; padding-top: .3rem; padding-bottom: .3rem;
  color: {theme.MUTED}; }}
.sv-out {{ font-family: {theme.MONO}; font-size: .88rem; line-height: 1.5; background: {theme.CARD}; border-left: 3px solid {theme.GRID};
  color: {theme.INK}; padding: .55rem .85rem; margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; border-radius: 0 6px 6px 0;
  max-height: 44rem; overflow-y: auto; }}
.sv-frame {{ overflow-x: auto; }}
.sv-frame table {{ border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; border: 0; color: {theme.INK}; }}
.sv-frame th, .sv-frame td {{ border: 0; border-bottom: 1px solid {theme.GRID}; padding: .32rem .9rem .32rem .2rem; text-align: right; }}
.sv-frame thead th {{ border-bottom: 0; font-weight: 600; vertical-align: bottom; padding-bottom: .1rem; }}
.sv-frame thead tr:last-child th {{ border-bottom: 2px solid {theme.INK}; padding-bottom: .3rem; }}
.sv-frame tbody th {{ text-align: left; font-weight: 600; white-space: nowrap; }}
.sv-frame caption {{ caption-side: bottom; text-align: left; color: {theme.MUTED}; font-size: .85rem; padding-top: .35rem; }}
.sv-reply {{ border-left: 6px solid; border-radius: 4px; background: #fff; padding: .5rem .9rem; line-height: 1.5; max-width: {_TEXT}; }}
.sv-steps {{ display: flex; gap: 4px; margin: .1rem 0 .5rem; }}
.sv-steps i {{ flex: 1; height: 5px; border-radius: 3px; background: {theme.GRID}; }}
.sv-steps i.seen {{ background: #9CC7E4; }}
.sv-steps i.here {{ background: {theme.look("accepted").colour}; }}
.st-key-contents {{ position: sticky; top: 4.2rem; max-height: calc(100vh - 5rem); overflow-y: auto; padding-right: .6rem;
  border-right: 1px solid {theme.GRID}; }}
.st-key-contents, .st-key-contents .stVerticalBlock {{ gap: .1rem; }}
.st-key-contents button {{ justify-content: flex-start; text-align: left; min-height: 0; padding: .28rem .45rem; }}
.st-key-contents button > div {{ justify-content: flex-start; }}
.st-key-contents button p {{ font-size: .9rem; line-height: 1.3; text-align: left; }}
[class*="st-key-here_"] button {{ background: #E6F1F8; font-weight: 600; }}
.st-key-course > div > .stHorizontalBlock > .stColumn:first-child {{ align-self: stretch; }}
@media (max-width: 1080px) {{
  .st-key-course > div > .stHorizontalBlock > .stColumn:first-child {{ display: none; }}
  .st-key-course > div > .stHorizontalBlock > .stColumn {{ min-width: 100%; }}
}}
"""
