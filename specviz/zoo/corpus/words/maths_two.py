"""Word problems with two steps.

``[kind]`` and its numbers, ``?`` for each part of the question, ``-`` for the remark before each step, ``=`` for the sentence with the
result; ``|`` stands between the ways to say it and ``~`` for saying nothing. See :class:`specviz.zoo.corpus.maths_steps.Problem`.
"""

from __future__ import annotations

TWO_STEPS = """
[bus] a:15-80 b:5-60 p<a-b c:3-60 q<p+c -> q
? There are {a} people on the bus. | {a} people are at the {place}. | {a} children play at the {place}. | A ferry sets off with {a} people.
  | {a} guests come to the feast. | The {place} is busy: {a} people are there.
? {b} of them leave, and {c} others come. | Then {b} go home and {c} arrive. | {b} get tired and leave. {c} new ones join.
  | After a while {b} go away and {c} come in. | First {b} leave, then {c} arrive.
? How many are there now? | How many people is that now? | How many are there in the end? | How many stay for the song at the end?
- First take away those who leave. | First, {b} of {a} leave. | {b} leave.
- Then add those who come. | Then {c} arrive. | {c} come to the {p}.
= So there are {q} now. | In the end there are {q}. | So {q} are there. | That makes {q}.

[three] a:5-60 b:5-60 p<a+b c:4-50 q<p+c -> q
? {N} finds {a} {things}, {M} finds {b} and {K} finds {c}. | {N} has {a} {things}, {M} has {b} and {K} has {c}.
  | There are {a} {things} on Monday, {b} on Tuesday and {c} on Wednesday. | One {box} holds {a} {things}, the next {b} and the last {c}.
  | {N} brings {a} {things}, then {b}, and then another {c}. | {a} of the {things} are {colour}, {b} are {hue} and {c} are plain.
? How many {things} is that together? | How many {things} are there in all? | How many {things} is that in total? | What do they make altogether?
- First add two of them. | Start with {a} and {b}. | First {a} and {b}. | ~
- Then add {c}. | Now the {c}. | Then {p} and {c}. | Then the last {c}.
= Together that is {q} {things}. | There are {q} {things} in all. | So there are {q} {things}. | That makes {q} {things}.

[twice less] a:40-99 b:4-60 p<a-b c:3-50 q<p-c -> q
? {N} has {a} {things}. | There are {a} {things} in the {box}. | {N} the {job} starts with {a} {things}. | {N} brings {a} {things} to the {place}.
? {b} go to {M} and {c} to {K}. | {M} takes {b} of them, and {K} takes {c}. | {N} sells {b} before lunch and {c} after it.
  | {b} fall into the water, and a {animal} takes {c}. | First {b} get lost, then {c} more. | {N} uses {b} on Monday and {c} on Tuesday.
? How many {things} are left? | How many {things} remain? | How many {things} are there in the end? | How many {things} does that leave?
- First the {b}. | First take away {b}. | From {a} take {b}. | ~
- Then the {c}. | Then take away {c}. | From {p} take {c}. | Now {c} more go.
= So {q} {things} are left. | That leaves {q} {things}. | {q} {things} remain. | In the end there are {q} {things}.

[gain and loss] a:12-70 b:5-70 p<a+b c:5-80 q<p-c -> q
? {N} has {a} {things} and gets {b} more. | {N} finds {a} {things} on the way there and {b} on the way back.
  | {N} makes {a} {things} on Monday and {b} on Tuesday. | {N} the {job} buys {a} {things} and then another {b}.
  | {N} has {a} {things}. {M} adds {b}.
? Then {c} of them are sold. | Then {c} of them break. | Later {N} gives away {c}. | A {animal} carries off {c} of them.
  | Then {K} takes {c} of them. | Sadly, {c} of them get lost.
? How many {things} are left? | How many {things} does {N} have in the end? | How many {things} remain? | How many {things} are there now?
- First add. | First {a} and {b}. | First put them together. | ~
- Then take away {c}. | Then the {c} go. | From {p} we take {c}. | Then {c} are gone.
= So {q} {things} are left. | That leaves {q} {things}. | In the end there are {q} {things}. | So {N} has {q} {things}.

[boxes and more] a:2-10 b:2-10 p<a×b c:2-60 q<p+c -> q
? {N} has {a} {boxes} with {b} {things} each. | There are {a} {boxes} of {b} {things} at the {place}. | {N} buys {a} {boxes} of {b} {things} each.
  | At the {place} stand {a} {boxes}, each with {b} {things}.
? There are also {c} loose {things}. | {M} brings {c} more. | Then {N} finds another {c}. | {c} more lie on the table. | {c} others did not fit in.
? How many {things} is that in all? | How many {things} are there? | How many {things} is that together? | What is the number of {things}?
- First the {boxes}. | In the {boxes}: | {a} {boxes} with {b} each. | First multiply.
- Then add {c}. | Then the other {c}. | Now {p} and {c}. | And {c} more.
= So there are {q} {things}. | That makes {q} {things}. | There are {q} {things} in all. | Together it is {q} {things}.

[boxes and less] a:2-10 b:3-10 p<a×b c:2-80 q<p-c -> q
? {N} has {a} {boxes} with {b} {snacks} each. | {N} bakes {a} trays of {b} {snacks}. | There are {a} plates with {b} {snacks} each.
  | {N} puts {b} {snacks} on each of {a} plates. | On the table stand {a} {boxes} of {b} {snacks} each.
? {M} eats {c} of them. | The guests eat {c}. | A hungry {animal} eats {c} of them. | {c} of them are eaten before lunch. | By evening {c} are gone.
  | {c} of them fall on the floor.
? How many {snacks} are left? | How many {snacks} remain? | How many {snacks} are still there? | How many {snacks} does that leave for {N}?
- First count them all. | {a} times {b} at first. | At first: | First multiply.
- Then take away {c}. | Then the {c} go. | From {p} we take {c}. | {c} are gone.
= So {q} {snacks} are left. | That leaves {q} {snacks}. | {q} {snacks} are still there. | {q} {snacks} remain.

[shopping] b:2-10 c:2-10 p<b×c a:20-100 q<a-p -> q
? {N} has {a} {coins}. | {N} goes to the market with {a} {coins}. | In {N}'s purse there are {a} {coins}. | {M} gives {N} {a} {coins}.
? {N} buys {b} {things} for {c} {coins} each. | {Things} cost {c} {coins} each, and {N} takes {b}. | {N} pays for {b} {things} at {c} {coins} each.
  | The {job} sells {N} {b} {things} for {c} {coins} each.
? How many {coins} are left? | How much money is left? | How many {coins} does {N} have then? | How many {coins} does {N} keep?
- First the price. | The {things} cost: | {b} {things} at {c} {coins} each. | First multiply.
- Then take it from {a}. | {N} had {a}. | From {a} take {p}.
= So {q} {coins} are left. | {N} has {q} {coins} left. | That leaves {q} {coins}. | {N} keeps {q} {coins}.

[two prices] a:2-10 b:2-10 p<a×b c:3-60 q<p+c -> q
? {N} buys {a} {things} for {b} {coins} each and a {colour} {tool} for {c} {coins}.
  | {Things} cost {b} {coins} each. {N} takes {a}, and a {tool} for {c}.
  | At the market {N} takes {a} {things} at {b} {coins} each and a {tool} at {c}.
  | The {job} sells {N} a {tool} for {c} {coins} and {a} {things} for {b} {coins} each.
? How much is that together? | How many {coins} is that in all? | How much does {N} pay? | What is the price of it all?
- First the {things}. | The {things} cost: | {a} {things} at {b} {coins} each. | First multiply.
- Then add the {tool}. | The {tool} costs {c}. | {c} more for the {tool}.
= So it costs {q} {coins}. | Together it is {q} {coins}. | {N} pays {q} {coins}. | That makes {q} {coins}.

[join and share] c:2-10 q:2-10 p=c×q a:3-80 b=p-a p<a+b q<p÷c -> q
? {N} has {a} {things} and {M} has {b}. | {N} finds {a} {things}, {M} finds {b}. | There are {a} {colour} {things} and {b} {hue} ones.
? They put them into {c} {boxes}, the same number in each. | All of them are shared fairly among {c} friends.
  | They make {c} equal piles of them all. | The {job} shares them all out fairly among {c} children.
? How many {things} is that each? | How many {things} are in each part? | How many {things} are in one part? | How many is that for each?
- First add. | First put them together. | {a} and {b} together.
- Then share {p} by {c}. | Then divide by {c}. | Now {p} in {c} equal parts.
= So it is {q} each. | That is {q} {things} each. | Each part has {q} {things}. | It is {q} for each.

[more than] a:5-50 b:3-40 p<a+b q<a+p -> q
? {N} has {a} {things}. {M} has {b} more than {N}. | {M} has {b} {things} more than {N}, who has {a}.
  | {N} finds {a} {things}, and {M} finds {b} more than that. | {N} sells {a} {things} today. {M} sells {b} more than {N}.
? How many {things} do they have together? | How many {things} is that for both? | How many {things} is that in all? | What do both make together?
- First {M}. | {M} has {b} more than {a}. | How many does {M} have?
- Then both together. | {N} has {a} and {M} has {p}. | Add {a} and {p}.
= Together that is {q} {things}. | So it is {q} {things}. | Both together make {q} {things}. | That makes {q} {things}.

[fewer than] a:15-70 b:3-50 p<a-b q<a+p -> q
? {N} has {a} {things}. {M} has {b} fewer than {N}. | {M} has {b} {things} fewer than {N}, who has {a}.
  | {N} finds {a} {things}, and {M} finds {b} fewer. | {N} counts {a} {things}. {M} counts {b} fewer than {N}.
? How many {things} do they have together? | How many {things} is that for both? | How many {things} is that in all? | What do both make together?
- First {M}. | {M} has {b} fewer than {a}. | How many does {M} have?
- Then both together. | {N} has {a} and {M} has {p}. | Add {a} and {p}.
= Together that is {q} {things}. | So it is {q} {things}. | Both together make {q} {things}. | That makes {q} {things}.

[fence] two:2-2 a:3-60 b:2-40 p<a+b q<two×p -> q
? A {shape} is {a} steps long and {b} steps wide. | {N}'s {shape} is {a} feet long and {b} feet wide.
  | The {shape} by the {place} has sides of {a} and {b} feet. | {N} draws a rectangle, {a} long and {b} wide.
? How long is the way around it? | How far is it once around? | How long is the edge all around? | {N} walks once around it. How far is that?
- One long and one short side. | First two sides. | Add {a} and {b}. | ~
- There are two of each, so double it. | Then twice that. | Now {p} twice.
= So the way around is {q}. | Once around is {q}. | All around it is {q}. | The edge is {q} long.

[weeks] seven:7-7 a:2-10 p<a×seven c:2-6 q<p+c -> q
? {N} stays at the {place} for {a} weeks and {c} days. | The holidays last {a} weeks and {c} days.
  | {N} needs {a} weeks and {c} days to build a {thing}. | It will be {a} weeks and {c} days until the feast.
  | {M} is away for {a} weeks and {c} days. | It takes {a} weeks and {c} days for the {thing} to arrive.
  | The {animal} is on holiday for {a} weeks and {c} days.
? How many days is that? | How many days are there in all? | What is that in days? | How many days does that make?
- A week has 7 days. | There are 7 days in a week. | Each week has 7 days. | One week is 7 days.
- Then add {c}. | Then the {c} days. | Now {c} days more. | And {c} more days.
= So it is {q} days. | That is {q} days. | That makes {q} days. | In all it is {q} days.

[quarter] four:4-4 p:2-10 a=p×four p<a÷four c:3-60 q<p+c -> q
? {N} has {a} {things}. | There are {a} {things} at the {place}. | {N} the {job} counts {a} {things}. | {N} brings {a} {things}.
? {M} has {c} and gets a quarter of them. | A quarter of them go to {M}, who already has {c}. | {M}, who owns {c}, takes a quarter of them.
  | {M} wins a quarter of them and has {c} at home.
? How many {things} does {M} have then? | How many {things} is that for {M}? | How many {things} does {M} have in the end?
- A quarter means divided by 4. | A quarter is one of 4 equal parts. | We divide {a} by 4. | Cut {a} into 4 equal parts.
- Then add {c}. | {M} had {c}. | To the {c} we add {p}. | {c} more were there before.
= So {M} has {q} {things}. | {M} has {q} {things} then. | That makes {q} {things} for {M}. | It is {q} {things}.

[minutes] sixty:60-60 a:2-3 p<a×sixty c:5-59 q<p+c -> q
? The {event} lasts {a} hours and {c} minutes. | {N} sleeps through the {event} for {a} hours and {c} minutes.
  | {N} needs {a} hours and {c} minutes to get to the {place}. | The {animal} naps for {a} hours and {c} minutes.
  | It takes {N} {a} hours and {c} minutes to find the {thing}.
? How many minutes is that? | What is that in minutes? | How many minutes are that in all? | How long is that in minutes?
- An hour has 60 minutes. | Each hour has 60 minutes. | First the hours.
- Then add {c}. | Then the {c} minutes. | Now {c} minutes more.
= So it is {q} minutes. | That is {q} minutes. | That makes {q} minutes. | In all it is {q} minutes.

[rows] a:2-9 b:12-79 p<a×b
? There are {a} rows of {b} {things}. | {N} plants {a} rows with {b} seeds each. | In the theatre there are {a} rows of {b} chairs.
  | {N} reads {b} pages a day for {a} days. | A wall has {a} rows of {b} stones. | {N} runs {b} minutes a day for {a} days.
  | The {job} sews {a} coats with {b} buttons each.
? How many is that in all? | How many is that? | How many is that altogether? | What does that make?
- ~ | {a} times {b}. | Split {b} into tens and ones. | We multiply {a} and {b}.
= So it is {p}. | That makes {p}. | It is {p} in all. | Altogether it is {p}.
"""
