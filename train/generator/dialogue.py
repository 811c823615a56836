"""Whole dialogues of mixed skills: what the models train on and are measured by."""

from .arithmetic import add, follow_number, mul, sub
from .facts import facts
from .lists import count, follow_words, reverse, sort
from .measures import dates, units
from .smalltalk import smalltalk
from .stories import story
from .turn import held_out

# The default mix: how often each skill is asked.
SKILLS = {smalltalk: 6, facts: 14, add: 15, sub: 15, mul: 10, story: 12, units: 7, dates: 8,
          sort: 10, reverse: 7, count: 2}
FOLLOW = 0.35  # of the turns that could be a follow-up
SYSTEMS = ["You are Nearside, a small assistant that lives in a web page.",
           "You are Nearside, a helpful assistant.", "You are Nearside. Answer in short."]
OPENINGS = ["Please: ", "OK. ", "Now: ", "And: ", "One more: ", "Next: "]


def question(rng, state=None, skills=None, unseen=False):
    """One turn, a follow-up to `state` or a new question, on the wanted side of the split."""
    skills = skills or SKILLS
    while True:
        turn = None
        if state is not None and rng.random() < FOLLOW:
            turn = follow_number(rng, state) if isinstance(state, int) else follow_words(rng, state)
        if turn is None:
            turn = rng.choices(list(skills), list(skills.values()))[0](rng)
        if held_out(turn.key) == unseen:
            return turn


def dialogue(rng, n_turns, skills=None, unseen_last=False):
    """A list of turns. Only the last may be an unseen question."""
    turns, state = [], None
    for i in range(n_turns):
        turn = question(rng, state, skills, unseen_last and i == n_turns - 1)
        state = turn.state
        turns.append(dressed(rng, turn))
    return turns


def dressed(rng, turn):
    """People do not always type in full: now and then an opening, or no capital, or no full stop."""
    chance = rng.random()
    if chance < 0.08:
        turn.question = rng.choice(OPENINGS) + turn.question
    elif chance < 0.14:
        turn.question = turn.question[0].lower() + turn.question[1:]
    elif chance < 0.20:
        turn.question = turn.question.rstrip(".?!")
    return turn


def n_turns(rng):
    return rng.choices(range(1, 13), [20, 14, 12, 10, 8, 8, 6, 6, 5, 4, 4, 3])[0]


def system_prompt(rng):
    return rng.choice(SYSTEMS) if rng.random() < 0.4 else None
