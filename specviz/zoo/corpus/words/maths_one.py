"""Word problems with one step.

``[kind]`` and its numbers, ``?`` for each part of the question, ``-`` for the remark before each step, ``=`` for the sentence with the
result; ``|`` stands between the ways to say it and ``~`` for saying nothing. See :class:`specviz.zoo.corpus.maths_steps.Problem`.
"""

from __future__ import annotations

ONE_STEP = """
[gain] a:12-89 b:3-79 p<a+b
? {N} has {a} {things}. | There are {a} {things} in {N}'s {box}. | {N} starts the day with {a} {things}. | {N} already has {a} {things}.
  | {N} has put {a} {things} in a {box}. | {a} {things} belong to {N}. | On Monday {N} counts {a} {things}. | {N} the {job} owns {a} {things}.
? {M} brings {b} more. | Then {M} gives {N} {b} more. | On the way home {N} finds another {b}. | A friendly {animal} adds {b} more.
  | At the {place} {N} gets {b} more. | Now {b} new ones arrive. | {M} the {job} comes by with {b} more. | {N} wins another {b} in a game.
? How many {things} does {N} have now? | How many {things} are there now? | How many {things} is that in all?
  | How many {things} does {N} have in the end? | What is the number of {things} now? | How many {things} make up the whole lot?
- ~ | More come in, so we add. | Add the new ones. | {a} at first and {b} more. | We put {a} and {b} together. | To {a} we add {b}.
= So {N} has {p} {things} now. | That makes {p} {things}. | Now there are {p} {things}. | In the end {N} has {p} {things}. | So it is {p} {things}.

[loss] a:20-99 b:3-88 p<a-b
? {N} has {a} {things}. | There are {a} {things} in {N}'s {box}. | {N} comes to the {place} with {a} {things}. | {N} owns {a} {things}.
  | {N} the {job} carries {a} {things}. | In the morning {N} counts {a} {things}. | {N} has packed {a} {things}. | {N} looks after {a} {things}.
? {b} of them get lost at the {place}. | {N} gives {b} of them to {M}. | {M} borrows {b} of them. | A cheeky {animal} runs off with {b} of them.
  | {N} sells {b} of them. | The wind takes {b} of them. | {N} leaves {b} of them at the {place}. | {M} gets {b} as a present.
? How many {things} are left? | How many {things} does {N} still have? | How many {things} does {N} have now? | How many {things} remain?
  | How many {things} stay with {N}? | What is the number of {things} that {N} keeps?
- ~ | Some are gone, so we subtract. | Take {b} away from {a}. | {a} at first, {b} fewer now. | From {a} we take {b}. | We take away what is gone.
= So {p} {things} are left. | {N} still has {p} {things}. | That leaves {p} {things}. | {p} {things} remain. | So {N} keeps {p} {things}.

[together] a:11-89 b:11-89 p<a+b
? {N} has {a} {things} and {M} has {b}. | {N} finds {a} {things}, and {M} finds {b}. | {N} brings {a} {things}. {M} brings {b}.
  | In one {box} there are {a} {things}, in the other {b}. | {N} counts {a} {things} at the {place}, {M} counts {b}.
  | There are {a} {colour} {things} and {b} {hue} {things}. | {N} paints {a} {things} while {M} paints {b}.
? How many {things} is that together? | How many {things} are there in all? | How many {things} is that altogether?
  | If they put them together, how many {things} are there? | How many {things} is that in total? | What is the total number of {things}?
- ~ | We add both. | {a} and {b} together. | Put {a} and {b} together. | To put together means to add. | Add the two numbers.
= Together that is {p} {things}. | There are {p} {things} in all. | So there are {p} {things}. | That makes {p} {things}.
  | In total it is {p} {things}.

[difference] a:20-99 b:5-90 p<a-b
? {N} has {a} {things} and {M} has {b}. | {N} gathers {a} {things}. {M} gathers {b}. | {N} collects {a} {things}, {M} only {b}.
  | In the {colour} {box} there are {a} {things}, in the {hue} one {b}. | {N} sold {a} {things} and {b} {others}.
  | At the {place} there were {a} {things} on Sunday and {b} on Monday.
? How big is the difference? | What is the difference? | By how much is the first number bigger? | How much more is the first than the second?
  | How much is missing from the second to the first?
- ~ | We compare, so we subtract. | Take the smaller from the bigger. | The difference of {a} and {b}. | {a} is more than {b}.
= The difference is {p}. | That is {p} more. | So it is {p} more. | They are {p} apart.

[missing] a:25-99 b:8-90 p<a-b
? {N} needs {a} {things} for the {place}. | {N} wants to collect {a} {things}. | {M} has ordered {a} {things} from {N}.
  | The {job} asks {N} for {a} {things}. | A cart holds {a} {things}. | For the feast {N} must find {a} {things}.
? So far there are {b}. | Already there are {b}. | {b} are ready. | {b} are there already. | {N} has {b} of them. | {N} has counted {b} up to now.
? How many {things} are still missing? | How many more {things} does it take? | How many {things} does {N} still have to find?
  | How many more {things} does {N} need?
- ~ | We subtract what is there. | From {a} we take the {b} that are there. | {b} of {a} are done. | Take {b} away from {a}.
= So {p} {things} are missing. | {N} needs {p} more {things}. | It takes {p} more {things}. | {p} {things} are still missing.

[boxes] a:2-10 b:2-10 p<a×b
? {N} has {a} {boxes}. | There are {a} {boxes} at the {place}. | {N} fills {a} {boxes}. | {M} gives {N} {a} {boxes}.
  | {a} {boxes} stand at the {place}. | {N} carries {a} {boxes} home.
? There are {b} {things} in each {box}. | Each {box} holds {b} {things}. | In every {box} there are {b} {things}.
  | Every {box} has {b} {things} in it. | {b} {things} fit in each {box}.
? How many {things} is that? | How many {things} are there? | How many {things} does {N} have? | How many {things} are there in all?
  | What is the number of {things}?
- ~ | {a} times {b}. | {a} {boxes} with {b} each. | Each of the {a} {boxes} has {b}. | We multiply.
= So there are {p} {things}. | That makes {p} {things}. | There are {p} {things} in all. | It is {p} {things}.

[share] b:2-10 p:2-10 a=b×p p<a÷b
? {N} has {a} {things}. | {N} has packed {a} {things}. | There are {a} {things} in a {box}. | {M} brings {a} {things}. | {N} buys {a} {things}.
? {b} friends share them fairly. | They are shared out fairly among {b} children. | {N} puts them into {b} {boxes}, the same number in each.
  | They go into {b} equal piles. | {b} hungry neighbours get the same number each. | {N} makes {b} equal rows of them.
? How many {things} is that each? | How many {things} are in one part? | How many {things} does each part have? | How many is that for each?
- ~ | We share {a} by {b}. | {a} in {b} equal parts. | We divide {a} by {b}. | How often does {b} go into {a}?
= So it is {p} each. | That is {p} {things} each. | Each part has {p} {things}. | Each gets {p} {things}.

[groups] b:2-10 p:2-10 a=b×p p<a÷b
? {N} has {a} {things} to pack. | {a} {things} are waiting at the {place}. | {N} the {job} has {a} {things}. | {a} {things} must go to the {place}.
? Each {box} holds {b}. | {b} of them fit in one {box}. | {N} puts {b} in each {box}. | Every {box} has room for {b}.
? How many {boxes} does {N} need? | How many {boxes} are full in the end? | How many {boxes} does it take? | How many {boxes} is that?
- ~ | How often does {b} go into {a}? | We divide {a} by {b}. | {a} in groups of {b}. | Count the groups of {b} in {a}.
= So it takes {p} {boxes}. | {N} needs {p} {boxes}. | That is {p} {boxes}. | {p} {boxes} are full.

[price] a:2-10 b:2-10 p<a×b
? Each {thing} costs {b} {coins}. | The {job} sells {things} for {b} {coins} each. | At the market, {things} cost {b} {coins} each.
  | {Things} cost {b} {coins} each. | The price of one {thing} is {b} {coins}.
? {N} buys {a} of them. | {N} wants {a}. | {N} takes {a} {things}. | {N} and {M} need {a} {things}. | {N} puts {a} {things} in a {box}.
? How much does that cost? | What is the price? | How many {coins} is that? | How much must {N} pay? | What do they cost together?
- ~ | {a} times {b} {coins}. | We multiply the price by {a}. | {a} {things} at {b} {coins} each. | Each costs {b}, and there are {a}.
= So it costs {p} {coins}. | {N} pays {p} {coins}. | That is {p} {coins}. | The price is {p} {coins}.

[change] a:20-100 b:3-96 p<a-b
? {N} buys {things} for {b} {coins} and pays with {a} {coins}. | {N} has {a} {coins} and spends {b} on {things}.
  | A {box} of {things} costs {b} {coins}. {N} gives the {job} {a} {coins}. | {N} hands over {a} {coins} for a {thing} that costs {b}.
  | At the market {N} pays {a} {coins} for {things} that cost {b}. | From {a} {coins}, {N} pays {b} for a {colour} {thing}.
? How much change is there? | How many {coins} are left? | How much does {N} get back? | How many {coins} does {N} have after that?
  | What is the change?
- ~ | We take the price from the money. | From {a} {coins} we take {b}. | {a} {coins}, and {b} are spent. | Take {b} away from {a}.
= {p} {coins} are left. | So {N} has {p} {coins} left. | The change is {p} {coins}. | That leaves {p} {coins}.

[double] two:2-2 a:6-95 p<two×a
? {N} has {a} {things}. | {M} owns {a} {things}. | On Monday {N} sells {a} {things}. | Last year there were {a} {things} at the {place}.
? {K} has twice as many. | {K} has double that number. | {K} manages to get double that.
? How many {things} does {K} have? | How many {things} is that for {K}? | What number of {things} does {K} have? | How many does {K} have?
- ~ | Twice {a} is 2 times {a}. | We double {a}. | Double means two times the same. | 2 times {a}.
= So {K} has {p} {things}. | {K} has {p} {things}. | That makes {p} {things} for {K}. | It is {p} {things}.

[half] p:6-60 two:2-2 a=p×two p<a÷two
? {N} has {a} {things}. | There are {a} {things} in the {box}. | {N} collects {a} {things} at the {place}. | {N} the {job} makes {a} {things}.
? Half of them are {colour}. | Half of them go to {M}. | {M} takes half of them. | Half of them belong to the {animal}. | {N} sells half of them.
? How many {things} is that? | How many is half? | How many {things} are in that half? | What number is half of them?
- ~ | We halve {a}. | Half of {a} is {a} divided by 2. | Cut {a} into two equal parts. | Two equal parts of {a}.
= Half of them is {p}. | So it is {p} {things}. | That is {p} {things}. | Each half has {p} {things}.

[age] a:4-60 b:2-38 p<a+b
? {N} is {a} years old. {M} is {b} years older. | {M} is {b} years older than {N}, who is {a}. | {N} turns {a} today, and {M} is {b} years older.
  | {N} is {a}. {M} was born {b} years before {N}. | {N} has lived for {a} years, {M} for {b} years more.
? How old is {M}? | What is the age of {M}? | How many years old is {M}? | How old does that make {M}?
- ~ | Older means more, so we add. | {a} years and {b} more. | Add {b} to {a}. | {M} is older than {N}.
= So {M} is {p} years old. | {M} is {p}. | That makes {M} {p} years old. | {M} is {p} years old.

[younger] a:15-90 b:3-70 p<a-b
? {N} is {a} years old. {M} is {b} years younger. | {M} is {b} years younger than {N}, who is {a}. | The old {job} is {a}. {M} is {b} years younger.
  | {N} is {a}. {M} was born {b} years later.
? How old is {M}? | What is the age of {M}? | How many years old is {M}? | How old does that make {M}?
- ~ | Younger means less, so we subtract. | {a} years without {b}. | Take {b} away from {a}. | {M} is younger.
= So {M} is {p} years old. | {M} is {p}. | That makes {M} {p} years old. | {M} is {p} years old.

[weather] a:12-40 b:3-30 p<a-b
? At noon it is {a} degrees at the {place}. | The {job} reads {a} degrees at lunch. | On Sunday it is {a} degrees.
  | The {place} is warm today, {a} degrees.
? By night it is {b} degrees colder. | Then it gets {b} degrees colder. | After the storm it is {b} degrees cooler. | It drops by {b} degrees.
? How many degrees is it then? | How warm is it then? | What does the thermometer say then? | How many degrees are left?
- ~ | Colder means less. | From {a} we take {b}. | It goes down by {b}. | We subtract {b} from {a}.
= So it is {p} degrees. | Then it is {p} degrees. | It is {p} degrees. | The thermometer says {p} degrees.

[travel] a:2-10 b:2-10 p<a×b
? {N} walks {b} miles in an hour. | {N}'s boat sails {b} miles an hour. | {N}'s pony trots {b} miles in an hour. | {N} rows {b} miles every hour.
  | The wagon of {N} rolls {b} miles an hour. | The {job} rides {b} miles in an hour.
? How far is that in {a} hours? | How many miles is that in {a} hours? | How many miles are done after {a} hours?
  | After {a} hours, how many miles is that? | How long is the way after {a} hours?
- ~ | {a} times {b}. | {a} hours of {b} miles each. | Each of the {a} hours brings {b} miles. | We multiply.
= So it is {p} miles. | That makes {p} miles. | The way is {p} miles long. | After {a} hours it is {p} miles.

[pages] a:40-150 b:11-120 p<a-b
? {N}'s book has {a} pages. {N} has read {b}. | {N} has read {b} of the {a} pages of a book about a {animal}.
  | A book about the {place} has {a} pages, and {N} is on page {b}. | {N} reads to the {animal} and gets through {b} of {a} pages.
? How many pages are left? | How many pages are still to come? | How many pages must {N} still read? | How many pages remain?
- ~ | Take the pages read from all pages. | {b} of {a} pages are done. | From {a} we take {b}. | We subtract {b} from {a}.
= So {p} pages are left. | {p} pages are still to come. | That leaves {p} pages. | {N} has {p} pages to go.
"""
