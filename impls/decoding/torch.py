"""Decoding in PyTorch: a loop of steps, left when all have ended."""

import torch
from torch import arange, argmax, where
from torch.nn.functional import log_softmax


def decode(step, token, state, rule, noise=None):
    """Tokens after the given one (batch,), as in `reference.decode`."""
    if rule.width > 1:
        return _beam(step, token, state, rule)
    return _greedy(step, token, state, rule, noise)


def _greedy(step, token, state, rule, noise):
    batch, token = len(token), token.int()
    tokens = _full((batch, rule.length), rule, token.device)
    done = torch.zeros(batch, dtype=torch.bool, device=token.device)
    for time in range(rule.length):
        if done.all():
            break
        logits, state = step(token, state)
        if noise is not None:
            logits = logits + noise[:, time]
        token = where(done, rule.padding, argmax(logits, -1).int())
        tokens[:, time] = token
        done = done | (token == rule.end)
    return tokens


def _beam(step, token, state, rule):
    """Hypotheses of an example are adjacent."""
    batch, width, device = len(token), rule.width, token.device
    first = width * arange(batch, device=device)[:, None]
    tokens = _full((batch, width, rule.length), rule, device)
    done = torch.zeros(batch, width, dtype=torch.bool, device=device)
    counts = torch.zeros_like(done, dtype=torch.int)
    totals = torch.tensor([[0.0] + [-torch.inf] * (width - 1)] * batch)
    totals = totals.to(device, getattr(torch, rule.dtype))
    token = token.int().repeat_interleave(width, 0)
    state = tuple(x.repeat_interleave(width, 0) for x in state)
    for time in range(rule.length):
        if done.all():
            break
        logits, state = step(token, state)
        log_probs = log_softmax(logits, -1).reshape(batch, width, -1)
        vocab = log_probs.shape[-1]
        other = arange(vocab, device=device) != rule.padding
        wait = log_probs.new_zeros(vocab).masked_fill(other, -torch.inf)
        log_probs = where(done[..., None], wait, log_probs)
        sums = (totals[..., None] + log_probs).reshape(batch, -1)
        totals, top = _best(sums, width)
        parent, chosen = top // vocab, (top % vocab).int()
        tokens = tokens.take_along_dim(parent[..., None], 1)
        done = done.take_along_dim(parent, 1)
        counts = counts.take_along_dim(parent, 1) + ~done
        tokens[:, :, time] = chosen
        done = done | (chosen == rule.end)
        row = (parent + first).flatten()
        token, state = chosen.flatten(), tuple(x[row] for x in state)
    best = argmax(totals / counts, 1)
    return tokens[arange(batch, device=device), best]


def _best(x, count):
    """The largest entries of each row and their indices; ties in order.

    torch only: `topk` returns ties in any order.
    """
    # -inf marks taken entries only
    left = x.clamp(min=torch.finfo(x.dtype).min)
    indices = []
    for _ in range(count):
        indices.append(argmax(left, 1, keepdim=True))
        left = left.scatter(1, indices[-1], -torch.inf)
    indices = torch.cat(indices, 1)
    return x.gather(1, indices), indices


def _full(shape, rule, device):
    return torch.full(shape, rule.padding, dtype=torch.int, device=device)
