"""The pages and their addresses, in one place, so that pages can send a reader to each other."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

VIEWS = Path(__file__).resolve().parents[1] / "views"


@dataclass(frozen=True)
class PageOf:
    """A page: its file, title, icon and the last part of its address where that is not the file's name."""

    name: str
    title: str
    icon: str
    is_default: bool = False
    word: str = ""

    @property
    def file(self) -> str:
        """Where its code is, as st.switch_page takes it."""
        return str(VIEWS / f"{self.name}.py")

    @property
    def url(self) -> str:
        """Its address; the default page has none of its own."""
        return "" if self.is_default else self.word or self.name


START = PageOf("start", "Start", ":material/play_circle:", is_default=True)
COURSE = PageOf("reader", "Course", ":material/school:", word="course")
LIVE = PageOf("live", "Live run", ":material/bolt:")
EXPLORER = PageOf("explorer", "Explorer", ":material/account_tree:")
DISTRIBUTION = PageOf("distribution", "Distribution lab", ":material/equalizer:")
LOSSLESSNESS = PageOf("losslessness", "Losslessness lab", ":material/science:")
SPEEDUP = PageOf("speedup", "Speed-up lab", ":material/speed:")
PAGES = (START, COURSE, LIVE, EXPLORER, DISTRIBUTION, LOSSLESSNESS, SPEEDUP)
