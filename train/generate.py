"""Greedy answers for many prompts at once: left-padded, with a KV cache."""

from dataclasses import dataclass, field

import torch

from tokenizer import END, ENDOFTEXT


@dataclass
class Answer:
    """Ids without the end token, and the natural logarithm of the probability the model gave each."""
    ids: list = field(default_factory=list)
    logprobs: list = field(default_factory=list)


class Cache:
    """Keys and values of one layer, (batch, kv_heads, room, head_dim), filled from the left."""

    def __init__(self, batch, config, room):
        shape = (batch, config.n_kv_heads, room, config.head_dim)
        self.k, self.v, self.filled = torch.zeros(shape), torch.zeros(shape), 0

    def append(self, k, v):
        end = self.filled + k.shape[2]
        self.k[:, :, self.filled:end], self.v[:, :, self.filled:end] = k, v
        self.filled = end
        return self.k[:, :, :end], self.v[:, :, :end]

    def keep(self, rows):
        self.k, self.v = self.k[rows], self.v[rows]


@torch.no_grad()
def greedy(model, prompts, most=96):
    """An `Answer` to each prompt. Rotary positions are relative, so padding on the left changes nothing
    but which keys are seen."""
    batch, width = len(prompts), max(map(len, prompts))
    ids = torch.full((batch, width), ENDOFTEXT)
    real = torch.zeros(batch, width + most, dtype=torch.bool)
    for i, prompt in enumerate(prompts):
        ids[i, width - len(prompt):] = torch.tensor(prompt)
        real[i, width - len(prompt):] = True
    caches = [Cache(batch, model.config, width + most) for _ in model.layers]
    causal = torch.ones(width, width, dtype=torch.bool).tril() & real[:, None, None, :width]
    causal |= torch.eye(width, dtype=torch.bool)  # a padded position sees itself, so that no row is empty
    answers, rows = [Answer() for _ in prompts], list(range(batch))  # rows: whose answers the batch still holds
    ended = [False] * batch
    logits = step(model, ids, 0, caches, causal)
    for n in range(width, width + most):
        chosen = logits.argmax(-1)
        logprobs = logits.amax(-1) - logits.logsumexp(-1)
        for i, token, logprob in zip(rows, chosen.tolist(), logprobs.tolist()):
            ended[i] = ended[i] or token == END
            if not ended[i]:
                answers[i].ids.append(token)
                answers[i].logprobs.append(logprob)
        unfinished = [j for j, i in enumerate(rows) if not ended[i]]
        if not unfinished or n + 1 == width + most:
            break
        if len(unfinished) < 0.75 * len(rows):  # drop the finished ones
            rows, chosen, real = [rows[j] for j in unfinished], chosen[unfinished], real[unfinished]
            for cache in caches:
                cache.keep(unfinished)
        logits = step(model, chosen[:, None], n, caches, real[:, None, None, :n + 1])
    return answers


def step(model, ids, start, caches, mask):
    """Logits (batch, vocab) of the last position."""
    x, end = model.embed(ids), start + ids.shape[1]
    for layer, cache in zip(model.layers, caches):
        x = layer(x, model.cos[start:end], model.sin[start:end], mask, cache)
    return model.norm(x[:, -1]) @ model.embed.weight.T


def answer_all(model, prompts, batch=64, most=96):
    """Greedy answers, in the prompts' order; alike lengths share a batch."""
    order = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))
    answers = [None] * len(prompts)
    for i in range(0, len(order), batch):
        some = order[i:i + batch]
        for j, answer in zip(some, greedy(model, [prompts[j] for j in some], most)):
            answers[j] = answer
    return answers
