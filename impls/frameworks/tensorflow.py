"""TensorFlow: parameters, steps, objectives and optimisers, written once.

Layers are native Keras; the step is our own, compiled by tf.function.
"""

from zlib import crc32

import keras
import numpy as np
import tensorflow as tf

from impls import init
from impls.exchange import (
    check_params,
    check_setting,
    check_targets,
    memory,
    static,
)
from impls.frameworks._keras import canonical, walk
from impls.interface import STATISTICS, masks, trained
from impls.training.layers import Layers, check_frozen, check_masks

MODES = ("eager", "graph", "xla")


class Runner:
    """One model and its optimiser on one device: `interface.Runner`."""

    def __init__(self, model_class, spec, setting):
        check_setting(setting, MODES)
        self.setting = setting
        self.device = _device(setting)
        self.dtype = keras.config.floatx()
        self.shapes, self.masks = spec.shapes(), masks(spec)
        with tf.device(self.device):
            self.model = model_class(spec)
            self.model(self.place(spec.example(1)).inputs[0])  # makes layers
            self.variables, self.moments = dict(canonical(self.model)), {}
            self.updates = tf.Variable(0, dtype=tf.int64)
        self.layers = Layers(walk(self.model))
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

    def params(self):
        return {n: v.numpy().copy() for n, v in self.variables.items()}

    def freeze(self, names):
        check_frozen(names, self.shapes)
        kept = frozenset(names)
        self.trained = {
            name: variable
            for name, variable in self.variables.items()
            if name in trained(self.shapes) and name not in kept
        }
        self.layers.freeze(names)
        if kept not in self.programs:
            steps = self._step, self._metrics, self._gradients, self._forward
            programs = [_compiled(s, self.setting.mode) for s in steps]
            self.programs[kept] = programs
        self.functions = self.programs[kept]
        self.load(self.params())

    def place(self, batch):
        check_targets(batch, self.setting.objective)
        check_masks(batch, self.masks)
        with tf.device(self.device):
            return tf.nest.map_structure(self._put, batch)

    def scores(self, batch):
        return self.functions[3](batch._replace(masks=None)).numpy().copy()

    def gradients(self, batch):
        metrics, gradients = self.functions[2](batch)
        pairs = zip(self.trained, gradients, strict=True)
        return float(metrics[0]), {n: g.numpy().copy() for n, g in pairs}

    def train_step(self, batch):
        return self.functions[0](batch)

    def eval_step(self, batch):
        return self.functions[1](batch._replace(masks=None))

    def fetch(self, steps):
        return tf.stack(steps).numpy().astype(np.float64)

    def compile(self, batch):
        if self.setting.mode == "graph":
            self.functions[0].get_concrete_function(batch)
        elif self.setting.mode == "xla":  # compiles only when it is called
            moments = [m for name in self.trained for m in self._pair(name)]
            state = [*self.variables.values(), *moments, self.updates]
            before = [variable.numpy().copy() for variable in state]
            self.functions[0](batch)
            for variable, value in zip(state, before, strict=True):
                variable.assign(value)

    def compilations(self):
        if self.setting.mode == "eager":
            return None
        every = [one for some in self.programs.values() for one in some]
        return sum(one.experimental_get_tracing_count() for one in every)

    def memory(self):
        if self.setting.device != "cuda":
            return memory(reason="TensorFlow counts no memory of a CPU")
        peak = tf.config.experimental.get_memory_info("GPU:0")["peak"]
        reason = "TensorFlow does not say what its allocator reserves"
        return memory(peak, reason=reason)

    def static_bytes(self):
        if self.setting.mode == "xla":  # would compile once more to tell
            return static(reason="TensorFlow keeps XLA's plan to itself")
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

    def _forward(self, batch):
        self.layers.evaluate()
        return self.model(*batch.inputs, training=False)

    def _metrics(self, batch):
        return tf.stack(self._objective(self._forward(batch), batch))

    def _step(self, batch):
        metrics, gradients = self._loss_gradients(batch)
        self._update(gradients)
        return tf.stack(metrics)

    def _gradients(self, batch):
        """As of a step, but statistics are put back."""
        moved = [
            (variable, tf.identity(variable))
            for name, variable in self.variables.items()
            if name.rpartition(".")[2] in STATISTICS
        ]
        found = self._loss_gradients(batch)
        for variable, before in moved:
            variable.assign(before)
        return found

    def _loss_gradients(self, batch):
        """Only what is trained is watched: the rest has no gradient."""
        variables = list(self.trained.values())
        self.layers.train(batch.masks, self._stream)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(variables)
            scores = self.model(*batch.inputs, training=True)
            metrics = self._objective(scores, batch)
        gradients = tape.gradient(metrics[0], variables)
        return metrics, [tf.convert_to_tensor(g) for g in gradients]

    def _stream(self, number):
        """Dropout of a step is a function of the seed and its number."""
        seed = crc32(f"{self.setting.seed} {number}".encode())
        return tf.stack([tf.constant(seed, tf.int64), self.updates])

    def _objective(self, scores, batch):
        """Loss and accuracy: weighted means over valid targets."""
        scores, targets = tf.cast(scores, self.dtype), batch.targets
        if self.setting.objective == "reconstruction":
            squares = (scores - targets) ** 2
            losses = tf.reduce_mean(tf.reshape(squares, (len(squares), -1)), 1)
            right = tf.fill(tf.shape(losses), np.nan)  # has no accuracy
        elif self.setting.objective == "classes":
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(
                targets, scores
            )
            best = tf.argmax(scores, -1, targets.dtype)
            right = best == targets
        else:
            scores = scores[..., 0]
            losses = tf.nn.sigmoid_cross_entropy_with_logits(
                tf.cast(targets, self.dtype), scores
            )
            right = (scores > 0) == (targets > 0)
        weights, total = batch.weights, tf.reduce_sum(batch.weights)
        right = tf.cast(right, self.dtype)
        accuracy = tf.reduce_sum(right * weights) / total
        return tf.reduce_sum(losses * weights) / total, accuracy

    def _pair(self, name):
        """Adam's two moments of a parameter; made when it is trained."""
        if name not in self.moments:
            with tf.init_scope(), tf.device(self.device):
                zeros = tf.zeros_like(self.variables[name])
                self.moments[name] = tf.Variable(zeros), tf.Variable(zeros)
        return self.moments[name]

    def _update(self, gradients):
        """One optimiser step; Adam's epsilon after bias correction.

        TensorFlow's fused kernel adds epsilon before it. Scaled by the
        root of the correction it is the paper's (Kingma 2015, section 2).
        """
        setting = self.setting
        rate, updates = setting.rate, self.updates.assign_add(1)
        if setting.optimiser == "sgd":
            pairs = zip(self.trained.values(), gradients, strict=True)
            for variable, gradient in pairs:
                variable.assign_sub(rate * gradient)
            return
        power1 = setting.beta1 ** tf.cast(updates, self.dtype)
        power2 = setting.beta2 ** tf.cast(updates, self.dtype)
        epsilon = setting.epsilon * tf.sqrt(1 - power2)
        pairs = zip(self.trained.items(), gradients, strict=True)
        for (name, variable), gradient in pairs:
            mean, square = self._pair(name)
            tf.raw_ops.ResourceApplyAdam(
                var=variable.handle,
                m=mean.handle,
                v=square.handle,
                beta1_power=power1,
                beta2_power=power2,
                lr=tf.constant(rate, self.dtype),
                beta1=tf.constant(setting.beta1, self.dtype),
                beta2=tf.constant(setting.beta2, self.dtype),
                epsilon=epsilon,
                grad=gradient,
            )


