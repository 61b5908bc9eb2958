"""What things are called, and how each framework always looks."""

SLIDE = "slide"  # the book's own program, what all is compared with
TITLES = {
    "torch": "PyTorch",
    "tensorflow": "TensorFlow",
    "jax": "JAX",
    "slide": "The slide",
}
MODELS = {  # workloads and models, in the order of the chapter
    "vanishing": "Vanishing gradients",
    "pretraining": "Pre-training",
    "autoencoder": "Autoencoder",
    "mlp": "Dropout",
    "filters": "Filters",
    "cnn_average": "CNN, average pooling",
    "resnet": "Skip connections",
    "cnn": "CNN",
    "transfer": "Transfer learning",
    "rnn": "RNN",
    "bilstm": "BiLSTM",
    "lstm": "LSTM",
    "memory": "Memory",
    "tagging": "Part-of-speech tagging",
    "tagger": "Part-of-speech tagging",
    "language": "Language model",
    "translation": "Encoder-decoder",
    "seq2seq": "Encoder-decoder",
    "translation_attention": "Attention",
    "attention": "Attention",
}
MODEL_ORDER = list(MODELS)
ORDER = ["torch", "tensorflow", "jax", "slide"]
MARKS = {
    "torch": "circle",
    "tensorflow": "square",
    "jax": "diamond",
    "slide": "x-thin-open",
}
SPARE_MARKS = ["triangle-up", "pentagon", "star", "hexagram"]
RUNGS = {
    1: "names, shapes, bits",
    2: "scores",
    3: "loss, gradients",
    4: "optimiser steps",
    5: "training mode",
    6: "trajectory",
}
TIMINGS = {
    "worker_start": "worker start",
    "import": "import",
    "build": "build",
    "compile": "compile",
    "training": "training",
    "evaluation": "evaluation",
    "timing": "timing",
    "inference": "timing inference",
    "ceiling": "timing the machine's peak",
    "recording": "recording",
}


def framework_title(name: str) -> str:
    """torch -> PyTorch; a framework that is new keeps its name."""
    return TITLES.get(name, name)


def model_title(name: str) -> str:
    """cnn -> CNN"""
    return MODELS.get(name, name)


def colour(framework: str) -> str:
    """The style sheet's variable of a framework, the same everywhere."""
    if framework in TITLES:
        return f"var(--{framework})"
    return f"var(--spare{_number(framework)})"


def mark(framework: str) -> str:
    """The marker's shape: who sees no colours reads these."""
    return MARKS.get(framework) or SPARE_MARKS[_number(framework)]


def _number(framework: str) -> int:
    return sum(framework.encode()) % len(SPARE_MARKS)
