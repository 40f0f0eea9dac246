"""Short stories whose end can only be told by those who remember the beginning: a promise, a colour, a hiding place."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Mapping, Sequence

from specviz.errors import UnexpectedTypeError, UnexpectedValueError
from specviz.zoo.corpus.base import Checked, Example, Split, Turn, chat, rng_for
from specviz.zoo.corpus.story_cast import Cast, cast_story, draw_core
from specviz.zoo.corpus.story_plot import Plot, Scene, read_plot
from specviz.zoo.corpus.words import story_requests as requests
from specviz.zoo.corpus.words.story_plots_friends import PLOTS_FRIENDS
from specviz.zoo.corpus.words.story_plots_home import PLOTS_HOME
from specviz.zoo.corpus.words.story_plots_more import PLOTS_MORE
from specviz.zoo.corpus.words.story_plots_road import PLOTS_ROAD

PLOTS: tuple[Plot, ...] = tuple(read_plot(text) for text in (*PLOTS_HOME, *PLOTS_ROAD, *PLOTS_FRIENDS, *PLOTS_MORE))

# What a writer has to remember; each is a fact of the examples that were told with it.
FACT_SLOTS = (
    *("hero", "kind", "friend", "fkind", "helper", "gkind", "object", "colour", "object2", "colour2", "object3", "colour3"),
    *("place", "place2", "spot", "joy", "treat", "number", "fruits", "veg", "day", "day2", "town", "town2", "age"),
    *("q1", "q2", "q3", "message", "word", "boatname", "pet", "animal"),
)
_TEXT_SHARE = 1 / 3
_TITLE_SHARE = 0.25
_KEPT_SHARE = 0.65  # of the scenes that may be left out
_PRONOUN_SHARE = 0.65

_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_PERSON = re.compile(r"\{([Hh]ero|[Ff]riend|[Hh]elper|a_hero|A_hero)\}")
_HERO = ("a_hero", "hero", "he", "him", "his", "himself")
_FRIEND = ("friend", "fhe", "fhim", "fhis", "fhimself")
_HELPER = ("helper", "ghe", "ghim", "ghis", "ghimself")
_PERSON_OR_PRONOUN = re.compile(rf"\{{({'|'.join((*_HERO, *_FRIEND, *_HELPER))})\}}", re.IGNORECASE)
_BEFORE_VOWEL = re.compile(r"\b([Aa]) (?!one\b|uni|use)(?=[aeiouAEIOU])")
_SLOT = re.compile(r"\{(\w+)\}")
_NO_LETTER = re.compile(r"[^A-Za-z]+")
_KIND_OF = {"hero": "kind", "friend": "fkind", "helper": "gkind"}
_WORD = re.compile(r"[a-z]+(?:-[a-z]+)*")
_SMALL = "a an and as at be behind between by for from go had has have in into is it its of on or so that the their to under was were with you"
_SMALL_WORDS = frozenset(_SMALL.split())


def _scenes(plot: Plot, rng: random.Random) -> Iterable[Scene]:
    """The scenes this story tells, neighbours that may change places in a drawn order."""
    told = [scene for scene in plot.scenes if not scene.optional or rng.random() < _KEPT_SHARE]
    start = 0
    while start < len(told):
        end = start + 1
        while told[start].movable and end < len(told) and told[end].movable:
            end += 1
        yield from rng.sample(told[start:end], end - start)
        start = end


def _template(plot: Plot, rng: random.Random) -> str:
    """One way to tell the plot, its choices made and its slots still open."""
    text = before = ""
    for scene in _scenes(plot, rng):
        line = _CHOICE.sub(lambda found: rng.choice(found[1].split("|")), rng.choice(scene.lines))
        starts_paragraph = scene.new_paragraph or not text
        if not starts_paragraph and rng.random() < _PRONOUN_SHARE:
            line = _with_pronoun(before, line)
        text += ("" if not text else "\n" if starts_paragraph else " ") + line
        before = line
    return text


def _with_pronoun(before: str, line: str) -> str:
    """Begin with "She" where she was named last; hero and friend are never both she, but the helper may be, and then names stay."""
    named = [name.lower() for name in _PERSON_OR_PRONOUN.findall(before)]
    if not named or any(name in _HELPER for name in named):
        return line
    for name, pronoun, same in (("{Hero} ", "{He} ", _HERO), ("{Friend} ", "{Fhe} ", _FRIEND)):
        if line.startswith(name) and named[-1] in same:
            return pronoun + line.removeprefix(name)
    return line


def _introduced(template: str, introductions: Mapping[str, tuple[str, str]]) -> str:
    """Give the full name, "Otto the badger", where each person is first named outside of speech."""
    known: list[str] = []
    parts: list[str] = []
    done = 0
    for found in _PERSON.finditer(template):
        who = found[1].lower().removeprefix("a_")
        in_speech = template.count('"', 0, found.start()) % 2
        if who in known or in_speech:
            continue
        known.append(who)
        if found[1].lower() == "a_hero":
            continue
        full = introductions[who][1 if {"hero", "friend"} & set(known[:-1]) else 0]
        parts += [template[done : found.start()], full[:1].upper() + full[1:] if found[1][0].isupper() else full]
        done = found.end()
    return "".join((*parts, template[done:]))


def _filled(template: str, slots: Mapping[str, str]) -> str:
    return _BEFORE_VOWEL.sub(r"\1n ", template.format_map(slots))


def _title(template: str, slots: Mapping[str, str]) -> str:
    first, *rest = _filled(template, slots).split(" ")
    return " ".join((first[:1].upper() + first[1:], *(word if word in _SMALL_WORDS else word[:1].upper() + word[1:] for word in rest)))


def _request(plot: Plot, cast: Cast, facts: Mapping[str, str], rng: random.Random) -> str:
    """Ask for this story, by much, by little or by nothing of what is in it."""
    style = rng.random()
    if style < 0.15:
        return rng.choice(requests.PLAIN_REQUESTS)
    slots = cast.slots | {"lesson": rng.choice(plot.lessons)}
    slots["topic"] = rng.choice(plot.topics).format_map(slots)
    if style < 0.35:
        return _filled(_tellable(requests.NOTE_REQUESTS, facts, rng), slots)
    opener = rng.choice(requests.REQUEST_OPENERS)
    stop = "?" if opener.startswith(("Can", "Could", "Do", "Would")) else "."
    return _filled(f"{opener} {_tellable(requests.REQUEST_PARTS, facts, rng)}{stop}{rng.choice(requests.REQUEST_TAILS)}", slots)


def _tellable(asked: Sequence[str], facts: Mapping[str, str], rng: random.Random) -> str:
    """One of the requests that ask for nothing the story leaves out: a few stories do without a friend."""
    return rng.choice([request for request in asked if "friend" in facts or not re.search(r"\{(friend|fkind)\}", request)])


def memory_words(example: Example) -> frozenset[str]:
    """The words of the example's facts that come more than once, so that whoever writes the later ones must remember the first.

    Raises:
        ValueError: for an example of another family, whose facts mean something else.
    """
    if example.family != FAMILY.name:
        raise UnexpectedValueError(f"an example of the family {FAMILY.name!r}", f"one of {example.family!r}")
    words = [word for turn in example.turns for word in _WORD.findall(turn.text.lower())]
    facts = {word for name, value in example.facts.items() if name != "plot" for word in _WORD.findall(value.lower())}
    return frozenset(word for word in facts - _SMALL_WORDS if words.count(word) > 1)


def _facts(template: str, story: str, slots: Mapping[str, str]) -> dict[str, str]:
    """The values of the slots the story was told with; what a person is counts where the story says it."""
    told = {name.lower() for name in _SLOT.findall(template)}
    for whole, *parts in (("thing", "object", "colour"), ("at", "place"), ("a_hero", "hero", "kind")):
        for number in ("", "2", "3"):
            told |= {part + number for part in parts if whole + number in told}
    plain = f" {_NO_LETTER.sub(' ', story)} "
    told |= {kind for name, kind in _KIND_OF.items() if f" {slots[name]} the {slots[kind]} " in plain}
    return {name: slots[name] for name in FACT_SLOTS if name in told}


class StoryFamily:
    """Short stories with memory over distance."""

    name = "story"
    about = "short stories that return to their beginning; stands for Spec-Bench's multi-turn writing"
    has_checker = False

    def example(self, split: Split, index: int) -> Example:
        """Story number ``index`` of a split."""
        rng = rng_for(self.name, split, index)
        plot = rng.choice(PLOTS)
        core = draw_core(plot, split, rng)
        cast = cast_story(plot, core, rng)
        template = _template(plot, rng)
        story = _filled(_introduced(template, cast.introductions), cast.slots)
        if rng.random() < _TITLE_SHARE:
            story = f"{_title(rng.choice(plot.titles), cast.slots)}\n{story}"
        facts = {"plot": plot.name, **_facts(template, story, cast.slots)}
        turns = (Turn("text", story),) if rng.random() < _TEXT_SHARE else chat(_request(plot, cast, facts, rng), story)
        return Example(self.name, turns, frozenset({core.content}), facts)

    def check(self, example: Example, answer: str) -> Checked:
        """Refuse: there is no one right story.

        Raises:
            TypeError: always.
        """
        raise UnexpectedTypeError("a family with has_checker", f"{example.family!r} and {len(answer)} characters", "a story cannot be judged by rule")


FAMILY = StoryFamily()