def _compiled(function, mode):
    if mode == "eager":
        return function
    return tf.function(function, jit_compile=mode == "xla")


def _device(setting):
    precision = setting.precision
    keras.config.set_floatx("float64" if precision == "float64" else "float32")
    low = precision == "bfloat16"
    policy = "mixed_bfloat16" if low else keras.config.floatx()
    keras.config.set_dtype_policy(policy)
    tf.config.experimental.enable_tensor_float_32_execution(False)
    # Read by `max_pool`; what is not in a mode of XLA stays as it was
    tf.config.optimizer.set_jit(
        "autoclustering" if setting.mode == "xla" else False
    )
    keras.utils.set_random_seed(setting.seed)
    if setting.deterministic:
        tf.config.experimental.enable_op_determinism()
    if setting.device == "cuda":
        if not tf.config.list_physical_devices("GPU"):
            raise ValueError(
                "device 'cuda': TensorFlow sees no GPU; use device=cpu"
            )
        return "/GPU:0"
    return "/CPU:0"


def unrolled():
    """Whether a recurrent layer is faster written out step by step.

    On a CPU a loop in the graph takes half as long again. XLA would compile
    much longer, and a GPU has one kernel for the whole loop.
    """
    on_gpu = bool(tf.config.list_logical_devices("GPU"))
    return not (on_gpu or tf.config.optimizer.get_jit())
