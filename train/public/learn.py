"""Train the general scorer on every set and model at once, with checkpoints, and fold in its temperatures."""

import json
import random
import shutil
import time
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from encoder import assemble, from_minilm, pieces_of
from measure import routing
from rows import PAIRS, outputs, row_name, rows, seen, with_digest
from scorer_model import UNK, batch_of

SEED = 13
BATCH, PEAK, HEAD_PEAK = 32, 1e-4, 1e-3
LOST, DIGESTS, WHOLE = 0.05, 0.15, 0.5  # shares of pieces lost, of turns with a digest, of answers left whole
SAVE_EVERY = 50  # steps
# An epoch shows all rows but these, of which it draws a share: long, many, and for less than they cost.
SHOWN = {("mmlu-pro", None): 0.25, ("mmlu-pro", "Phi-3-mini-4k-instruct"): 0.5,
         ("mmlu-pro", "Meta-Llama-3.1-8B-Instruct"): 0.1}
WEIGHTS = {"needed": 1.0, "look": 1.0, "right": 0.3, "right_after": 1.0, "subject": 0.03,
           "device_length": 0.1, "edge_length": 0.1}
VALUES = {"device_length", "edge_length"}  # outputs that are no logits


def kinds(names):
    return [name.split(":")[0] for name in names]


def loss_of(names):
    """(heads, targets) → loss: each known target counts by its kind's weight."""
    weights = torch.tensor([WEIGHTS[kind] for kind in kinds(names)])
    values = torch.tensor([kind in VALUES for kind in kinds(names)])

    def loss(heads, targets):
        wanted = targets.nan_to_num()
        errors = torch.where(values, (heads - wanted) ** 2,
                             F.binary_cross_entropy_with_logits(heads, wanted, reduction="none"))
        return (errors * ~targets.isnan() * weights).sum() / len(heads)
    return loss


def example(row, others, rng):
    """(ids, types, features, targets) of a row as one epoch shows it."""
    if row.author:
        turn, second, counted = seen(row, 1.0 if rng.random() < WHOLE else rng.random())
    elif rng.random() < DIGESTS:
        turn, second, counted = with_digest(row, rng.choice(others))
    else:
        turn, second, counted = seen(row)
    lossy = lambda ids: [UNK if rng.random() < LOST else i for i in ids]
    return *assemble(lossy(turn), lossy(second)), counted, row.targets


def drawn(rows, rng):
    """An epoch's rows, as many each time."""
    found = []
    for key in sorted({(row.question.set, row.author) for row in rows}, key=str):
        mine = [row for row in rows if (row.question.set, row.author) == key]
        found += rng.sample(mine, round(SHOWN.get(key, 1.0) * len(mine)))
    return found


def epoch_batches(rows, epoch, batch=BATCH):
    """Batches of alike lengths in an order of the epoch's own."""
    rng = random.Random(f"{SEED} {epoch}")
    shown = [example(row, rows, rng) for row in drawn(rows, rng)]
    shown.sort(key=lambda e: len(e[0]) + 20 * rng.random())
    groups = [shown[i:i + batch] for i in range(0, len(shown), batch)]
    rng.shuffle(groups)
    return groups


@dataclass
class Clock:
    """How far a run is, in 0..1: by its steps or by its minutes, whichever is further.

    Minutes are processor time over threads, so that what else the machine does changes nothing.
    """
    steps: int
    minutes: float
    step: int = 0
    seconds: float = 0.0

    def progress(self):
        return max(self.step / self.steps, self.seconds / 60 / self.minutes)

    def rate(self):
        """Share of the peak learning rate: up over 6 % of the run, then down along a line."""
        return min(1, self.progress() / 0.06, (1 - self.progress()) / 0.94)


def step(model, optimiser, loss, group, rate):
    """One update from a batch of examples; returns its loss."""
    for params in optimiser.param_groups:
        params["lr"] = params["peak"] * rate
    inputs = batch_of([(ids, types) for ids, types, *_ in group])
    with torch.autocast("cpu", torch.bfloat16):
        heads = model(*inputs, torch.tensor([counted for *_, counted, _ in group]))
    found = loss(heads.float(), torch.stack([targets for *_, targets in group]))
    optimiser.zero_grad()
    found.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimiser.step()
    return found.item()


