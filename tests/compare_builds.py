#!/usr/bin/env python3
"""Trains all models with two builds and compares them bit for bit.

    tests/compare_builds.py OLD NEW [--steps 20] [--models ptb,text8_tfp] [--reps 3]

OLD and NEW are graphrun commands. Each model is exported once, by OLD, and trained by both on the
built-in text with one seed: planned and interpreted, with one thread and with two. Every loss of
every step, as the event file holds it, and the checkpoint at the end must be equal to the last bit.
With --reps N the planned runs are timed as well, the builds in turn; `ratio` is NEW over OLD, the
median of N pairs. Exit code 1 when anything differs.
"""
import argparse
import glob
import os
import statistics
import struct
import subprocess
import sys
import tempfile
import time

MODES = [("planned", []), ("interpreted", ["--interpret"])]


def events(folder):
    """The events of an event file without their wall times."""
    (path,) = glob.glob(os.path.join(folder, "events.*"))
    with open(path, "rb") as file:
        data = file.read()
    at = 0
    while at < len(data):
        (length,) = struct.unpack_from("<Q", data, at)
        record = data[at + 12 : at + 12 + length]
        assert record[0] == 0x09, "an event begins with its wall time, a double"
        yield record[9:]
        at += length + 16


def scalars(event):
    """Tag and bits of the value of each Summary.Value in an event without its graph."""
    tag, found, at = b"train/", [], 0
    while (at := event.find(tag, at)) >= 0:
        end = at + event[at - 1]  # a length below 128 takes one byte
        if event[end : end + 1] == b"\x15":  # simple_value, a float
            found.append((event[at:end].decode(), event[end + 1 : end + 5].hex()))
        at = end
    return found


def train(command, model, steps, flags, folder):
    """Losses by step, and the bytes of the checkpoint."""
    saved, logs = os.path.join(folder, "saved"), os.path.join(folder, "logs")
    subprocess.run(
        [command, "train", model, "--steps", str(steps), "--seed", "7", "--quiet"]
        + ["--save-dir", saved, "--logdir", logs] + flags,
        check=True, stdout=subprocess.DEVNULL)  # fmt: skip
    losses = [s for event in events(logs) if len(event) < 300 for s in scalars(event)]
    weights = b""
    for path in sorted(glob.glob(os.path.join(saved, f"model.ckpt-{steps}.[di]*"))):
        with open(path, "rb") as file:
            weights += file.read()
    return losses, weights


def seconds_per_step(command, model, steps):
    """Of `steps` steps after as many; start and the first steps cancel out."""
    def run(n):
        begin = time.perf_counter()
        subprocess.run([command, "train", model, "--steps", str(n), "--seed", "7", "--quiet"],
                       check=True, stdout=subprocess.DEVNULL)  # fmt: skip
        return time.perf_counter() - begin

    return (run(2 * steps) - run(steps)) / steps


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("old")
    parser.add_argument("new")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--models", default="")
    parser.add_argument("--reps", type=int, default=0)
    options = parser.parse_args()
    listed = subprocess.run([options.old, "list"], check=True, capture_output=True, text=True)
    models = [line.split(":")[0] for line in listed.stdout.splitlines()
              if ":" in line and not line.startswith(" ") and " " not in line.split(":")[0]]
    if options.models:
        models = options.models.split(",")
    different = 0
    for name in models:
        with tempfile.TemporaryDirectory() as folder:
            model = os.path.join(folder, "model.pb")
            subprocess.run([options.old, "export", name, "--data", "builtin", "-o", model],
                           check=True, stdout=subprocess.DEVNULL)  # fmt: skip
            for mode, flags in MODES:
                for threads in (1, 2):
                    results = []
                    for which, command in (("old", options.old), ("new", options.new)):
                        place = os.path.join(folder, f"{which}.{mode}.{threads}")
                        results.append(train(command, model, options.steps,
                                             flags + ["--threads", str(threads)], place))  # fmt: skip
                    (losses, weights), (new_losses, new_weights) = results
                    assert len(losses) >= options.steps and weights
                    same = losses == new_losses and weights == new_weights
                    different += not same
                    words = f"{len(losses)} values, {len(weights)} bytes of weights"
                    print(f"{name:20} {mode:12} threads {threads}: "
                          + (f"equal ({words})" if same else "DIFFERENT"), flush=True)  # fmt: skip
            if options.reps:
                steps = options.steps
                while seconds_per_step(options.old, model, steps) * steps < 1 and steps < 5000:
                    steps *= 2
                pairs = [(seconds_per_step(options.old, model, steps),
                          seconds_per_step(options.new, model, steps)) for _ in range(options.reps)]
                old, new = (statistics.median(side) for side in zip(*pairs))
                ratio = statistics.median(n / o for o, n in pairs)
                print(f"{name:20} ms a step: {old * 1e3:.2f} old, {new * 1e3:.2f} new, "
                      f"ratio {ratio:.3f}", flush=True)  # fmt: skip
    print(f"{different} different")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
