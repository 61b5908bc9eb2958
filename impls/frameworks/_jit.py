"""Programs that JAX compiles: functions of a Runner and of arrays."""

import jax
import jax.numpy as jnp
import optax

from impls.decoding.jax import decode
from impls.frameworks._nnx import clipped, objective, optimizer


def logits(runner, params, frozen, rest, batch):
    """Logits in evaluation mode."""
    return runner.forward(params | frozen, rest, batch)[0]


def eval_step(runner, params, frozen, rest, batch):
    """Metrics in evaluation mode, and the recurrent state."""
    logits, _, state = runner.forward(params | frozen, rest, batch)
    return jnp.stack(_metrics(runner, logits, batch)), state


def gradients(runner, train_state, frozen, rest, batch):
    """Metrics, gradients, statistics after a step, the recurrent state."""
    params, _, (moving, step, _) = train_state

    def loss(params):
        merged = params | moving | frozen
        logits, *after = runner.forward(
            merged, rest, batch, step, training=True
        )
        smoothing = runner.setting.label_smoothing
        metrics = _metrics(runner, logits, batch, smoothing)
        return metrics[0], (metrics, after)

    descend = jax.value_and_grad(loss, has_aux=True)
    (_, (metrics, (moved, state))), gradients = descend(params)
    return metrics, gradients, moved, state


def train_step(runner, train_state, frozen, rest, batch):
    """The training state after a step, metrics, the recurrent state."""
    params, moments, (_, step, rate) = train_state
    metrics, slopes, moved, state = gradients(
        runner, train_state, frozen, rest, batch
    )
    slopes = clipped(slopes, runner.setting.max_grad_norm)
    rule = optimizer(runner.setting, rate)
    updates, moments = rule.update(slopes, moments, params)
    params = optax.apply_updates(params, updates)
    step = None if step is None else step + 1
    train_state = params, moments, (moved, step, rate)
    return train_state, jnp.stack(metrics), state


def generate(rule, runner, params, rest, inputs, noise):
    """Decoded tokens. A loop's body builds the model anew, as NNX requires."""

    def step(token, state):
        logits, after = runner.model(params, rest).step(token, state)
        pairs = zip(after, state, strict=True)
        after = tuple(new.astype(old.dtype) for new, old in pairs)
        return logits.astype(runner.dtype), after

    token, state = runner.model(params, rest).start(*inputs)
    return decode(step, token, state, rule, noise)


def _metrics(runner, logits, batch, smoothing=0.0):
    logits = logits.astype(runner.dtype)
    return objective(runner.setting.objective, logits, batch, smoothing)
