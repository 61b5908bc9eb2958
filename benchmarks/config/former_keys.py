"""Former names of keys: an override by one is refused with the present."""

# What a key was called until November 2026
FORMER = {
    f"workload.{former}": f"workload.{present}"
    for former, present in {
        "optimiser": "optimizer.name",
        "rate": "optimizer.learning_rate",
        "beta1": "optimizer.beta1",
        "beta2": "optimizer.beta2",
        "epsilon": "optimizer.epsilon",
        "clip": "optimizer.max_grad_norm",
        "batch": "data.batch_size",
        "evaluation_batch": "data.eval_batch_size",
        "examples": "data.train_examples",
        "tested": "data.test_examples",
        "validation": "data.validation",
        "buckets": "data.buckets",
        "classes": "data.classes",
        "per_class": "data.per_class",
        "window": "bptt_steps",
        "decode": "decoding.max_new_tokens",
        "decoded": "decoding.test_examples",
        "beam": "decoding.beam_width",
        "sample": "decoding.sample_tokens",
        "sentences": "decoding.sentences",
        "distances": "measure.input_gradients",
        "gradient_norms": "measure.gradient_norms",
        "watch": "measure.test_every_epoch",
        "fitted": "measure.train_accuracy",
        "pictures": "measure.feature_maps",
        "target": "target_accuracy",
        "short": "quick.train_examples",
        "short_tested": "quick.test_examples",
        "short_buckets": "quick.buckets",
        "most_epochs": "max_epochs",
    }.items()
}
