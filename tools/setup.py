"""Set up the environments of this clone, once: `make setup`.

Standard library only; runs under any Python 3 as far as needed to say that
another one is expected. `.venv` holds what orchestrates and, for a CPU, the
frameworks; `--accelerator cuda` gives each framework an environment of its
own, `.venv-torch` and so on, since they pull in different CUDA packages.
"""

import argparse
import fcntl
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "triptych.json"  # written last: without it nothing is done
LOG = ROOT / "runs" / "logs" / "setup.log"
LOWEST, HIGHEST = (3, 11), (3, 13)
FRAMEWORKS = ("torch", "tensorflow", "jax")
HINTS = {
    "No space left": "The disk is full.",
    "No matching distribution": "No index has it for this Python and platform.",
    "Failed to establish a new connection": "There is no network.",
    "ensurepip is not available": "Install the system's python3-venv.",
}
# They would put packages elsewhere, or find them elsewhere
MISLEADING = (
    *("PIP_DRY_RUN", "PIP_NO_DEPS", "PIP_PREFIX", "PIP_ROOT", "PIP_TARGET"),
    *("PIP_REQUIRE_HASHES", "PYTHONHOME", "PYTHONPATH"),
)


class SetupFailed(Exception):
    """What went wrong, and what to do, in words."""


def main():
    """Exit code 0 when all is there, 1 when not, 2 for a mistake."""
    options = parse()
    try:
        ensure_python(options.python)
        key = digest(options)
        if not done(key, options):
            with locked():
                if not done(key, options):  # another process was quicker
                    build(options, key)
        return 0
    except SetupFailed as failed:
        print(f"\n{failed}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nSet-up interrupted: `make` begins it anew.", file=sys.stderr)
        return 130


def parse():
    """What was asked for; what was not is as it was set up before."""
    before = stamp()
    parser = argparse.ArgumentParser(prog="make setup")
    parser.add_argument("--python", default="")
    parser.add_argument("--accelerator", default="")
    parser.add_argument("--frameworks", default="")
    parser.add_argument("--torch-index", default="")
    options = parser.parse_args()
    options.accelerator = (
        options.accelerator or before.get("accelerator") or "cpu"
    )
    if options.accelerator not in ("cpu", "cuda"):
        parser.error(f"ACCELERATOR={options.accelerator}: cpu or cuda")
    chosen = options.frameworks or ",".join(
        before.get("frameworks") or FRAMEWORKS
    )
    options.frameworks = chosen.replace(",", " ").split()
    for name in options.frameworks:
        if name not in FRAMEWORKS:
            some = ",".join(FRAMEWORKS)
            parser.error(f"FRAMEWORKS={chosen}: expected some of {some}")
    return options


def ensure_python(asked):
    """Go on under a Python that will do, or say which is expected."""
    if LOWEST <= sys.version_info[:2] <= HIGHEST:
        return
    if not asked:
        for minor in range(HIGHEST[1], LOWEST[1] - 1, -1):
            other = shutil.which(f"python3.{minor}")
            if other and runs(other):
                os.execv(other, [other] + sys.argv)
    raise SetupFailed(
        f"{sys.executable} is Python {version()}: expected 3.{LOWEST[1]} to"
        f" 3.{HIGHEST[1]}. Install one and name it:\n"
        f"    make setup PYTHON=/path/to/python3.12"
    )


def version():
    """Of this interpreter, such as `3.12`."""
    return f"{sys.version_info[0]}.{sys.version_info[1]}"


def runs(python):
    """Whether an interpreter starts: some are shims without a Python."""
    with open(os.devnull, "w") as null:
        return (
            subprocess.call([python, "-c", ""], stdout=null, stderr=null) == 0
        )


def digest(options):
    """Hex digest over all that decides what is installed."""
    total = hashlib.sha256()
    for name in ("constraints.txt", "pyproject.toml", "tools/setup.py"):
        total.update((ROOT / name).read_bytes())
    total.update(options.accelerator.encode())
    total.update(",".join(options.frameworks).encode())
    return total.hexdigest()[:16]


def stamp():
    """What the finished environment says of itself; {} if there is none."""
    try:
        return json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return {}


def done(key, options):
    """Whether everything is there, of this key and this Python."""
    found = stamp()
    pythons = [VENV / "bin" / "python"]
    pythons += [ROOT / path for path in interpreters(options).values()]
    if not all(python.exists() for python in pythons):
        return False
    if options.python and found.get("python") != version():
        return False
    return found.get("key") == key


def interpreters(options):
    """Framework -> its interpreter, relative to the clone, if its own."""
    if options.accelerator == "cpu":
        return {}
    return {n: f".venv-{n}/bin/python" for n in options.frameworks}


