"""JAX: parameters, steps, objectives and optimizers, written once.

Layers are Flax NNX, optimizers optax. Every program is compiled ahead of
time for the shapes of its arguments, so nothing compiles unnoticed.
"""

from functools import partial

import flax
import jax
import jax.numpy as jnp
import jaxlib
import numpy as np
import optax
from flax import nnx

from impls import init
from impls.decoding import Rule
from impls.exchange import (
    check_generate,
    check_learning_rate,
    check_model,
    check_params,
    check_setting,
    check_targets,
    memory,
    static,
)
from impls.frameworks import _jit
from impls.frameworks._nnx import (
    canonical,
    layers,
    optimizer,
    set_precision,
    stream,
)
from impls.interface import STATISTICS, trained
from impls.sequences.jax import set_loops
from impls.training.layers import check_frozen, check_masks

MODES = ("jit", "loop")


class Runner:
    """One model and its optimizer on one device: `interface.Runner`."""

    def __init__(self, model_class, spec, setting):
        check_setting(setting, MODES, spec)
        self.spec, self.setting = spec, setting
        self.device = _device(setting)
        self.dtype = _dtype(setting.precision)
        set_loops(setting.mode == "loop")
        # Shapes only: NNX compiles every draw of initial values, which takes
        # two seconds, and `load` overwrites them in any case.
        model = nnx.eval_shape(lambda: model_class(spec, rngs=nnx.Rngs(0)))
        set_precision(model, self.dtype, _compute(setting.precision))
        saved = nnx.Param, nnx.BatchStat
        self.graph, params, rest = nnx.split(model, saved, ...)
        self.rest = jax.tree.map(stream, rest)
        named = {canonical(path): (path, variable)
                 for path, variable in nnx.to_flat_state(params)}  # fmt: skip
        self.kinds = {n: (path, type(v)) for n, (path, v) in named.items()}
        self.shapes, self.state_shapes = spec.shapes(), spec.state()
        own = {n: v.get_value().shape for n, (_, v) in named.items()}
        check_model(own, self.shapes)
        self.draws = bool(layers(model).dropouts)
        self.optimizer = optimizer(setting, setting.learning_rate)
        self.fixed = frozenset()
        self.programs = {}
        self.load(init.draw(spec, setting.seed))

    def load(self, params):
        check_params(params, self.shapes)
        moving = {name: self._parameter(params[name]) for name in self.shapes}
        self.frozen = {name: moving.pop(name) for name in self.fixed}
        values = {name: moving.pop(name) for name in trained(moving)}
        step = self._put(np.uint32(0)) if self.draws else None
        rate = self._parameter(self.setting.learning_rate)
        moments = self.optimizer.init(values)
        self.train_state = values, moments, (moving, step, rate)
        self.last_state = ()

    def params(self):
        values = self._values() | self.frozen
        return {name: np.array(values[name]) for name in self.shapes}

    def freeze(self, names):
        check_frozen(names, self.shapes)
        values = self.params()
        self.fixed = frozenset(names)
        self.load(values)

    def place(self, batch):
        check_targets(batch, self.setting.objective)
        check_masks(batch, self.spec.masks())
        return jax.tree.map(self._put, batch)

    def logits(self, batch):
        return np.array(self._evaluate(_jit.logits, batch))

    def generate(self, batch, length, width=1, noise=None):
        check_generate(self.spec, batch, length, width, noise)
        rule = Rule(length, width, self.spec.end, dtype=self.dtype.name)
        noise = None if noise is None else self._put(noise)
        values = self._values() | self.frozen
        inputs = self.spec.prompt(batch.inputs)
        arguments = values, self.rest, inputs, noise
        shapes = tuple(array.shape for array in inputs)
        key = _jit.generate.__name__, rule, shapes, noise is None
        program = self._program(partial(_jit.generate, rule), arguments, key)
        return np.array(program(*arguments))

    def gradients(self, batch):
        metrics, gradients, *_ = self._run(
            _jit.gradients, self.train_state, batch
        )
        ordered = (name for name in self.shapes if name in gradients)
        return float(metrics[0]), {n: np.array(gradients[n]) for n in ordered}

    def train_step(self, batch):
        self.train_state, metrics, self.last_state = self._run(
            _jit.train_step, self.train_state, batch
        )
        return metrics

    def set_learning_rate(self, rate):
        check_learning_rate(rate)
        values, moments, (moving, step, _) = self.train_state
        rate = self._parameter(rate)
        self.train_state = values, moments, (moving, step, rate)

    def state(self):
        pairs = zip(self.state_shapes, self.last_state, strict=False)
        return {name: np.array(array) for name, array in pairs}

    def eval_step(self, batch):
        metrics, self.last_state = self._evaluate(_jit.eval_step, batch)
        return metrics

    def fetch(self, steps):
        return np.asarray(jax.device_get(steps), np.float64).reshape(-1, 2)

    def compile(self, batch):
        self._compiled(_jit.train_step, self.train_state, batch)

    def compilations(self):
        return len(self.programs)

    def memory(self):
        stats = self.device.memory_stats()
        if stats is None:
            name = self.device.platform
            return memory(reason=f"XLA's allocator measures none on a {name}")
        reserved = stats.get("peak_pool_bytes", stats.get("pool_bytes"))
        reason = None if reserved else "this allocator reserves no pool"
        return memory(stats["peak_bytes_in_use"], reserved, reason)

    def static_bytes(self):
        """XLA's figures; a donated argument and its result count once."""
        plans = [
            program.memory_analysis()
            for (name, fixed, *_), program in self.programs.items()
            if (name, fixed) == (_jit.train_step.__name__, self.fixed)
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
        jax.block_until_ready(self.train_state)

    def forward(self, params, rest, batch, step=None, training=False):
        """Logits of a batch; statistics by canonical name, state after it."""
        model = self.model(params, rest)
        modes = layers(model)
        modes.freeze(self.fixed)
        if training:
            modes.train(batch.masks, self._streams(step))
        logits, state = model(*batch.inputs), ()
        if self.state_shapes:
            logits, state = logits
            state = tuple(array.astype(self.dtype) for array in state)
        moved = {
            f"{path}.{leaf}": getattr(norm, leaf)[...]
            for path, norm in modes.norms.items()
            for leaf in STATISTICS
            if not norm.frozen
        }
        return logits, moved, state

    def model(self, params, rest):
        """The model with these parameters, by canonical name."""
        variables = nnx.from_flat_state(
            [(path, kind(params[n])) for n, (path, kind) in self.kinds.items()]
        )
        return nnx.merge(self.graph, variables, rest, copy=True)

    def _values(self):
        """Parameters and statistics that are not frozen, by name."""
        values, _, (moving, *_) = self.train_state
        return values | moving

    def _streams(self, step):
        """Dropout of a step is a function of the seed and its number."""
        if step is None:
            return None
        key = jax.random.fold_in(jax.random.key(self.setting.seed), step)
        return lambda number: jax.random.fold_in(key, number)

    def _evaluate(self, function, batch):
        """Without masks, which need another program."""
        return self._run(function, self._values(), batch._replace(masks=None))

    def _run(self, function, state, batch):
        program, arguments = self._compiled(function, state, batch)
        return program(*arguments)

    def _compiled(self, function, state, batch):
        """The program of a function, and its arguments."""
        shapes = tuple(array.shape for array in batch.inputs)
        key = function.__name__, self.fixed, shapes, batch.targets.shape
        key = *key, batch.masks is None
        if self.state_shapes:
            inputs = *batch.inputs, self._state_before(len(batch.inputs[0]))
            batch = batch._replace(inputs=inputs)
        arguments = state, self.frozen, self.rest, batch
        return self._program(function, arguments, key), arguments

    def _state_before(self, size):
        if self.last_state and len(self.last_state[0]) == size:
            return self.last_state
        shapes = self.state_shapes.values()
        return tuple(self._parameter(np.zeros((size, *s))) for s in shapes)

    def _program(self, function, arguments, key):
        if key not in self.programs:
            donated = 0 if function is _jit.train_step else ()
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
    """The last state of each direction of a bidirectional layer.

    (batch, time, feature) -> (batch, feature)
    """
    hidden = x.shape[-1] // 2
    return jnp.concatenate([x[:, -1, :hidden], x[:, 0, hidden:]], -1)
