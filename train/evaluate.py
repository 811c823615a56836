"""Share of never-seen questions a model answers right, skill by skill."""

import argparse
import random
from collections import defaultdict

import torch

import tokenizer as tok
from generate import answer_all
from generator import check, dialogue, n_turns, system_prompt
from model import Llama
from pretrain import PLANS

FAMILIES = ["smalltalk", "facts", "add-1", "add-2", "add-3", "add-4", "sub-1", "sub-2", "sub-3", "mul-1",
            "mul-2", "mul-3", "story", "units", "dates", "sort", "reverse", "count", "follow"]


def family(skill):
    return "follow" if skill.startswith("follow") else skill


def cases(seed, n, most_turns=12, unseen=True):
    """(messages, the last turn): earlier turns are answered right, in either style."""
    rng = random.Random(seed)
    for _ in range(n):
        turns = dialogue(rng, min(n_turns(rng), most_turns), unseen_last=unseen)
        system = system_prompt(rng)
        messages = [dict(role="system", content=system)] if system else []
        for turn in turns[:-1]:
            messages.append(dict(role="user", content=turn.question))
            messages.append(dict(role="assistant", content=rng.choice([turn.terse, turn.worked])))
        yield messages + [dict(role="user", content=turns[-1].question)], turns[-1]


def answers(model, tokenizer, dialogues, batch=64):
    prompts = [tokenizer.encode(tok.render(messages)).ids for messages in dialogues]
    return answer_all(model, prompts, batch)


def table(results):
    """{family: (right, asked)} with a total, from (skill, right) pairs."""
    counts = defaultdict(lambda: [0, 0])
    for skill, right in results:
        for name in (family(skill), "all"):
            counts[name][0] += right
            counts[name][1] += 1
    return {name: tuple(counts[name]) for name in [*FAMILIES, "all"] if name in counts}


def load_checkpoint(name, runs):
    model = Llama(PLANS[name]["config"])
    model.load_state_dict(torch.load(f"{runs}/{name}.pt", map_location="cpu", weights_only=True)["model"])
    return model.eval()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("name", choices=PLANS)
    parser.add_argument("--runs", default="runs")
    parser.add_argument("--n", type=int, default=600)
    parser.add_argument("--wrong", type=int, default=12)
    args = parser.parse_args()
    torch.set_num_threads(1)
    tokenizer = tok.load(f"{args.runs}/tokenizer.json")
    asked = list(cases("look", args.n))
    found = answers(load_checkpoint(args.name, args.runs), tokenizer, [m for m, _ in asked])
    texts = [tokenizer.decode(answer.ids) for answer in found]
    right = [check(turn.expect, text) for (_, turn), text in zip(asked, texts)]
    for name, (good, n) in table([(t.skill, r) for (_, t), r in zip(asked, right)]).items():
        print(f"{name:10} {good:4}/{n:<4} {good / n:.2f}")
    shown = [(t, x) for (_, t), x, r in zip(asked, texts, right) if not r][:args.wrong]
    for turn, text in shown:
        print(f"  {turn.skill}: {turn.question} -> {text} [{turn.expect['value']}]")
