"""JAX: parameters, steps, objectives and optimisers, written once.

Layers are Flax NNX, optimisers optax. Every program is compiled ahead of
time for the shapes it is called with, so nothing compiles unnoticed.
"""

import flax
import jax
import jax.numpy as jnp
import jaxlib
import numpy as np
import optax
from flax import nnx

from impls import init
from impls.exchange import (
    check_params,
    check_setting,
    check_targets,
    memory,
    static,
)
from impls.frameworks._nnx import canonical, layers, set_precision, stream
from impls.interface import STATISTICS, masks, trained
from impls.training.layers import check_frozen, check_masks

MODES = ("jit",)


class Runner:
    """One model and its optimiser on one device: `interface.Runner`."""

    def __init__(self, model_class, spec, setting):
        check_setting(setting, MODES)
        self.setting = setting
        self.device = _device(setting)
        self.dtype = _dtype(setting.precision)
        # Shapes only: NNX compiles every draw of initial values, which takes
        # two seconds, and the chapter's are loaded in any case.
        model = nnx.eval_shape(lambda: model_class(spec, rngs=nnx.Rngs(0)))
        set_precision(model, self.dtype, _compute(setting.precision))
        kept = nnx.Param, nnx.BatchStat
        self.graph, params, rest = nnx.split(model, kept, ...)
        self.rest = jax.tree.map(stream, rest)
        self.kinds = {
            canonical(path): (path, type(variable))
            for path, variable in nnx.to_flat_state(params)
        }
        self.shapes, self.masks = spec.shapes(), masks(spec)
        self.draws = bool(layers(model).dropouts)
        self.optimiser = _optimiser(setting)
        self.fixed = frozenset()
        self.programs = {}
        self.load(init.draw(spec, setting.seed))

    def load(self, params):
        check_params(params, self.shapes)
        moving = {name: self._parameter(params[name]) for name in self.shapes}
        self.frozen = {name: moving.pop(name) for name in self.fixed}
        values = {name: moving.pop(name) for name in trained(moving)}
        step = self._put(np.uint32(0)) if self.draws else None
        self.state = values, self.optimiser.init(values), (moving, step)

    def params(self):
        values = self.state[0] | self.state[2][0] | self.frozen
        return {name: np.array(values[name]) for name in self.shapes}

    def freeze(self, names):
        check_frozen(names, self.shapes)
        values = self.params()
        self.fixed = frozenset(names)
        self.load(values)

    def place(self, batch):
        check_targets(batch, self.setting.objective)
        check_masks(batch, self.masks)
        return jax.tree.map(self._put, batch)

    def scores(self, batch):
        return np.array(self._evaluate(_scores, batch))

    def gradients(self, batch):
        metrics, gradients, _ = self._run(_gradients, self.state, batch)
        ordered = (name for name in self.shapes if name in gradients)
        return float(metrics[0]), {n: np.array(gradients[n]) for n in ordered}

    def train_step(self, batch):
        self.state, metrics = self._run(_train, self.state, batch)
        return metrics

    def eval_step(self, batch):
        return self._evaluate(_metrics, batch)

    def fetch(self, steps):
        return np.asarray(jax.device_get(steps), np.float64).reshape(-1, 2)

    def compile(self, batch):
        self._program(_train, (self.state, self.frozen, self.rest, batch))

    def compilations(self):
        return len(self.programs)

    def memory(self):
        stats = self.device.memory_stats()
        if stats is None:
            name = self.device.platform
            return memory(reason=f"XLA's allocator on a {name} counts none")
        reserved = stats.get("peak_pool_bytes", stats.get("pool_bytes"))
        reason = None if reserved else "this allocator reserves no pool"
        return memory(stats["peak_bytes_in_use"], reserved, reason)

    def static_bytes(self):
        """XLA's figures; what a donated argument becomes counts once."""
        plans = [
            program.memory_analysis()
            for (name, fixed, *_), program in self.programs.items()
            if (name, fixed) == (_train.__name__, self.fixed)
        ]
        if not plans:
            return static(reason="no train step has been compiled yet")
        return static(max(map(_laid_out, plans)))

    def matmul(self, size):
        square = jnp.ones((size, size), _compute(self.setting.precision))
        product = jax.jit(jnp.matmul)
        return lambda: product(square, square).block_until_ready()

    def versions(self):
        modules = (jax, jaxlib, flax, optax)
        return {m.__name__: m.__version__ for m in modules}

    def wait(self):
        jax.block_until_ready(self.state)

    def forward(self, params, rest, batch, step=None, training=False):
        """Scores of a batch, and statistics after it by canonical name."""
        state = nnx.from_flat_state(
            [(path, kind(params[n])) for n, (path, kind) in self.kinds.items()]
        )
        model = nnx.merge(self.graph, state, rest, copy=True)
        found = layers(model)
        found.freeze(self.fixed)
        if training:
            found.train(batch.masks, self._streams(step))
        scores = model(*batch.inputs)
        moved = {
            f"{path}.{leaf}": getattr(norm, leaf)[...]
            for path, norm in found.norms.items()
            for leaf in STATISTICS
            if not norm.frozen
        }
        return scores, moved

    def _streams(self, step):
        """Dropout of a step is a function of the seed and its number."""
        if step is None:
            return None
        key = jax.random.fold_in(jax.random.key(self.setting.seed), step)
        return lambda number: jax.random.fold_in(key, number)

    def _evaluate(self, function, batch):
        """No masks: they would be another program."""
        values, _, (moving, _) = self.state
        return self._run(function, values | moving, batch._replace(masks=None))

    def _run(self, function, state, batch):
        arguments = state, self.frozen, self.rest, batch
        return self._program(function, arguments)(*arguments)

    def _program(self, function, arguments):
        batch = arguments[-1]
        key = function.__name__, self.fixed, batch.inputs[0].shape
        key = *key, batch.masks is None
        if key not in self.programs:
            donated = 0 if function is _train else ()
            jitted = jax.jit(
                lambda *a: function(self, *a), donate_argnums=donated
            )
            self.programs[key] = jitted.lower(*arguments).compile()
        return self.programs[key]

    def _parameter(self, value):
        return jax.device_put(np.array(value, self.dtype), self.device)

    def _put(self, array):
        array = np.asarray(array)
        if array.dtype.kind == "f":
            array = array.astype(self.dtype, copy=False)
        return jax.device_put(array, self.device)


