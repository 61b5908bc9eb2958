"""TensorFlow: parameters, steps, objectives and optimizers, written once.

Layers are native Keras; the step is our own, compiled by tf.function.
"""

from functools import partial
from importlib import import_module
from zlib import crc32

import keras
import numpy as np
import tensorflow as tf

from impls import init
from impls.decoding import Rule
from impls.decoding.tensorflow import decode
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
from impls.frameworks._keras import (
    adamw,
    canonical,
    clipped,
    compiled,
    device,
    objective,
    sgd,
    walk,
)
from impls.interface import STATISTICS, trained
from impls.training.layers import Layers, check_frozen, check_masks

MODES = ("eager", "graph", "xla", "loop")


class Runner:
    """One model and its optimizer on one device: `interface.Runner`."""

    def __init__(self, model_class, spec, setting):
        check_setting(setting, MODES, spec)
        self.spec, self.setting = spec, setting
        self.device = device(setting)
        self.dtype = keras.config.floatx()
        self.shapes, self.state_shapes = spec.shapes(), spec.state()
        # Imported here, since that module imports `unrolled` from this one
        sequences = import_module("impls.sequences.tensorflow")
        sequences.set_loops(setting.mode == "loop")
        with tf.device(self.device):
            self.model = model_class(spec)
            self.last_state, example = (), self.place(spec.example(1))
            self.model(*self._fed(example).inputs)  # makes layers
            self.variables, self.moments = dict(canonical(self.model)), {}
            own = {n: tuple(v.shape) for n, v in self.variables.items()}
            check_model(own, self.shapes)
            self.updates = tf.Variable(0, dtype=tf.int64)
            rate = tf.Variable(setting.learning_rate, dtype=self.dtype)
            self.learning_rate = rate
        self.layers, self.generators = Layers(walk(self.model)), {}
        self.programs = {}
        self.freeze(())
        self.load(init.draw(spec, setting.seed))

    def load(self, params):
        check_params(params, self.shapes)
        for name, variable in self.variables.items():
            variable.assign(np.asarray(params[name], self.dtype))
        for pair in self.moments.values():
            for moment in pair:
                moment.assign(tf.zeros_like(moment))
        self.updates.assign(0)
        self.learning_rate.assign(self.setting.learning_rate)
        self.last_state = ()

    def params(self):
        return {n: v.numpy().copy() for n, v in self.variables.items()}

    def freeze(self, names):
        check_frozen(names, self.shapes)
        frozen = frozenset(names)
        self.trained = {
            name: variable
            for name, variable in self.variables.items()
            if name in trained(self.shapes) and name not in frozen
        }
        self.layers.freeze(names)
        if frozen not in self.programs:
            steps = self._step, self._metrics, self._gradients, self._logits
            programs = [compiled(s, self.setting.mode) for s in steps]
            self.programs[frozen] = programs
        self.functions = self.programs[frozen]
        self.load(self.params())

    def place(self, batch):
        check_targets(batch, self.setting.objective)
        check_masks(batch, self.spec.masks())
        with tf.device(self.device):
            return tf.nest.map_structure(self._put, batch)

    def logits(self, batch):
        batch = self._fed(batch._replace(masks=None))
        return self.functions[3](batch).numpy().copy()

    def generate(self, batch, length, width=1, noise=None):
        check_generate(self.spec, batch, length, width, noise)
        rule = Rule(length, width, self.spec.end, dtype=self.dtype)
        if rule not in self.generators:
            program = compiled(partial(self._generate, rule), self.setting.mode)
            self.generators[rule] = program
        noise = None if noise is None else self._put(noise)
        inputs = self.spec.prompt(batch.inputs)
        return self.generators[rule](inputs, noise).numpy().copy()

    def gradients(self, batch):
        metrics, gradients = self.functions[2](self._fed(batch))
        pairs = zip(self.trained, gradients, strict=True)
        return float(metrics[0]), {n: g.numpy().copy() for n, g in pairs}

    def train_step(self, batch):
        metrics, self.last_state = self.functions[0](self._fed(batch))
        return metrics

    def set_learning_rate(self, rate):
        check_learning_rate(rate)
        self.learning_rate.assign(rate)

    def state(self):
        pairs = zip(self.state_shapes, self.last_state, strict=False)
        return {name: tensor.numpy().copy() for name, tensor in pairs}

    def eval_step(self, batch):
        batch = self._fed(batch._replace(masks=None))
        metrics, self.last_state = self.functions[1](batch)
        return metrics

    def fetch(self, steps):
        return tf.stack(steps).numpy().astype(np.float64)

    def compile(self, batch):
        batch = self._fed(batch)
        if self.setting.optimizer != "sgd":
            for name in self.trained:
                self._pair(name)  # a trace that makes variables is repeated
        if self.setting.mode in ("graph", "loop"):
            self.functions[0].get_concrete_function(batch)
        elif self.setting.mode == "xla":  # compiles only when it is called
            moments = [m for pair in self.moments.values() for m in pair]
            state = [*self.variables.values(), *moments, self.updates]
            before = [variable.numpy().copy() for variable in state]
            self.functions[0](batch)
            for variable, value in zip(state, before, strict=True):
                variable.assign(value)

    def compilations(self):
        if self.setting.mode == "eager":
            return None
        programs = [p for group in self.programs.values() for p in group]
        programs += self.generators.values()
        return sum(p.experimental_get_tracing_count() for p in programs)

    def memory(self):
        if self.setting.device != "cuda":
            return memory(reason="TensorFlow measures no CPU memory")
        peak = tf.config.experimental.get_memory_info("GPU:0")["peak"]
        reason = "TensorFlow does not report what its allocator reserves"
        return memory(peak, reason=reason)

    def static_bytes(self):
        if self.setting.mode == "xla":
            return static(reason="TensorFlow does not expose XLA's plan")
        reason = f"{self.setting.mode}: TensorFlow allocates while it runs"
        return static(reason=reason)

    def matmul(self, size):
        low = self.setting.precision == "bfloat16"
        with tf.device(self.device):
            square = tf.ones((size, size), "bfloat16" if low else self.dtype)
        return lambda: tf.matmul(square, square)[0, 0].numpy()

    def versions(self):
        return {"tensorflow": tf.__version__, "keras": keras.__version__}

    def wait(self):
        self.updates.numpy()  # every step writes it last
        if self.setting.device == "cuda":
            tf.test.experimental.sync_devices()

    def _put(self, array):
        if array is None:
            return None
        array = np.asarray(array)
        if array.dtype.kind == "f":
            array = array.astype(self.dtype, copy=False)
        return tf.convert_to_tensor(array)

    def _fed(self, batch):
        """The batch with the recurrent state as the model's last input."""
        if not self.state_shapes:
            return batch
        state, size = self.last_state, len(batch.inputs[0])
        if not state or len(state[0]) != size:
            shapes = self.state_shapes.values()
            state = tuple(self._put(np.zeros((size, *s))) for s in shapes)
        return batch._replace(inputs=(*batch.inputs, state))

    def _forward(self, batch, training=False):
        """Logits, and the recurrent state."""
        logits, state = self.model(*batch.inputs, training=training), ()
        if self.state_shapes:
            logits, state = logits
            state = tuple(tf.cast(x, self.dtype) for x in state)
        return logits, state

    def _logits(self, batch):
        self.layers.evaluate()
        return self._forward(batch)[0]

    def _metrics(self, batch):
        self.layers.evaluate()
        logits, state = self._forward(batch)
        return tf.stack(self._objective(logits, batch)), state

    def _objective(self, logits, batch, smoothing=0.0):
        logits = tf.cast(logits, self.dtype)
        return objective(self.setting.objective, logits, batch, smoothing)

    def _generate(self, rule, inputs, noise):
        """Decoded tokens."""

        def step(token, state):
            logits, after = self.model.step(token, state)
            pairs = zip(after, state, strict=True)
            after = tuple(tf.cast(new, old.dtype) for new, old in pairs)
            return tf.cast(logits, self.dtype), after

        self.layers.evaluate()
        token, state = self.model.start(*inputs)
        return decode(step, token, state, rule, noise)

    def _step(self, batch):
        metrics, gradients, state = self._loss_gradients(batch)
        self._update(clipped(gradients, self.setting.max_grad_norm))
        return tf.stack(metrics), state

    def _gradients(self, batch):
        """As in a step, but with the statistics restored."""
        moved = [
            (variable, tf.identity(variable))
            for name, variable in self.variables.items()
            if name.rpartition(".")[2] in STATISTICS
        ]
        metrics, gradients, _ = self._loss_gradients(batch)
        for variable, before in moved:
            variable.assign(before)
        return metrics, gradients

    def _loss_gradients(self, batch):
        """The tape watches trained parameters only: others get no gradient."""
        variables = list(self.trained.values())
        self.layers.train(batch.masks, self._stream)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(variables)
            logits, state = self._forward(batch, training=True)
            smoothing = self.setting.label_smoothing
            metrics = self._objective(logits, batch, smoothing)
        gradients = tape.gradient(metrics[0], variables)
        gradients = [tf.convert_to_tensor(g) for g in gradients]
        return metrics, gradients, state

    def _stream(self, number):
        """Dropout of a step is a function of the seed and its number."""
        seed = crc32(f"{self.setting.seed} {number}".encode())
        return tf.stack([tf.constant(seed, tf.int64), self.updates])

    def _pair(self, name):
        """Adam's two moments of a parameter, made on first use."""
        if name not in self.moments:
            with tf.init_scope(), tf.device(self.device):
                zeros = tf.zeros_like(self.variables[name])
                self.moments[name] = tf.Variable(zeros), tf.Variable(zeros)
        return self.moments[name]

    def _update(self, gradients):
        """One optimizer step."""
        updates, rate = self.updates.assign_add(1), self.learning_rate
        if self.setting.optimizer == "sgd":
            return sgd(rate, self.trained.values(), gradients)
        pairs = [self._pair(name) for name in self.trained]
        step = tf.cast(updates, self.dtype)
        adamw(self.setting, rate, step, self.trained, pairs, gradients)


def unrolled():
    """Whether to unroll recurrent layers.

    On a CPU a loop in the graph takes half as long again. XLA would compile
    much longer, and a GPU has one kernel for the whole loop.
    """
    on_gpu = bool(tf.config.list_logical_devices("GPU"))
    return not (on_gpu or tf.config.optimizer.get_jit())
