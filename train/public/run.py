"""One command from the public outcomes to models/general.gguf: data, export, transfer, card.

    python train/public/run.py --outcomes DIR/*.jsonl --answers DIR/answers/*.jsonl

A stage finds what is done in train/runs/public and carries on from there; delete a file there to redo it.
"""

import argparse
import json
import os
import sys
from pathlib import Path

import torch

TRAIN = Path(__file__).resolve().parent.parent
sys.path.insert(1, str(TRAIN))

from encoder import prune, word_pieces
from questions import read, write_ids, write_splits

STAGES = ["data", "export", "transfer", "card"]


def data(args, questions):
    if not args.vocabulary.exists():
        texts = [text for q in questions if q.part == "train" for text in (q.prompt, *q.answers.values())]
        args.vocabulary.write_text("\n".join(prune(texts)) + "\n")


def tokenizer(args):
    return word_pieces(args.vocabulary.read_text().splitlines())


def export(args, questions):
    import ship
    model, names, chosen = ship.finished(args.runs / "states.npy", questions, tokenizer(args))
    ship.write(args.models / "general.gguf", model, tokenizer(args), names)
    (args.runs / "figures.json").unlink(missing_ok=True)
    (args.runs / "chosen.json").write_text(json.dumps(chosen, indent=1) + "\n")


def transfer(args, questions):
    import transfer
    path = args.runs / "transfer.json"
    if not path.exists():
        path.write_text(json.dumps(transfer.tables(questions, tokenizer(args)), indent=1) + "\n")


def card(args, questions):
    import card
    card.write(args, questions)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--outcomes", nargs="+", required=True, help="SET.jsonl")
    parser.add_argument("--answers", nargs="*", default=[], help="SET.MODEL.jsonl")
    parser.add_argument("--stages", nargs="*", choices=STAGES, default=STAGES)
    parser.add_argument("--write-splits", type=Path, metavar="FILE", help="which ids are train, valid and test")
    parser.add_argument("--write-ids", type=Path, metavar="DIR", help="the same as three lists of ids")
    parser.add_argument("--runs", type=Path, default=TRAIN / "runs/public")
    parser.add_argument("--models", type=Path, default=TRAIN.parent / "models")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    args.runs.mkdir(parents=True, exist_ok=True)
    args.vocabulary = args.runs / "vocabulary.txt"
    questions = read(args.outcomes, args.answers)
    if args.write_splits:
        write_splits(questions, args.write_splits)
    if args.write_ids:
        write_ids(questions, args.write_ids)
    for stage in args.stages:
        globals()[stage](args, questions)


if __name__ == "__main__":
    main()
