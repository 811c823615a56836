"""Ask both exported models thousands of questions: who is right, and at what length.

These real outcomes are the scorer's labels: the edge is needed where the device is wrong and the edge right.
"""

import json
import time
from pathlib import Path

import tokenizer as tok
from evaluate import answers, cases, load_checkpoint
from export import quantised
from generator import check


def ask(split, n, unseen, runs, batch=96):
    """Write runs/outcomes-SPLIT.jsonl; an existing file is kept."""
    path = Path(runs) / f"outcomes-{split}.jsonl"
    if path.exists():
        return
    began = time.time()
    tokenizer = tok.load(f"{runs}/tokenizer.json")
    asked = list(cases(f"outcomes-{split}", n, most_turns=6, unseen=unseen))
    rows = [{"skill": turn.skill, "messages": messages, "expect": turn.expect} for messages, turn in asked]
    for role in ("device", "edge"):
        model = quantised(load_checkpoint(role, runs))
        for row, ids in zip(rows, answers(model, tokenizer, [m for m, _ in asked], batch)):
            text = tokenizer.decode(ids)
            row[role] = {"right": check(row["expect"], text), "tokens": len(ids) + 1, "text": text}
    with open(path, "w") as out:
        for row in rows:
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
    print(f"{split}: {n} questions to both models in {time.time() - began:.0f} s", flush=True)


def read(split, runs):
    return [json.loads(line) for line in open(Path(runs) / f"outcomes-{split}.jsonl")]
