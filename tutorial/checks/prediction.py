"""Guess first, look after: a guess that was written down makes the measurement worth reading."""

from __future__ import annotations

from dataclasses import dataclass, field

from .exercise import Note, Reply, Tell


@dataclass
class Prediction:
    """A number to guess before it is known; ``unit`` says of what, ``low`` and ``high`` what is possible at all.

    ``thought`` is the question that a guess far off is answered with; ``how`` says how the answer is obtained.
    """

    question: str
    unit: str
    low: float
    high: float
    value: float | None = None
    thought: str = "what did you assume about how often the two models agree?"
    how: str = "Measured"
    tell: Tell = field(default=lambda *_, **__: None, repr=False)

    def guess(self, value: float | None) -> Note:
        """Write a guess down; None leaves the question open."""
        if value is not None and not self.low <= value <= self.high:
            return Note("That cannot be", f"Expected a guess between {self.low:g} and {self.high:g} {self.unit}, got {value:g}. Why these bounds?")
        self.value = value
        return Note("Your guess", "none yet: change the cell above and run it again" if value is None else f"{value:g} {self.unit}")

    def reveal(self, answer: float) -> Reply | Note:
        """Compare the guess with the answer."""
        if self.value is None:
            return Note(
                f"{self.how}: {answer:.3g} {self.unit}",
                f"You made no guess this time. Make one before the next reveal: it is worth more than the number.{self._beyond(answer)}",
            )
        off = abs(answer - self.value)
        near = 0.15 * (self.high - self.low)
        close = off <= near
        self.tell("tried", is_right=close)
        far = "Far off" if off > 2 * near else "Not close"
        verdict = "Close." if close else f"{far}, and worth a thought: {self.thought}"
        return Reply(close, f"{self.how}: {answer:.3g} {self.unit}; you said {self.value:g}. {verdict}{self._beyond(answer)}")

    def _beyond(self, answer: float) -> str:
        """What to make of a measurement outside of the bounds; nothing for one inside, or for what was not measured."""
        if self.how != "Measured" or self.low <= answer <= self.high:
            return ""
        bounds = f"between {self.low:g} and {self.high:g}"
        return f" It should lie {bounds}. A machine that is busy with something else can say otherwise: measure again when it is quiet."
