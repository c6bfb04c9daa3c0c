"""Times a model's step against its sizes and the number of threads, and draws a picture (SVG).

  python3 tools/bench_scaling.py -o scaling.svg
  python3 tools/bench_scaling.py --model text8_tfp --vary batch=16,32,64,128 -o batch.svg
"""
import argparse
import math
import os
import re
import statistics
import subprocess
import sys
import tempfile

COLORS = ["#1b6ca8", "#c8553d", "#3c8d40", "#7a4f9a"]
WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 340, 260, 62, 42, 34


def run(argv):
    done = subprocess.run(argv, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"bench_scaling: {' '.join(argv)}: {done.stderr.strip()}")
    return done.stdout


def measure(options, settings, threads, folder):
    """Median of the rounds, in ms a step."""
    path = os.path.join(folder, "model.pb")
    sets = [word for setting in settings for word in ("--set", setting)]
    run([options.graphrun, "export", options.model, *sets, "-o", path])
    times = []
    for _ in range(options.rounds):
        text = run([options.graphrun, "bench", path, "--steps", str(options.steps), "--threads",
                    str(threads)])
        times.append(float(re.search(r"median ([0-9.]+) ms/step", text)[1]))
    return statistics.median(times)


def ticks(low, high):
    """1, 2 and 5 times powers of ten within the bounds."""
    found = []
    for power in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1):
        found += [f * 10.0**power for f in (1, 2, 5) if low <= f * 10.0**power <= high]
    return found


def panel(title, xs, curves):
    """One chart, both axes logarithmic: {label: values}."""
    ys = [y for values in curves.values() for y in values]
    low, high = min(ys) / 1.3, max(ys) * 1.3
    spread = math.log(max(xs) / min(xs)) or 1
    px = lambda x: LEFT + (WIDTH - LEFT - 16) * math.log(x / min(xs)) / spread
    py = lambda y: HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * math.log(y / low) / math.log(high / low)
    out = [f'<text x="{WIDTH / 2}" y="18" text-anchor="middle" font-weight="bold">{title}</text>',
           f'<rect x="{LEFT}" y="{TOP}" width="{WIDTH - LEFT - 16}" height="{HEIGHT - BOTTOM - TOP}" '
           'fill="none" stroke="#999"/>']
    for x in xs:
        out.append(f'<text x="{px(x):.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{x}</text>')
    for y in ticks(low, high):
        out.append(f'<path d="M{LEFT} {py(y):.1f}H{WIDTH - 16}" stroke="#ddd"/>'
                   f'<text x="{LEFT - 5}" y="{py(y) + 4:.1f}" text-anchor="end">{y:g}</text>')
    for i, (label, values) in enumerate(curves.items()):
        color = COLORS[i % len(COLORS)]
        points = " ".join(f"{px(x):.1f},{py(y):.1f}" for x, y in zip(xs, values))
        out.append(f'<polyline points="{points}" fill="none" stroke="{color}" stroke-width="2"/>')
        out += [f'<circle cx="{px(x):.1f}" cy="{py(y):.1f}" r="3" fill="{color}"/>'
                for x, y in zip(xs, values)]
        out.append(f'<text x="{LEFT + 8}" y="{TOP + 16 + 15 * i}" fill="{color}">{label}</text>')
    return "\n".join(out)


def picture(model, panels):
    parts = [f'<g transform="translate({WIDTH * i},0)">\n{p}\n</g>' for i, p in enumerate(panels)]
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH * len(panels)}" '
            f'height="{HEIGHT}" font-family="sans-serif" font-size="11">\n'
            f'<title>{model}: ms per training step</title>\n'
            '<rect width="100%" height="100%" fill="white"/>\n' + "\n".join(parts) + "\n</svg>\n")


def main():
    p = argparse.ArgumentParser(prog="bench_scaling", description=__doc__.split("\n")[0])
    p.add_argument("--model", default="ptb", help="name, as graphrun list has it")
    p.add_argument("--vary", action="append", metavar="NAME=N,N,...",
                   help="a size and its values; by default steps, batch and hidden of ptb")
    p.add_argument("--threads", default=",".join(str(1 << i) for i in range(
        int(math.log2(os.cpu_count())) + 1)), help="numbers, with commas between them")
    p.add_argument("--rounds", type=int, default=3, help="times that each is measured")
    p.add_argument("--steps", type=int, default=20, help="steps in a measurement")
    p.add_argument("--graphrun", default="build/release/graphrun", help="the command")
    p.add_argument("-o", "--output", required=True, help="file to write, .svg")
    o = p.parse_args()
    vary = o.vary or ["steps=5,10,20,40", "batch=10,20,40,80", "hidden=50,100,200,400"]
    threads = [int(n) for n in o.threads.split(",")]
    panels = []
    with tempfile.TemporaryDirectory() as folder:
        for text in vary:
            name, values = text.split("=")
            xs = [int(v) for v in values.split(",")]
            curves = {}
            for n in threads:
                label = f"{n} thread{'s' if n > 1 else ''}"
                curves[label] = [measure(o, [f"{name}={x}"], n, folder) for x in xs]
                numbers = ", ".join(f"{x}: {y:.3g}" for x, y in zip(xs, curves[label]))
                print(f"{o.model}, {label}, ms a step by {name}: {numbers}")
            panels.append(panel(f"{o.model}: ms per step by {name}", xs, curves))
    with open(o.output, "w", encoding="utf-8") as f:
        f.write(picture(o.model, panels))


if __name__ == "__main__":
    main()
