"""What JAX compiles: functions of a Runner and of arrays."""

import jax
import jax.numpy as jnp
import optax

from impls.decoding.jax import decode
from impls.frameworks._nnx import clipped, objective, optimizer


def scored(runner, params, frozen, rest, batch):
    """Logits in evaluation mode."""
    return runner.forward(params | frozen, rest, batch)[0]


def judged(runner, params, frozen, rest, batch):
    """Metrics in evaluation mode, and what is carried on."""
    logits, _, carry = runner.forward(params | frozen, rest, batch)
    return jnp.stack(_metrics(runner, logits, batch)), carry


def derived(runner, state, frozen, rest, batch):
    """Metrics, gradients; statistics and what is carried after a step."""
    params, _, (moving, step, _) = state

    def loss(params):
        every = params | moving | frozen
        logits, *after = runner.forward(every, rest, batch, step, training=True)
        metrics = _metrics(runner, logits, batch)
        return metrics[0], (metrics, after)

    descend = jax.value_and_grad(loss, has_aux=True)
    (_, (metrics, (moved, carry))), gradients = descend(params)
    return metrics, gradients, moved, carry


def stepped(runner, state, frozen, rest, batch):
    """The state after a training step, its metrics, what is carried on."""
    params, moments, (_, step, rate) = state
    metrics, gradients, moved, carry = derived(
        runner, state, frozen, rest, batch
    )
    gradients = clipped(gradients, runner.setting.max_grad_norm)
    rule = optimizer(runner.setting, rate)
    updates, moments = rule.update(gradients, moments)
    params = optax.apply_updates(params, updates)
    step = None if step is None else step + 1
    state = params, moments, (moved, step, rate)
    return state, jnp.stack(metrics), carry


def decoded(rule, runner, params, rest, inputs, noise):
    """What is generated. A loop's body makes the model anew: NNX asks it."""

    def step(token, state):
        logits, after = runner.model(params, rest).step(token, state)
        pairs = zip(after, state, strict=True)
        after = tuple(new.astype(old.dtype) for new, old in pairs)
        return logits.astype(runner.dtype), after

    token, state = runner.model(params, rest).start(*inputs)
    return decode(step, token, state, rule, noise)


def _metrics(runner, logits, batch):
    logits = logits.astype(runner.dtype)
    return objective(runner.setting.objective, logits, batch)
