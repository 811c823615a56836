"""Ask both exported models thousands of questions: who is right, and at what length.

These real outcomes are the scorer's labels: the edge is needed where the device is wrong and the edge right.
"""

import json
import time
from pathlib import Path

from evaluate import answers, cases
from export import read_bpe, read_llama
from generator import check

# Questions of each split. Only training questions come from the training side.
SPLITS = {"train": 40000, "valid": 4000, "test": 3500}


def questions(split):
    return list(cases(f"outcomes-{split}", SPLITS[split], most_turns=4, unseen=split != "train"))


def ask(role, split, models, runs, batch=96):
    """Write runs/answers-SPLIT-ROLE.jsonl with the exported model's greedy answers; keep an existing file."""
    path, began = Path(runs) / f"answers-{split}-{role}.jsonl", time.time()
    if path.exists():
        return
    file = Path(models) / f"{role}.gguf"
    tokenizer, asked = read_bpe(file), questions(split)
    found = answers(read_llama(file), tokenizer, [m for m, _ in asked], batch)
    lines = []
    for (_, turn), answer in zip(asked, found):
        text = tokenizer.decode(answer.ids)
        row = {"question": turn.question, "right": check(turn.expect, text), "tokens": len(answer.ids) + 1,
               "text": text, "ends": ends(tokenizer, answer.ids),
               "logprobs": [round(logprob, 4) for logprob in answer.logprobs]}
        lines.append(json.dumps(row, ensure_ascii=False))
    path.write_text("\n".join(lines) + "\n")
    print(f"{role} answered {len(asked)} {split} questions in {time.time() - began:.0f} s", flush=True)


def ends(tokenizer, ids):
    """How many characters are written after each token; part of a character is none."""
    return [len(tokenizer.decode(ids[:n]).rstrip("\ufffd")) for n in range(1, len(ids) + 1)]


def read(split, runs):
    """Rows of {"skill", "messages", "device", "edge"}, the last two being outcomes."""
    device, edge = ([json.loads(line) for line in open(Path(runs) / f"answers-{split}-{role}.jsonl")]
                    for role in ("device", "edge"))
    asked = questions(split)
    same = all(turn.question == d["question"] == e["question"] for (_, turn), d, e in zip(asked, device, edge))
    assert same, "the generator has changed since the answers were written: delete them"
    return [{"skill": turn.skill, "messages": messages, "device": d, "edge": e}
            for (messages, turn), d, e in zip(asked, device, edge)]
