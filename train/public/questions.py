"""The public outcomes: which model answered which question right, at what length, and what it wrote."""

import json
from dataclasses import dataclass, field
from pathlib import Path

from split import PARTS, part


@dataclass
class Question:
    id: str
    set: str  # the outcome file's name without its ending
    subject: str
    prompt: str
    part: str
    right: dict  # model: 0 or 1
    chars: dict  # model: length of its answer, where it is known
    answers: dict = field(default_factory=dict)  # model: what it wrote, where it is at hand


def lines(path):
    return [json.loads(line) for line in Path(path).read_text().splitlines()]


def read(outcome_files, answer_files):
    """Every question of the outcome files, with the answers of the files named SET.MODEL.jsonl."""
    found = {}
    for path in map(Path, outcome_files):
        for row in lines(path):
            models = row["models"]
            found[path.stem, row["id"]] = Question(
                row["id"], path.stem, row["subject"], row["prompt"], part(row["prompt"]),
                {name: m["correct"] for name, m in models.items()},
                {name: m["output_chars"] for name, m in models.items() if m["output_chars"] is not None})
    for path in map(Path, answer_files):
        set_name, model = path.stem.split(".", 1)
        for row in lines(path):
            if (set_name, row["id"]) in found:
                found[set_name, row["id"]].answers[model] = row["answer"]
    return list(found.values())


def write_splits(questions, path):
    """{set: {part: [id]}}, so that another program can tell which questions are unseen."""
    ids = {q.set: {p: [] for p in PARTS} for q in questions}
    for q in questions:
        ids[q.set][q.part].append(q.id)
    Path(path).write_text(json.dumps(ids, indent=1) + "\n")


def write_ids(questions, folder):
    """`train.txt`, `valid.txt` and `test.txt`: the ids of a part, of all sets, one a line."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in PARTS:
        (folder / f"{name}.txt").write_text("".join(f"{q.id}\n" for q in questions if q.part == name))
