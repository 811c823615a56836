"""The everyday questions with what models made of them, as `cargo xtask outcomes` has recorded it.

    python train/everyday/recorded.py PART [N]      the questions of a part ("test", "unseen"), at most N, one a line
    python train/everyday/recorded.py export DIR    all of it as `cargo xtask eval` reads it
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
    area: str
    prompt: str
    before: list  # earlier messages
    digest: str  # of the exchange before it, as the router makes it
    part: str  # "train", "valid", "test", or "unseen": of a kind that is never trained on
    answers: dict = field(default_factory=dict)  # model: its recorded row
    readings: dict = field(default_factory=dict)  # (device, edge): its recorded row
    verdicts: dict = field(default_factory=dict)  # the same


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
    """Every question, with the rows of `everyday.MODEL.jsonl`, `everyday.DEVICE.read-by.EDGE.jsonl` and
    `everyday.DEVICE.judged-by.EDGE.jsonl` in the folder, packed by gzip or not."""
    rows = lines(questions)
    unseen = unseen_kinds({row["subject"] for row in rows})
    found = {}
    for row in rows:
        kind, before = row["subject"], row.get("before", [])
        own = "unseen" if kind in unseen else part(f"{digest(before)} {row['prompt']}")
        found[row["id"]] = Question(row["id"], kind, row["area"], row["prompt"], before, digest(before), own)
    for path in sorted(Path(folder).glob("everyday.*.jsonl*")):
        name = path.name.removeprefix("everyday.").removesuffix(".gz").removesuffix(".jsonl")
        if name.endswith(".samples"):
            continue
        device, how, edge = next((name.partition(how) for how in (".read-by.", ".judged-by.") if how in name), (name, "", ""))
        for row in lines(path):
            if question := found.get(row["id"]):
                kept = {"": question.answers, ".read-by.": question.readings, ".judged-by.": question.verdicts}[how]
                kept[(device, edge) if edge else name] = row
    return list(found.values())


def export(questions, folder):
    """The recordings as `cargo xtask eval` and `calibrate` read them: `everyday.jsonl`, `everyday.MODEL.jsonl` with what
    each model wrote and with what probabilities, and `test.txt` and `unseen.txt`, the ids that nothing was learned
    from. Of dialogues only the last question is in them."""
    folder.mkdir(parents=True, exist_ok=True)
    written = lambda name, rows: (folder / name).write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows))
    model = lambda row: {"correct": row["correct"], "output_chars": len(row["answer"])}
    written("everyday.jsonl", [{"id": q.id, "dataset": "everyday", "subject": q.kind, "prompt": q.prompt,
                                "models": {name: model(row) for name, row in q.answers.items()}} for q in questions])
    for name in {name for q in questions for name in q.answers}:
        told = ("id", "answer", "logprobs")
        written(f"everyday.{name}.jsonl", [{k: q.answers[name][k] for k in told} for q in questions if name in q.answers])
    for part in ("test", "unseen"):
        (folder / f"{part}.txt").write_text("".join(f"{q.id}\n" for q in questions if q.part == part and len(q.answers) > 1))


def main():
    wanted, *rest = sys.argv[1:]
    if wanted == "export":
        return export(read(HERE / "questions.jsonl", HERE / "outcomes"), Path(rest[0]))
    rows = {row["id"]: row for row in lines(HERE / "questions.jsonl")}
    chosen = [q.id for q in read(HERE / "questions.jsonl", HERE / "none") if q.part == wanted]
    for found in chosen[:int(rest[0]) if rest else None]:
        print(json.dumps(rows[found], ensure_ascii=False))


if __name__ == "__main__":
    main()