def optimiser_of(model):
    """AdamW that lets the new head learn faster than the trunk."""
    is_head = lambda name: name.startswith(("head.", "features."))
    trunk, head = ([p for name, p in model.named_parameters() if is_head(name) == wanted] for wanted in (False, True))
    return torch.optim.AdamW([dict(params=trunk, peak=PEAK), dict(params=head, peak=HEAD_PEAK)],
                             weight_decay=0.01, fused=True)


def train(questions, tokenizer, path, epochs, minutes):
    """Fine-tune MiniLM's first layers on the training part; checkpoints in `path`, from where a run carries on."""
    names = outputs(questions)
    learn = rows([q for q in questions if q.part == "train"], tokenizer, names)
    tune = rows([q for q in questions if q.part == "valid"], tokenizer, names)
    torch.manual_seed(SEED)
    model, loss = from_minilm(pieces_of(tokenizer), len(names)), loss_of(names)
    optimiser = optimiser_of(model)
    n_batches = -(-len(drawn(learn, random.Random(SEED))) // BATCH)
    clock = Clock(epochs * n_batches, minutes)
    if path.exists():
        kept = torch.load(path, weights_only=True)
        model.load_state_dict(kept["model"])
        optimiser.load_state_dict(kept["optimiser"])
        clock.step, clock.seconds = kept["step"], kept["seconds"]

    def save():
        torch.save(dict(model=model.state_dict(), optimiser=optimiser.state_dict(), step=clock.step,
                        seconds=clock.seconds, names=names, done=clock.progress() >= 1), path)

    model.train()
    while clock.progress() < 1:
        epoch, losses = clock.step // n_batches, []
        for group in epoch_batches(learn, epoch)[clock.step % n_batches:]:
            began = time.process_time()
            losses.append(step(model, optimiser, loss, group, clock.rate()))
            clock.step += 1
            clock.seconds += (time.process_time() - began) / torch.get_num_threads()
            if clock.step % SAVE_EVERY == 0:
                save()
                print(json.dumps(dict(step=clock.step, progress=round(clock.progress(), 3),
                                      loss=round(sum(losses[-SAVE_EVERY:]) / len(losses[-SAVE_EVERY:]), 4))), flush=True)
            if clock.progress() >= 1:
                break
        save()
        shutil.copy(path, path.with_name(f"{path.stem}-{epoch + 1}.pt"))
        print(json.dumps(dict(epoch=epoch + 1, seconds=round(clock.seconds), **tuning(model, names, tune))), flush=True)


@torch.no_grad()
def predict(model, inputs, batch=64):
    """Heads, (inputs, outputs), of (turn, second segment, features), in their order."""
    model.eval()
    assembled = [assemble(turn, second) for turn, second, _ in inputs]
    order = sorted(range(len(inputs)), key=lambda i: len(assembled[i][0]))
    heads = torch.zeros(len(inputs), model.head.out_features)
    for i in range(0, len(order), batch):
        group = order[i:i + batch]
        with torch.autocast("cpu", torch.bfloat16):
            heads[group] = model(*batch_of([assembled[j] for j in group]), torch.tensor([inputs[j][2] for j in group])).float()
    return heads


def outcomes_of(found, device, edge):
    """(device right, edge right) of rows, as vectors."""
    right = lambda model: torch.tensor([float(row.question.right[model]) for row in found])
    return right(device), right(edge)


def rows_of(found, look, device, edge, set_name=None):
    """The rows on which `look` of a pair can be measured."""
    author = device if look == "look" else None
    return [row for row in found if row.author == author and {device, edge} <= row.question.right.keys()
            and set_name in (None, row.question.set)]


def tuning(model, names, found):
    """{"look:DEVICE>EDGE": [AUC, CPT50, CPT80]} on the tuning part, whole answers."""
    table = {}
    for look in ("needed", "look"):
        for device, edge in PAIRS:
            name = row_name(look, device, edge)
            if name in names:
                mine = rows_of(found, look, device, edge)
                scores = predict(model, [seen(row) for row in mine])[:, names.index(name)].sigmoid()
                figures = routing(scores, *outcomes_of(mine, device, edge))
                table[name] = [round(figures[k], 3) for k in ("auc", "cpt50", "cpt80")]
    model.train()
    return table
