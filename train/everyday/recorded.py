"""The everyday questions with what models made of them, as `cargo xtask outcomes` has recorded it.

    python train/everyday/recorded.py PART [N]    the questions of a part ("test", "unseen"), at most N, one a line
"""

import gzip
import hashlib
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[1:1] = [str(HERE.parent), str(HERE.parent / "public")]

from split import part

UNSEEN_KINDS = 0.2  # of all kinds, so many are never trained on


@dataclass
class Question:
    id: str
    kind: str
    prompt: str
    before: list  # earlier messages
    digest: str  # of the exchange before it, as the router makes it
    part: str  # "train", "valid", "test", or "unseen": of a kind that is never trained on
    answers: dict = field(default_factory=dict)  # model: its recorded row
    readings: dict = field(default_factory=dict)  # (device, edge): its recorded row


def lines(path):
    opened = gzip.open(path, "rt", encoding="utf-8") if str(path).endswith(".gz") else open(path, encoding="utf-8")
    with opened:
        return [json.loads(line) for line in opened]


def digest(before):
    """`previous user message / previous assistant message`, as in src/routing/scorer.rs."""
    last = lambda role: next((m["content"] for m in reversed(before) if m["role"] == role), "")
    return f"{last('user')} / {last('assistant')}" if before else ""


def unseen_kinds(kinds):
    order = sorted(kinds, key=lambda kind: hashlib.sha256(f"kind {kind}".encode()).hexdigest())
    return set(order[:round(UNSEEN_KINDS * len(order))])


def read(questions, folder):
    """Every question, with the rows of `everyday.MODEL.jsonl` and `everyday.DEVICE.read-by.EDGE.jsonl` in the folder,
    packed by gzip or not."""
    rows = lines(questions)
    unseen = unseen_kinds({row["subject"] for row in rows})
    found = {}
    for row in rows:
        kind, before = row["subject"], row.get("before", [])
        own = "unseen" if kind in unseen else part(f"{digest(before)} {row['prompt']}")
        found[row["id"]] = Question(row["id"], kind, row["prompt"], before, digest(before), own)
    for path in sorted(Path(folder).glob("everyday.*.jsonl*")):
        name = path.name.removeprefix("everyday.").removesuffix(".gz").removesuffix(".jsonl")
        device, _, edge = name.partition(".read-by.")
        if name.endswith(".samples"):
            continue
        for row in lines(path):
            if question := found.get(row["id"]):
                kept = question.readings if edge else question.answers
                kept[(device, edge) if edge else name] = row
    return list(found.values())


def main():
    wanted, *most = sys.argv[1:]
    rows = {row["id"]: row for row in lines(HERE / "questions.jsonl")}
    chosen = [q.id for q in read(HERE / "questions.jsonl", HERE) if q.part == wanted]
    for found in chosen[:int(most[0]) if most else None]:
        print(json.dumps(rows[found], ensure_ascii=False))


if __name__ == "__main__":
    main()