def _scores(runner, params, frozen, rest, batch):
    return runner.forward(params | frozen, rest, batch)[0]


def _metrics(runner, params, frozen, rest, batch):
    scores, _ = runner.forward(params | frozen, rest, batch)
    return jnp.stack(_objective(runner, scores, batch))


def _gradients(runner, state, frozen, rest, batch):
    """Metrics, gradients, and statistics as a step would leave them."""
    params, _, (moving, step) = state

    def objective(params):
        every = params | moving | frozen
        scores, moved = runner.forward(every, rest, batch, step, training=True)
        metrics = _objective(runner, scores, batch)
        return metrics[0], (metrics, moved)

    descend = jax.value_and_grad(objective, has_aux=True)
    (_, (metrics, moved)), gradients = descend(params)
    return metrics, gradients, moved


def _train(runner, state, frozen, rest, batch):
    params, moments, (_, step) = state
    metrics, gradients, moved = _gradients(runner, state, frozen, rest, batch)
    updates, moments = runner.optimiser.update(gradients, moments)
    params = optax.apply_updates(params, updates)
    step = None if step is None else step + 1
    return (params, moments, (moved, step)), jnp.stack(metrics)


def _objective(runner, scores, batch):
    """Loss and accuracy: weighted means over valid targets."""
    scores = scores.astype(runner.dtype)
    if runner.setting.objective == "reconstruction":
        squares = (scores - batch.targets) ** 2
        losses = squares.reshape(len(squares), -1).mean(1)
        right = jnp.full_like(losses, jnp.nan)  # has no accuracy
    elif runner.setting.objective == "classes":
        losses = optax.softmax_cross_entropy_with_integer_labels(
            scores, batch.targets
        )
        right = scores.argmax(-1) == batch.targets
    else:
        scores = scores[..., 0]
        targets = batch.targets.astype(scores.dtype)
        losses = optax.sigmoid_binary_cross_entropy(scores, targets)
        right = (scores > 0) == (batch.targets > 0)
    weights, total = batch.weights, batch.weights.sum()
    return (losses * weights).sum() / total, (right * weights).sum() / total


def _optimiser(setting):
    """optax adds Adam's epsilon after bias correction, as the paper does."""
    if setting.optimiser == "sgd":
        return optax.sgd(setting.rate)
    return optax.adam(
        setting.rate, setting.beta1, setting.beta2, setting.epsilon
    )


def _device(setting):
    jax.config.update("jax_enable_x64", setting.precision == "float64")
    jax.config.update("jax_default_matmul_precision", "highest")
    platform = {"cuda": "gpu"}.get(setting.device, setting.device)
    try:
        return jax.devices(platform)[0]
    except RuntimeError as error:
        raise ValueError(
            f"device {setting.device!r}: JAX sees none; use device=cpu"
        ) from error


def _laid_out(plan):
    results = plan.output_size_in_bytes - plan.alias_size_in_bytes
    return plan.argument_size_in_bytes + plan.temp_size_in_bytes + results


def _dtype(precision):
    return np.dtype("float64" if precision == "float64" else "float32")


def _compute(precision):
    return {"bfloat16": jnp.bfloat16}.get(precision, _dtype(precision))


def last_states(x):
    """Both ends of a bidirectional layer, where each has read it all.

    (batch, time, feature) -> (batch, feature)
    """
    hidden = x.shape[-1] // 2
    return jnp.concatenate([x[:, -1, :hidden], x[:, 0, hidden:]], -1)
