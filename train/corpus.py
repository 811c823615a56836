"""Dialogues as token rows for training, one model's style at a time."""

import random

from generator import dialogue, n_turns, system_prompt
from tokenizer import ASSISTANT, END, ENDOFTEXT, SYSTEM, USER

OWN, CARRY_ON = 0.82, 0.10  # of the turns; the rest are the other model's and only read


class Corpus:
    """Endless dialogues. `style` is "terse" for the device and "worked" for the edge."""

    def __init__(self, tokenizer, style, skills=None):
        self.tokenizer, self.style, self.skills = tokenizer, style, skills
        self.other = "worked" if style == "terse" else "terse"

    def rows(self, seed, n_rows, length):
        """(ids, targets): lists of n_rows rows; targets are -100 where there is no loss."""
        rng = random.Random(seed)
        rows, all_targets = [], []
        while len(rows) < n_rows:
            ids, targets = [], []
            while len(ids) <= length:
                more, wanted = self.one(rng, 12 if length > 600 and rng.random() < 0.4 else n_turns(rng))
                ids += more
                targets += wanted
            rows.append(ids[:length])
            all_targets.append(targets[1:length + 1])
        return rows, all_targets

    def one(self, rng, turns):
        """One dialogue as ids and, in step, the same ids where they count for the loss."""
        pieces = []  # (special token, text, first position of the text that counts or None)
        system = system_prompt(rng)
        if system:
            pieces.append((SYSTEM, system, None))
        for turn in dialogue(rng, turns, self.skills):
            chance = rng.random()
            style = self.style if chance < OWN else self.other
            cut = 0.0 if chance < OWN else rng.random() if chance < OWN + CARRY_ON else None
            pieces += [(USER, turn.question, None), (ASSISTANT, getattr(turn, style), cut)]
        encoded = self.tokenizer.encode_batch([text for _, text, _ in pieces], add_special_tokens=False)
        ids, targets = [], []
        for (special, _, cut), text in zip(pieces, encoded):
            ids += [special, *text.ids, END]
            masked = len(text.ids) + 1 if cut is None else int(cut * len(text.ids))
            targets += [-100] * (1 + masked) + [*text.ids, END][masked:]
        return ids + [ENDOFTEXT], targets + [-100]
