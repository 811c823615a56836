"""One command from nothing to models/: tokenizer, device, edge, export, outcomes, scorer, cards.

    python train/run.py --all
    python train/run.py --stages outcomes scorer   the scorer anew, for the pair that lies in models/

A stage finds what is done in train/runs and carries on from there; delete a file there to redo it.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

import torch

TRAIN = Path(__file__).resolve().parent
STAGES = ["tokenizer", "device", "edge", "export", "outcomes", "scorer", "cards"]
# Without these glibc hands large buffers back to the kernel after each step, a sixth of the time.
MALLOC = {"MALLOC_MMAP_THRESHOLD_": "4000000000", "MALLOC_TRIM_THRESHOLD_": "8000000000",
          "MALLOC_TOP_PAD_": "500000000"}


def tokenizer(args):
    import tokenizer as tok
    if not (args.runs / "tokenizer.json").exists():
        tok.train(args.runs / "tokenizer.json")


def chat_model(name, args):
    minutes = args.device_minutes if name == "device" else args.edge_minutes
    from pretrain import WORKERS
    workers = WORKERS[name] if args.device == "cpu" else 1
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node", str(workers),
               "--master_addr", "127.0.0.1", "--master_port", "29512", str(TRAIN / "pretrain.py"), name,
               "--runs", str(args.runs), "--minutes", str(minutes), "--device", args.device]
    subprocess.run(command, check=True, env={**os.environ, **MALLOC})


def export(args):
    import export as gguf
    import tokenizer as tok
    from evaluate import load_checkpoint
    bpe = tok.load(args.runs / "tokenizer.json")
    for role in ("device", "edge"):
        gguf.write_llama(args.models / f"{role}.gguf", load_checkpoint(role, args.runs), bpe, f"nearside-{role}")


def outcomes(args):
    import outcomes
    for role in ("device", "edge"):
        for split in outcomes.SPLITS:
            outcomes.ask(role, split, args.models, args.runs)


def scorer(args):
    import cards
    import export as gguf
    import scorer
    from scorer_model import PairScorer, ScorerConfig
    scorer.train(args.runs)
    state, words = torch.load(args.runs / "scorer.pt", weights_only=True), scorer.wordpiece(args.runs)
    model = PairScorer(ScorerConfig(vocab=words.get_vocab_size()))
    model.load_state_dict(state["model"])
    gguf.write_scorer(args.models / "scorer.gguf", model, words, "nearside-scorer")
    gguf.write_manifest(args.models, state["routing"])
    cards.scorer_card(args)


def cards(args):
    import cards
    cards.write(args)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--stages", nargs="*", choices=STAGES, default=[])
    parser.add_argument("--runs", type=Path, default=TRAIN / "runs")
    parser.add_argument("--models", type=Path, default=TRAIN.parent / "models")
    parser.add_argument("--device", choices=["cpu", "cuda"],
                        default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--device-minutes", type=float, default=33)
    parser.add_argument("--edge-minutes", type=float, default=74)
    args = parser.parse_args()
    args.runs.mkdir(exist_ok=True)
    args.models.mkdir(exist_ok=True)
    for stage in STAGES if args.all else args.stages:
        if stage in ("device", "edge"):
            chat_model(stage, args)
        else:
            globals()[stage](args)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
