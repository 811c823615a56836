"""Train one chat model: Muon for the matrices, AdamW for the rest, checkpoints every two minutes."""

import argparse
import json
import os
import time
from pathlib import Path

import torch
import torch.distributed as workers

import tokenizer as tok
from corpus import Corpus
from model import DEVICE, EDGE, Llama

PLANS = {  # style, sizes, seed, tokens a step and worker, peak learning rates
    "device": dict(style="terse", config=DEVICE, seed=11, batch=4096, muon_lr=0.02, adam_lr=0.004),
    "edge": dict(style="worked", config=EDGE, seed=12, batch=1536, muon_lr=0.015, adam_lr=0.003),
}
WORKERS = {"device": 1, "edge": 2}  # processes on a CPU, one thread each


class Muon(torch.optim.Optimizer):
    """Momentum, orthogonalised by five Newton-Schulz steps (Jordan et al., 2024)."""

    def __init__(self, params, lr, momentum=0.95, decay=0.05):
        super().__init__(params, dict(lr=lr, momentum=momentum, decay=decay))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            shapes = {}
            for p in group["params"]:
                buffer = self.state[p].setdefault("momentum", torch.zeros_like(p))
                buffer.lerp_(p.grad, 1 - group["momentum"])
                update = p.grad.lerp(buffer, group["momentum"])
                shapes.setdefault(tuple(sorted(p.shape)), []).append((p, update))
            for same in shapes.values():  # one batched product for matrices of one shape
                wide = torch.stack([u if u.shape[0] <= u.shape[1] else u.T for _, u in same])
                for (p, _), u in zip(same, orthogonal(wide)):
                    u = u if p.shape[0] <= p.shape[1] else u.T
                    p.mul_(1 - group["lr"] * group["decay"])
                    p.add_(u, alpha=-group["lr"] * max(1, p.shape[0] / p.shape[1]) ** 0.5)


def orthogonal(x):
    """x: (n, rows, columns) with rows <= columns, to nearby matrices with singular values near 1."""
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(5):
        a = x @ x.mT
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
    return x


def learning_rate(done):
    """Share of the peak rate: a short warm-up, flat, then down to nothing over the last half."""
    return min(done / 0.01, 1, (1.0 - done) / 0.5) if done < 1 else 0.0


def row_length(done):
    return 256 if done < 0.6 else 512 if done < 0.9 else 1024


def agreed(done):
    """The first worker's word on how much is done, so that all stop at the same step."""
    if not workers.is_initialized():
        return done
    word = torch.tensor([done], dtype=torch.float64)
    workers.broadcast(word, 0)
    return word.item()


def share_gradients(model):
    """Average the gradients over the workers, all in one message."""
    if workers.is_initialized():
        flat = torch.cat([p.grad.flatten() for p in model.parameters()])
        workers.all_reduce(flat)
        flat /= workers.get_world_size()
        for p, grad in zip(model.parameters(), flat.split([p.numel() for p in model.parameters()])):
            p.grad.copy_(grad.view_as(p))


def train(name, tokenizer_path, out, minutes=None, steps=None, device="cpu", skills=None, overrides=None):
    """Train until `minutes` of training or `steps` are over; a second call resumes."""
    plan = {**PLANS[name], **(overrides or {})}
    torch.manual_seed(plan["seed"])
    rank, n_workers = (workers.get_rank(), workers.get_world_size()) if workers.is_initialized() else (0, 1)
    corpus = Corpus(tok.load(tokenizer_path), plan["style"], skills)
    model = Llama(plan["config"]).to(device)
    matrices = [p for n, p in model.named_parameters() if p.ndim == 2 and "embed" not in n]
    others = [p for n, p in model.named_parameters() if p.ndim == 1 or "embed" in n]
    muon_lr, adam_lr = plan["muon_lr"], plan["adam_lr"]
    muon = Muon(matrices, muon_lr)
    adam = torch.optim.AdamW(others, adam_lr, betas=(0.9, 0.98), weight_decay=0.0)
    step, spent, tokens = 0, 0.0, 0
    checkpoint = Path(out)
    if checkpoint.exists():
        state = torch.load(checkpoint, map_location=device, weights_only=True)
        model.load_state_dict(state["model"])
        muon.load_state_dict(state["muon"])
        adam.load_state_dict(state["adam"])
        step, spent, tokens = state["step"], state["seconds"], state["tokens"]

    def save():
        state = dict(model=model.state_dict(), muon=muon.state_dict(), adam=adam.state_dict(), step=step,
                     seconds=spent, tokens=tokens)
        torch.save(state, checkpoint.with_suffix(".new"))
        checkpoint.with_suffix(".new").rename(checkpoint)

    saved, losses = time.time(), []
    while True:
        began = time.time()
        done = agreed(step / steps if steps else spent / (minutes * 60))
        if done >= 1:
            break
        length = row_length(done)
        rows, targets = corpus.rows(f"{plan['seed']}-{step}-{rank}", max(1, plan["batch"] // length), length)
        for group in muon.param_groups:
            group["lr"] = muon_lr * learning_rate(done)
        for group in adam.param_groups:
            group["lr"] = adam_lr * learning_rate(done)
        rows, targets = torch.tensor(rows, device=device), torch.tensor(targets, device=device)
        parts = max(1, rows.numel() // 2048)  # small parts stay in a CPU's cache
        for part, wanted in zip(rows.chunk(parts), targets.chunk(parts)):
            with torch.autocast("cuda", torch.bfloat16, enabled=device == "cuda"):
                loss = model(part, wanted) / parts
            loss.backward()
        share_gradients(model)
        torch.nn.utils.clip_grad_norm_(others, 1.0)
        muon.step()
        adam.step()
        muon.zero_grad()
        adam.zero_grad()
        step, tokens = step + 1, tokens + rows.numel() * n_workers
        losses.append(parts * loss.item())
        spent += time.time() - began
        if step % 25 == 0 and rank == 0:
            print(json.dumps(dict(model=name, step=step, loss=round(sum(losses) / len(losses), 4),
                                  seconds=round(spent), tokens=tokens)), flush=True)
            losses = []
        if time.time() - saved > 120 and rank == 0:
            save()
            saved = time.time()
    if rank == 0:
        save()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("name", choices=PLANS)
    parser.add_argument("--runs", default="runs")
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    if int(os.environ.get("WORLD_SIZE", 1)) > 1:  # under torchrun, one worker a core
        workers.init_process_group("gloo")
    train(args.name, f"{args.runs}/tokenizer.json", f"{args.runs}/{args.name}.pt", args.minutes, args.steps,
          args.device)
