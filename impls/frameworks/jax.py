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
    check_names,
    check_params,
    check_setting,
    check_targets,
    memory,
    static,
)
from impls.interface import Batch

MODES = ("jit",)

# How NNX names what the chapter's formulas call otherwise.
_NAMES = {
    "cell.dense_i.kernel": "kernel",
    "cell.dense_h.kernel": "recurrent_kernel",
    "cell.dense_i.bias": "bias",  # simple cell
    "cell.dense_h.bias": "bias",  # LSTM
    "forward_rnn": "forward",
    "backward_rnn": "backward",
}


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
        _set_precision(model, setting.precision)
        self.graph, params, rest = nnx.split(model, nnx.Param, ...)
        self.rest = jax.tree.map(_stream, rest)
        self.paths = {_name(p): p for p, _ in nnx.to_flat_state(params)}
        self.shapes = spec.shapes()
        self.optimiser = _optimiser(setting)
        self.fixed = set()
        self.programs = {}
        self.load(init.draw(spec, setting.seed))

    def load(self, params):
        check_params(params, self.shapes)
        values = {name: self._parameter(params[name]) for name in self.shapes}
        self.frozen = {name: values.pop(name) for name in self.fixed}
        self.state = values, self.optimiser.init(values)

    def params(self):
        values = self.state[0] | self.frozen
        return {name: np.array(values[name]) for name in self.shapes}

    def freeze(self, names):
        check_names(names, self.shapes)
        if set(names) == set(self.shapes):
            raise ValueError("every parameter is frozen: nothing to train")
        values = self.params()
        self.fixed = set(names)
        self.programs.clear()
        self.load(values)

    def place(self, batch):
        check_targets(batch)
        inputs = tuple(self._put(array) for array in batch.inputs)
        targets, weights = self._put(batch.targets), self._put(batch.weights)
        return Batch(inputs, targets, weights)

    def scores(self, batch):
        return np.array(self._run(_scores, self.state[0], batch))

    def gradients(self, batch):
        run = self._run(_gradients, self.state[0], batch)
        (loss, _), gradients = run
        return float(loss), {k: np.array(v) for k, v in gradients.items()}

    def train_step(self, batch):
        self.state, metrics = self._run(_train, self.state, batch)
        return metrics

    def eval_step(self, batch):
        return self._run(_evaluate, self.state[0], batch)

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
            for (name, _), program in self.programs.items()
            if name == _train.__name__
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

    def forward(self, params, rest, batch):
        """Scores of a batch: what the model's `__call__` returns."""
        state = nnx.from_flat_state(
            [(path, nnx.Param(params[n])) for n, path in self.paths.items()]
        )
        model = nnx.merge(self.graph, state, rest, copy=True)
        return model(*batch.inputs)

    def _run(self, function, state, batch):
        arguments = state, self.frozen, self.rest, batch
        return self._program(function, arguments)(*arguments)

    def _program(self, function, arguments):
        key = function.__name__, arguments[-1].inputs[0].shape
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
    return runner.forward(params | frozen, rest, batch)


def _evaluate(runner, params, frozen, rest, batch):
    scores = runner.forward(params | frozen, rest, batch)
    return jnp.stack(_objective(runner, scores, batch))


def _gradients(runner, params, frozen, rest, batch):
    def objective(params):
        scores = runner.forward(params | frozen, rest, batch)
        return _objective(runner, scores, batch)

    return jax.value_and_grad(objective, has_aux=True)(params)


def _train(runner, state, frozen, rest, batch):
    params, moments = state
    metrics, gradients = _gradients(runner, params, frozen, rest, batch)
    updates, moments = runner.optimiser.update(gradients, moments)
    params = optax.apply_updates(params, updates)
    return (params, moments), jnp.stack(metrics)


def _objective(runner, scores, batch):
    """Loss and accuracy: weighted means over valid targets."""
    scores = scores.astype(runner.dtype)
    if runner.setting.objective == "classes":
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


def _set_precision(model, precision):
    """NNX makes float32 layers; recurrent cells draw their carry so."""
    for _, module in nnx.iter_modules(model):
        if hasattr(module, "param_dtype"):
            module.param_dtype = _dtype(precision)
            module.dtype = _compute(precision)


def _stream(leaf):
    """Random streams of recurrent cells, whose first state is zero."""
    if jax.dtypes.issubdtype(leaf.dtype, jax.dtypes.prng_key):
        return jax.random.key(0)
    return jnp.zeros(leaf.shape, leaf.dtype)


def _name(path):
    name = ".".join(map(str, path))
    for theirs, ours in _NAMES.items():
        name = name.replace(theirs, ours)
    return name


def last_states(x):
    """Both ends of a bidirectional layer, where each has read it all.

    (batch, time, feature) -> (batch, feature)
    """
    hidden = x.shape[-1] // 2
    return jnp.concatenate([x[:, -1, :hidden], x[:, 0, hidden:]], -1)
