"""Times the models in graphrun and its peers, in turn, and prints a table of medians.

The peers' models are scripts of a folder that is no part of graphrun: tf1_bench.py MODEL STEPS
--threads N and torch_bench.py MODEL STEPS [--compile], each of which prints a line
"MODEL: ... median 12.34 ms/step ..."; and hand_MODEL.cc, a step of a model by hand, which prints
such a number too. A peer that fails for a model is left out of its row.
"""
import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile

MODELS = ["ptb", "shakespeare_lstm", "text8_tfp", "shakespeare_rnn", "text8_simple", "text8_fused",
          "text8_embedding", "text8_bigram", "text8_bigram_dropout"]
XLA = "--tf_xla_auto_jit=2 --tf_xla_cpu_global_jit"


class Failed(Exception):
    pass


def run(argv, timeout, **env):
    """What the command prints on standard output."""
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=timeout,
                              env={**os.environ, **env})
    except subprocess.TimeoutExpired:
        raise Failed(f"took more than {timeout} s") from None
    except OSError as e:
        raise Failed(str(e)) from None
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or ["no message"]
        raise Failed(f"exit code {done.returncode}: {lines[-1]}")
    return done.stdout


def median_ms(text):
    found = re.search(r"median ([0-9.]+) ms\b", text)
    if not found:
        raise Failed("printed no median")
    return float(found[1])


class Bench:
    def __init__(self, options, folder):
        self.options = options
        self.folder = folder
        self.steps = {}   # by model, as many as take options.seconds in graphrun
        self.bounds = {}  # by model, ms

    def model(self, name):
        return os.path.join(self.folder, name + ".pb")

    def prepare(self, name):
        o = self.options
        data = ["--data", o.data] if o.data else []
        run([o.graphrun, "export", name, "-o", self.model(name), *data], o.timeout)
        first = median_ms(run(self.graphrun(name, 5), o.timeout))
        self.steps[name] = int(min(5000, max(15, o.seconds * 1e3 / first)))
        text = run([o.graphrun, "profile", self.model(name), "--steps", "3", "--rows", "1",
                    "--threads", str(o.threads), *data], o.timeout)
        found = re.search(r"^bound: ([0-9.]+) ms", text, re.MULTILINE)
        self.bounds[name] = float(found[1]) if found else None

    def graphrun(self, name, steps):
        o = self.options
        return [o.graphrun, "bench", self.model(name), "--steps", str(steps), "--threads",
                str(o.threads), *(["--data", o.data] if o.data else [])]

    def variants(self):
        """Columns: a name, and a function of model and steps that gives ms."""
        o = self.options
        script = lambda name: os.path.join(o.reference, name)
        threads = str(o.threads)
        found = {"graphrun": lambda m, n: median_ms(run(self.graphrun(m, n), o.timeout))}
        if o.tf != "none":
            def tensorflow(model, steps, **env):
                return median_ms(run([o.tf, script("tf1_bench.py"), model, str(steps), "--threads",
                                      threads], o.timeout, TF_CPP_MIN_LOG_LEVEL="3", **env))
            found["TensorFlow"] = tensorflow
            found["TF with XLA"] = lambda m, n: tensorflow(m, n, TF_XLA_FLAGS=XLA)
        if o.torch != "none":
            def torch(model, steps, *flags):
                return median_ms(run([o.torch, script("torch_bench.py"), model, str(steps), *flags],
                                     o.timeout, OMP_NUM_THREADS=threads))
            found["PyTorch"] = torch
            found["PyTorch compiled"] = lambda m, n: torch(m, n, "--compile")
        if any(os.path.exists(script(f"hand_{m}.cc")) for m in o.models.split(",")):
            found["by hand"] = lambda m, n: self.by_hand(m, script(f"hand_{m}.cc"))
        return {name: fn for name, fn in found.items() if name not in o.without}

    def by_hand(self, name, source):
        if not os.path.exists(source):
            return None
        program = os.path.join(self.folder, "hand_" + name)
        if not os.path.exists(program):
            eigen = run(["pkg-config", "--cflags", "eigen3"], 60).split()
            run(["g++", "-O3", "-march=native", "-fopenmp", source, *eigen, "-ldnnl", "-o", program],
                self.options.timeout)
        # As graphrun sets it for itself.
        return median_ms(run([program], self.options.timeout, GOMP_SPINCOUNT="3000",
                             OMP_NUM_THREADS=str(self.options.threads)))


def number(value):
    return "-" if value is None else f"{value:.3g}" if value < 100 else f"{value:.0f}"


def table(names, columns, medians, bounds):
    peers = [c for c in columns if c not in ("graphrun", "by hand")]
    rows = [["model", *columns, "bound", "to the better peer", "to the bound"]]
    for name in names:
        ours = medians.get((name, "graphrun"))
        best = min((medians[name, c] for c in peers if (name, c) in medians), default=None)
        ratio = lambda other: f"{ours / other:.2f}" if ours and other else "-"
        rows.append([name, *(number(medians.get((name, c))) for c in columns),
                     number(bounds.get(name)), ratio(best), ratio(bounds.get(name))])
    rows.insert(1, ["---"] * len(rows[0]))
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def main():
    p = argparse.ArgumentParser(prog="tools/bench", description=__doc__.split("\n")[0])
    p.add_argument("--models", default=",".join(MODELS), help="names, with commas between them")
    p.add_argument("--rounds", type=int, default=3, help="times that each is measured")
    p.add_argument("--seconds", type=float, default=3, help="of steps in one measurement")
    p.add_argument("--threads", type=int, default=os.cpu_count())
    p.add_argument("--data", help="text for graphrun, instead of the built-in one")
    p.add_argument("--without", default="", help="columns to leave out, with commas between them")
    p.add_argument("--timeout", type=float, default=1200, help="seconds that one measurement may take")
    p.add_argument("--graphrun", default="build/release/graphrun", help="the command")
    p.add_argument("--reference", default="../shared/reference", help="folder of the peers' models")
    p.add_argument("--tf", default="none", help="Python with TensorFlow, or none")
    p.add_argument("--torch", default="none", help="Python with PyTorch, or none")
    o = p.parse_args()
    o.without = o.without.split(",")
    names = o.models.split(",")
    failed, times = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(o, folder)
        columns = bench.variants()
        for name in names:
            try:
                bench.prepare(name)
            except Failed as e:
                sys.exit(f"tools/bench: graphrun and {name}: {e}")
        # In turn, so that what else the machine does meets all alike.
        for i in range(o.rounds):
            for name in names:
                for column, measure in columns.items():
                    if (name, column) in failed:
                        continue
                    try:
                        ms = measure(name, bench.steps[name])
                        if ms is not None:
                            times.setdefault((name, column), []).append(ms)
                    except Failed as e:
                        failed[name, column] = str(e)
                        times.pop((name, column), None)
                        print(f"tools/bench: {column} and {name}: {e}", file=sys.stderr)
            print(f"tools/bench: round {i + 1} of {o.rounds}", file=sys.stderr)
        medians = {key: statistics.median(values) for key, values in times.items()}
        print(f"ms per training step, medians of {o.rounds} rounds; threads: {o.threads}\n")
        print(table(names, list(columns), medians, bench.bounds))


if __name__ == "__main__":
    main()