@contextmanager
def locked():
    """One set-up at a time; pip inherits the lock, and so do orphans."""
    LOG.parent.mkdir(parents=True, exist_ok=True)
    with open(LOG.parent / "setup.lock", "w") as handle:
        os.set_inheritable(handle.fileno(), True)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            print("Another set-up of this clone is running: waiting for it.")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def build(options, key):
    """Make every environment anew; half of one is never mended."""
    began = time.time()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    print(
        f"Setting up, once ({options.accelerator}, Python {version()}; about"
        f" two minutes, log in {LOG.relative_to(ROOT)})"
    )
    LOG.write_text("")
    extras = requirements()
    if STAMP.exists():
        STAMP.unlink()
    environment(VENV)
    step(VENV, "bench and reports", extras["base"] + extras["dev"])
    for name in options.frameworks:
        if options.accelerator == "cuda":
            own = ROOT / (".venv-" + name)
            environment(own)
            wanted = extras[name + "-cuda"]
            # A CPU build counts as newer, unless === compares letters
            usual = pinned("torch").replace("==", "===")
            step(own, name, [usual if w == "torch" else w for w in wanted])
        elif name == "torch":
            torch(extras[name], options.torch_index)
        else:
            step(VENV, name, extras[name])
    finish(options, key, began)


def requirements():
    """Extra -> requirements as pyproject.toml has them; `base` for all."""
    import tomllib

    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)["project"]
    extras = dict(project["optional-dependencies"])
    extras["base"] = project["dependencies"]
    return extras


def pinned(name):
    """A requirement for the version that constraints.txt pins."""
    for line in (ROOT / "constraints.txt").read_text().splitlines():
        if line.startswith(name + "=="):
            return line
    raise SetupFailed(f"constraints.txt pins no {name}")


def torch(wanted, index):
    """The CPU build where it can be had: PyPI's brings CUDA on Linux."""
    build_of = [pinned("torch") + "+cpu"]
    places = [("pip's indexes", [])]
    if index:
        places.append(("TORCH_INDEX", ["--index-url", index]))
    # Alone and with little patience: an index out of reach is asked once
    alone = ["--no-deps", "--timeout", "10", "--retries", "1"]
    if sys.platform != "linux" or any(
        step(VENV, "torch for CPUs, " + place, build_of, alone + extra, True)
        for place, extra in places
    ):
        step(VENV, "torch", wanted)
        return
    print("  torch: no CPU build to be had; the usual one is 3 GB")
    step(VENV, "torch", wanted)
    # Its compiler for GPUs crashes in a process that has TensorFlow loaded,
    # as tests do that hold all three side by side
    run([str(VENV / "bin/python"), "-m", "pip", "uninstall", "-yq", "triton"])


def environment(place):
    """A fresh virtual environment."""
    ran = run([sys.executable, "-m", "venv", "--clear", str(place)])
    if ran:
        raise failed("making " + place.name)


def step(place, what, wanted, extra=(), may_fail=False):
    """Install requirements; True if it went well."""
    pip = [str(place / "bin" / "python"), "-m", "pip", "install"]
    pip += ["--no-input", "--disable-pip-version-check", "--prefer-binary"]
    pip += ["--progress-bar", "off", "-c", str(ROOT / "constraints.txt")]
    print(f"  {what:<32}", end="", flush=True)
    began = time.time()
    ran = run(pip + list(extra) + sorted(set(wanted)))
    took = f"{time.time() - began:.0f} s"
    print("not there" if ran and may_fail else "FAILED" if ran else took)
    if ran and not may_fail:
        raise failed("installing " + what)
    return not ran


def run(command):
    """Run with all output in the log; the exit code."""
    with LOG.open("a") as log:
        log.write(f"$ {' '.join(command)}\n")
        log.flush()
        return subprocess.call(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=str(ROOT),
            close_fds=False,
            env=environment_variables(),
        )


def environment_variables():
    """This process's, without those that lead pip to another place."""
    kept = {k: v for k, v in os.environ.items() if k not in MISLEADING}
    return dict(kept, PYTHONNOUSERSITE="1", PIP_USER="0")


def failed(doing):
    """The end of the log, and what it probably means."""
    text = LOG.read_text(errors="replace")
    hints = [hint for sign, hint in HINTS.items() if sign in text]
    tail = "\n".join("    " + line for line in text.splitlines()[-12:])
    advice = " ".join(dict.fromkeys(hints)) or "The log says more."
    return SetupFailed(
        f"Set-up failed at {doing} (log: {LOG}):\n{tail}\n{advice}"
        " Then `make` begins anew. (Without one framework: make setup"
        " FRAMEWORKS=torch,jax)"
    )


def finish(options, key, began):
    """Write the stamp: from now on everything is there."""
    told = {
        "key": key,
        "python": version(),
        "accelerator": options.accelerator,
        "frameworks": options.frameworks,
        "interpreters": interpreters(options),
    }
    temporary = STAMP.with_suffix(".new")
    temporary.write_text(json.dumps(told, indent=1) + "\n")
    os.replace(str(temporary), str(STAMP))
    print(f"Set up in {time.time() - began:.0f} s.")


if __name__ == "__main__":
    sys.exit(main())
