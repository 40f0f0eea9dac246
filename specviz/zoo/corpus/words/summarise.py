"""How the family ``summarise`` asks, and sentences that fit into any text without mattering."""

from __future__ import annotations

FILLERS = (
    "A clock struck [noon|three|six].",
    "Somewhere a door [banged|squeaked].",
    "The air smelled of [bread|grass|rain|soap].",
    "It was a day like many others.",
    "[Everybody|Nobody] was in a hurry.",
    "A cloud went by[, slowly|].",
    "Two sparrows looked on[ with interest|].",
    "That was the talk of the [town|week].",
    "It was all very [pleasant|surprising|exciting].",
    "{name8} came [late|early], as usual.",
    "{name8} was not there, for {he name8} had a cold.",
    "{name8} has told the tale [ever since|to everybody].",
    "The {job9} from next door was pleased.",
    "Some people still talk about it.",
    "A dog barked, and then it stopped.",
)

# {n} is the number of sentences in words, {noun} the kind of text. The model writes exactly as many.
ASKS = (
    "Summarise this {noun} in {n}.",
    "Please sum up this {noun} in {n}.",
    "Sum up the {noun} in {n}, please.",
    "Give me this {noun} in {n}.",
    "Can you shorten this {noun} to {n}?",
    "What does this {noun} say? Answer in {n}.",
    "I have no time to read this {noun}. Tell me in {n}.",
    "Shorten the {noun} to {n}.",
    "Retell this {noun} in {n}.",
    "Put this {noun} into {n}.",
    "What matters in this {noun}? Use {n}.",
    "In {n}: what does the {noun} say?",
    "Write {n} about what matters in this {noun}.",
    "My friend wants to know what this {noun} says. Use {n}.",
    "Read this {noun} and sum it up in {n}.",
    "Boil this {noun} down to {n}.",
)
SENTENCES = ("one sentence", "two sentences", "three sentences")
