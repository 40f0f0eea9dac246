"""What conversations about numbers, lists and words are about: one draw for each kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specviz.zoo.corpus.chat_parts import Fields, amount, in_a_row
from specviz.zoo.corpus.chat_people import DAYS, person, person_and_other, some
from specviz.zoo.corpus.words import chat as words
from specviz.zoo.corpus.words.common import ANIMALS, COLOURS, FOODS, NAMES, OBJECTS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from random import Random

_WORD_POOL = tuple(sorted({*ANIMALS, *FOODS, *OBJECTS} - {"orange"}))
_SECRET_STARTS = ("mi", "lo", "ba", "tu", "ze", "ka", "fi", "no", "ra", "pe", "su", "vo")
_SECRET_ENDS = ("lo", "mi", "ra", "pip", "nu", "tem", "zi", "bo", "kin", "da")
_NOTES = (10, 20, 50, 100)


def _sum(rng: Random) -> Fields:
    n, m, k = rng.randint(2, 20), rng.randint(2, 20), rng.randint(2, 9)
    total, j = n + m, rng.randint(2, min(n + m - 2, 9))
    counts = {"n": n, "m": m, "k": k, "j": j, "total": total, "more": total + k, "less": total - j, "off": total + rng.choice((-2, -1, 1, 2))}
    return {**person_and_other(rng), **some(rng, "c d", COLOURS), "x": rng.choice(words.PORTABLE), **counts}


def _shop(rng: Random) -> Fields:
    n, p, k = rng.randint(2, 9), rng.randint(2, 9), rng.randint(2, 9)
    cost = n * p
    note = next(note for note in _NOTES if note > cost)
    costs: dict[str, str | int] = {
        "cost": cost,
        "note": note,
        "back": note - cost,
        "back_coins": amount(note - cost, "coin"),
        "cost2": cost + p,
        "cost3": cost + k,
    }
    return {**person(rng), **some(rng, "x y", words.SHOP_FOODS), "n": n, "p": p, "k": k, **costs}


def _compare(rng: Random) -> Fields:
    colours = some(rng, "c d", COLOURS)
    p, q = rng.sample(range(3, 30), 2)
    low, high = sorted((p, q))
    first_is_low = low == p
    cheap, dear = (colours["c"], colours["d"]) if first_is_low else (colours["d"], colours["c"])
    prices = {"p": p, "q": q, "low": low, "high": high, "gap": high - low, "both": p + q, "newer": high + rng.randint(1, 9)}
    named = {"low_colour": cheap, "high_colour": dear, "gap_coins": amount(high - low, "coin")}
    return {**person(rng), **colours, "x": rng.choice(OBJECTS), **prices, **named}


def _boat(rng: Random) -> Fields:
    t, k = rng.randint(6, 15), rng.randint(2, 5)
    times = {"t": t, "k": k, "arrive": t + k, "t2": t + 1, "k2": k + 1, "arrive2": t + k + 1, "home": t + k + 2}
    return {**person(rng), "place": rng.choice(("island", "lighthouse", "harbour", "castle", "village", "beach", "market", "mill")), **times}


def _weekday(rng: Random) -> Fields:
    today = rng.randrange(7)
    days = {"day": DAYS[today], "next": DAYS[(today + 1) % 7], "second": DAYS[(today + 2) % 7], "previous": DAYS[today - 1]}
    return {**person_and_other(rng), "place": rng.choice(words.SHOPS), **days}


def _list(rng: Random) -> Fields:
    pool = rng.choice((FOODS, words.PORTABLE))
    return {"name": rng.choice(NAMES), **some(rng, "v w x y z", pool)}


def _alphabet(rng: Random) -> Fields:
    # Different first letters: what comes after them is then never compared.
    letters = rng.sample(sorted({word[0] for word in _WORD_POOL}), 4)
    listed = [rng.choice([word for word in _WORD_POOL if word[0] == letter]) for letter in letters]
    return {"name": rng.choice(NAMES), "listing": ", ".join(listed), **dict(zip("abcd", sorted(listed), strict=True))}


def _length(rng: Random) -> Fields:
    lengths = rng.sample(range(3, 9), 3)
    listed = [rng.choice([word for word in _WORD_POOL if len(word) == length]) for length in lengths]
    a, b, c = sorted(listed, key=len)
    counts = {"la": len(a), "lb": len(b), "lc": len(c), "sum": len(a) + len(c)}
    return {"name": rng.choice(NAMES), "listing": ", ".join(listed), "a": a, "b": b, "c": c, **counts}


def _count(rng: Random) -> Fields:
    group, _, members = words.GROUPS[rng.choice([name for name, (*_, members) in words.GROUPS.items() if len(members) >= 6])]
    *listed, extra = rng.sample(members, rng.randint(4, min(len(members), 7)))
    gone = rng.choice(listed)
    counts = {"n": len(listed), "fewer": len(listed) - 1, "more": len(listed) + 1}
    rows = {"listing": ", ".join(listed), "counted": in_a_row(listed), "rest": in_a_row([word for word in listed if word != gone])}
    return {"name": rng.choice(NAMES), "group": group, **rows, "gone": gone, "extra": extra, "first": listed[0], "last": listed[-1], **counts}


def _odd(rng: Random) -> Fields:
    (group, member, members), (_, group_of_odd, others) = (words.GROUPS[name] for name in rng.sample(list(words.GROUPS), 2))
    same, odd = rng.sample(members, 4), rng.choice(others)
    listed = same[:3]
    listed.insert(rng.randrange(4), odd)
    return {
        "name": rng.choice(NAMES), "listing": ", ".join(listed), "odd": odd, "group": group, "group_of_odd": group_of_odd, "member": member,
        **dict(zip("abcd", same, strict=True)),
    }  # fmt: skip


def _colours(rng: Random) -> Fields:
    return {**some(rng, "name r", NAMES), **some(rng, "c d e f", COLOURS), **some(rng, "x y z", words.PORTABLE)}


def _truefalse(rng: Random) -> Fields:
    colours = some(rng, "c d", COLOURS)
    is_true = rng.random() < 0.5
    claim = {"claim": colours["c" if is_true else "d"], "verdict": "True" if is_true else "False"}
    return {**some(rng, "p q", NAMES), **colours, **some(rng, "x y", words.PORTABLE), **claim}


def _queue(rng: Random) -> Fields:
    return {**some(rng, "p q r s", NAMES), "place": rng.choice(words.SHOPS)}


def _secret(rng: Random) -> Fields:
    starts, ends = rng.sample(_SECRET_STARTS, 3), rng.sample(_SECRET_ENDS, 3)
    secret = dict(zip("abc", map("".join, zip(starts, ends, strict=True)), strict=True))
    return {"name": rng.choice(NAMES), **secret, **some(rng, "w x y z", _WORD_POOL)}


def _misspelled(rng: Random, word: str) -> str:
    doubled = [i for i in range(len(word) - 1) if word[i] == word[i + 1]]
    if doubled:
        return word[: doubled[0]] + word[doubled[0] + 1 :]
    i = rng.choice([i for i in range(1, len(word) - 1) if word[i] != word[i + 1]])
    return word[:i] + word[i + 1] + word[i] + word[i + 2 :]


def _spelling(rng: Random) -> Fields:
    right, right2 = rng.sample([word for word in words.PORTABLE if len(word) > 4], 2)  # longer words are easier to get wrong
    wrong = {"wrong": _misspelled(rng, right), "wrong2": _misspelled(rng, right2)}
    return {
        "name": rng.choice(NAMES),
        "right": right,
        "right2": right2,
        **wrong,
        "letters": "-".join(right),
        "n": len(right),
        "colour": rng.choice(COLOURS),
    }


def _opposite(rng: Random) -> Fields:
    first, second = rng.sample(words.OPPOSITES, 2)
    (a, b), (c, d) = rng.sample(first, 2), rng.sample(second, 2)
    return {"name": rng.choice(NAMES), "a": a, "b": b, "c": c, "d": d}


def _size(rng: Random) -> Fields:
    z, x, y = rng.sample(words.BY_SIZE, 3)
    first, middle, last = sorted((x, y, z), key=words.BY_SIZE.index)
    small, big = sorted((x, y), key=words.BY_SIZE.index)
    slow, fast = sorted(rng.sample(words.BY_SPEED, 2), key=words.BY_SPEED.index)
    order = {"first": first, "middle": middle, "last": last, "small": small, "big": big, "slow": slow, "fast": fast}
    return {"name": rng.choice(NAMES), "x": x, "y": y, "z": z, **order}


DRAWS: Mapping[str, Callable[[Random], Fields]] = {
    draw.__name__.lstrip("_"): draw
    for draw in (
        _sum, _shop, _compare, _boat, _weekday, _list, _alphabet, _length, _count, _odd, _colours, _truefalse, _queue, _secret, _spelling,
        _opposite, _size,
    )
}  # fmt: skip
