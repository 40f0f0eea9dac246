"""The seven families by name."""

from __future__ import annotations

from specviz.zoo.corpus import chat, code, maths, retrieve, story, summarise, translate
from specviz.zoo.corpus.base import Family

FAMILIES: dict[str, Family] = {module.FAMILY.name: module.FAMILY for module in (code, story, chat, translate, summarise, retrieve, maths)}
