"""Writes the everyday questions, the same ones each time.

    python train/everyday/build.py [--out train/everyday/questions.jsonl] [--check]

`--check` judges the right and the wrong answer of each question instead.
"""

import argparse
import importlib
import json
import random
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
# Each has KINDS: {name: function of a random.Random that gives its questions}.
AREAS = ["facts", "arithmetic", "problems", "measures", "translation", "language", "rewriting", "extraction",
         "classification", "coding", "formats", "reasoning", "followups", "explaining", "writing", "knowledge", "advice"]
PER_KIND = 54


def questions():
    """(area, kind, number in its kind, question) of every question, each prompt once."""
    seen = set()
    for area in AREAS:
        for kind, make in importlib.import_module(area).KINDS.items():
            rng = random.Random(f"{area} {kind}")
            fresh = []
            for question in make(rng):
                key = json.dumps([question.before, question.prompt])
                if key not in seen:
                    seen.add(key)
                    fresh.append(question)
            rng.shuffle(fresh)  # tables often go from easy to hard
            yield from ((area, kind, n, question) for n, question in enumerate(fresh))


def row(area, kind, n, question):
    before = [{"role": role, "content": text} for role, text in question.before]
    return {"id": f"everyday-{kind}-{n:03}", "dataset": "everyday", "area": area, "subject": kind,
            **({"before": before} if before else {}), "prompt": question.prompt, "check": question.check}


def judged(pairs):
    """Whether each (check, answer) is right."""
    asked = "".join(json.dumps({"check": check, "answer": answer}) + "\n" for check, answer in pairs)
    done = subprocess.run(["node", HERE / "judge.mjs"], input=asked, capture_output=True, text=True, check=True)
    return [line == "true" for line in done.stdout.splitlines()]


def check():
    """The questions whose right answer is judged wrong, or whose wrong one right."""
    found = list(questions())
    right = judged([(q.check, q.right) for *_, q in found])
    wrong = judged([(q.check, q.wrong) for *_, q in found])
    bad = [(kind, n, q) for (_, kind, n, q), r, w in zip(found, right, wrong) if not r or w]
    for kind, n, q in bad[:40]:
        print(f"{kind} {n}: {q.prompt!r}\n  right: {q.right!r}\n  wrong: {q.wrong!r}\n  {q.check}")
    print(f"{len(found)} questions, {len(bad)} with a check that does not tell right from wrong")
    return bad


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, default=HERE / "questions.jsonl")
    parser.add_argument("--check", action="store_true")
    args = parser.parse_args()
    if args.check:
        raise SystemExit(bool(check()))
    # Each prefix of the file has as many of each kind.
    chosen = sorted((found for found in questions() if found[2] < PER_KIND), key=lambda found: found[2])
    rows = [row(*found) for found in chosen]
    args.out.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows))
    kinds = {r["subject"] for r in rows}
    print(f"{len(rows)} questions of {len(kinds)} kinds in {args.out}")


if __name__ == "__main__":
    main()
