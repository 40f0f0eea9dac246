"""Ways to ask about legs, clocks, sequences, comparisons and the other kinds of the maths family that are no plain story."""

from __future__ import annotations

LEGS_ONE = (
    "{N} sees {a} {x}. How many legs do they have?|How many legs do {a} {x} have?|{a} {x} wait at the {place}. How many legs is that?"
    "|{N} knits socks for {a} {x}, one for each leg. How many socks is that?|{a} {x} want boots. How many boots do they need?"
    "|In {N}'s picture there are {a} {x}. How many legs did {N} draw?|The {job} washes the feet of {a} {x}. How many feet is that?"
)
LEGS_TWO = (
    "There are {a} {x} and {c} {y} at the {place}. How many legs is that?|{N} keeps {a} {x} and {c} {y}. How many legs do they have together?"
    "|How many legs do {a} {x} and {c} {y} have?|{a} {x} and {c} {y} come to tea. How many legs are under the table?"
    "|The {job} needs a shoe for each leg of {a} {x} and {c} {y}. How many shoes is that?"
    "|{a} {x} dance with {c} {y}. How many legs are dancing?"
)
WHEELS_ONE = (
    "How many wheels do {a} {x} have?|{N} repairs {a} {x}. How many wheels is that?|{a} {x} stand at the {place}. How many wheels do they have?"
    "|The {job} paints every wheel of {a} {x}. How many wheels is that?"
)
WHEELS_TWO = (
    "There are {a} {x} and {c} {y} at the {place}. How many wheels is that?"
    "|{N} washes {a} {x} and {c} {y}. How many wheels do they have together?|How many wheels do {a} {x} and {c} {y} have?"
    "|{a} {x} and {c} {y} roll past the {place}. How many wheels is that?"
)
LEAD_EACH = "Each of the {a} {x} has {b} {parts}.|{X} have {b} {parts} each.|{a} {x} with {b} {parts} each.|The {x} first: {b} {parts} each."
LEAD_OTHER = "Each of the {c} {y} has {d}.|{Y} have {d} {parts} each.|{c} {y} with {d} {parts} each.|Now the {y}: {d} {parts} each."
LEAD_BOTH = "Both together.|Then add.|Add the two.|All {parts} together."
CLOSE_LEGS = "So it is {p} {parts}.|That makes {p} {parts}.|There are {p} {parts}.|In all it is {p} {parts}."
ENDS = (
    "The {event} starts at {start} and lasts {b} minutes. When does it end?"
    "|{N} goes to a {event} at {start}. It takes {b} minutes. When is it over?"
    "|At {start} the {event} begins. After {b} minutes it is over. What time is it then?|It is {start}. What time is it {b} minutes later?"
    "|{N} leaves for the {place} at {start} and needs {b} minutes. When does {N} arrive?"
    "|The {animal} falls asleep at {start} and naps for {b} minutes. When does it wake up?"
    "|{N} puts a cake in the oven at {start}. It takes {b} minutes. When is it done?"
    "|A {event} of {b} minutes begins at {start}. When does it end?"
)
LEAD_ENDS = "|Add the minutes.|First the minutes.|{m} minutes and {b} more.|From {start} on we count {b} minutes."
WITHIN_HOUR = "That is less than an hour, so the hour stays {h}.|The hour stays {h}.|The hour is still {h}."
NEXT_HOUR = "{p} is 60 + {r}, so the hour is now {g}.|{p} is 60 + {r}, so it is {r} past {g}."
CLOSE_ENDS = "So it is {end}.|It is {end} then.|The time is {end}.|That is at {end}."
LASTS = (
    "The {event} starts at {start} and ends at {end}. How many minutes does it last?|{N} walks from {start} to {end}. How many minutes is that?"
    "|How many minutes are there from {start} to {end}?|{N} leaves at {start} and gets to the {place} at {end}. How many minutes does it take?"
    "|The {animal} sleeps from {start} to {end}. How many minutes is that?|A {event} runs from {start} to {end}. How long is it in minutes?"
)
LEAD_TO_HOUR = "First up to {g}:00.|How long until {g}:00?|Up to the full hour:|From {start} to {g}:00 first."
LEAD_PAST_HOUR = "Then {c} more.|Then the {c} minutes after {g}:00.|Now on to {end}."
CLOSE_LASTS = "So it is {p} minutes.|It lasts {p} minutes.|That makes {p} minutes.|So {p} minutes pass."
SEQUENCE = (
    "What comes next: {row}, ?|{row}, ... What is the next number?|Which number comes next? {row}|Continue: {row}"
    "|{N} counts {row}. What comes next?|The numbers on the doors are {row}. What is the next one?|Find the next number of {row}."
    "|{row}: how does it go on?|The {job} has written {row} on the wall. Which number follows?"
    "|A clever {animal} taps {row}. What does it tap next?|Which number belongs after {row}?"
    "|{N} jumps along the number line: {row}. Where is the next jump?"
)
COUNT_UP = (
    "{N} counts up in steps of {b}: {row}. What comes next?|Count up in steps of {b}: {row}. Which number follows?"
    "|Each number is {b} more: {row}. What is next?|{N} starts at {s} and adds {b} again and again: {row}. What comes next?"
)
COUNT_DOWN = (
    "{N} counts down in steps of {b}: {row}. What comes next?|Count down in steps of {b}: {row}. Which number follows?"
    "|Each number is {b} less: {row}. What is next?|{N} starts at {s} and takes away {b} again and again: {row}. What comes next?"
    "|A {box} of {s} {things} gets {b} fewer every day: {row}. What comes next?"
)
LEAD_RULE = "The step is|From one to the next:|Look at the first two:|The rule:"
LEAD_NEXT = "Then from {z}:|The last number is {z}.|After {z} comes one more step.|Now once more from {z}.|From {z} on:"
CLOSE_NEXT = "So {p} comes next.|The next number is {p}.|Next comes {p}.|It goes on with {p}."
BIGGER = (
    "Which is {more}, {a} or {b}?|Which number is {more}: {a} or {b}?|{N} has {a} {things} and {M} has {b}. Which number is {more}?"
    "|Find the {more} one of {a} and {b}.|{N} says {a}, {M} says {b}. Which number is {more}?"
    "|One {box} costs {a} {coins}, another {b}. Which price is {more}?"
)
MOST = (
    "{N}'s {tall} is {a} inches tall, {M}'s is {b} and {K}'s is {c}. Whose is the tallest?"
    "|{N} has {a} {things}, {M} has {b} and {K} has {c}. Who has the most?|{N} finds {a} {things}, {M} {b} and {K} {c}. Who finds the most?"
    "|{N} jumps {a} inches, {M} jumps {b} and {K} jumps {c}. Who jumps the farthest?"
    "|{N} eats {a} {snacks} in a year, {M} eats {b} and {K} eats {c}. Who eats the most?"
    "|{N}'s {heavy} weighs {a} pounds, {M}'s {b} and {K}'s {c}. Whose is the heaviest?"
)
CLOSE_MOST = "So it is {w}.|{w} is in front.|The biggest number belongs to {w}.|{w} has the biggest number."
PARITY = (
    "Is {a} even or odd?|{N} has {a} {things}. Is that an even or an odd number?|Even or odd: {a}?|Is the number {a} odd or even?"
    "|{N} lives in house number {a}. Is that even or odd?|There are {a} {things} in the {box}. Even or odd?"
    "|The {animal} taps {a} times. Is that even or odd?"
)
CLOSE_PARITY = "So {a} is {w}.|That makes {a} {w}.|{a} is {w}.|So the number is {w}."
TRUE = (
    "Is it true that {q} = {t}?|Is {q} = {t} right?|{N} says that {q} is {t}. Is that right?|{q} = {t}. Yes or no?"
    "|The {job} writes {q} = {t}. Is it correct?|Check this: {q} = {t}.|{N} thinks {q} makes {t}. Is {N} right?"
    "|On a wall it says {q} = {t}. Is that true?|The {animal} believes that {q} is {t}. Is it right?"
)
CLOSE_YES = "{p} is right.|That is the same.|It is {p} indeed.|Both are {p}, so it is true."
CLOSE_NO = "It is {p}, not {t}.|{t} is wrong, it is {p}.|So it cannot be {t}.|{t} is not {p}."
LEFTOVER = (
    "{N} puts {a} {things} into {boxes}, {b} in each. How many {things} are left over?"
    "|{N} shares {a} {things} fairly among {b} friends. How many are left over?|{a} {things} are packed in groups of {b}. How many remain?"
    "|{N} ties {a} {things} into bundles of {b}. How many {things} are left over?"
    "|{a} {things} are dealt to {b} children, the same number to each. How many are left for the {animal}?"
    "|What is left over when {a} is divided by {b}?"
)
CLOSE_LEFTOVER = "So {p} are left over.|The rest is {p}.|That leaves {p}.|{p} do not fit."
TWO_SUMS = (
    "Work out two things: {q} and {r}.|What are {q} and {r}?|Calculate {q} and then {r}.|Two sums, please: {q} and {r}."
    "|{N} needs {q}, and {M} needs {r}.|Please do {q} and {r} for me.|First {q}, then {r}. What do you get?|The {job} asks for {q} and {r}."
)
