"""Asks TensorFlow the questions of the matrix of ops and writes its answers.

    GRAPHRUN_MATRIX=QUESTIONS graphrun_tests --gtest_filter=OpMatrix.WritesItsQuestions
    VENV/bin/python tests/cases/op_matrix.py QUESTIONS tests/golden/op_matrix.txt ANSWERS

QUESTIONS holds cases (proto/case.proto), each with its length before it. ANSWERS keeps what was answered, so that
only new questions are asked. TensorFlow runs in children, since some questions end its process; its memory is
limited, so that it refuses what asks for too much.
"""
import hashlib
import multiprocessing
import os
import resource
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import numpy as np
import tensorflow.compat.v1 as tf
from tensorflow.core.framework.tensor_pb2 import TensorProto

tf.disable_v2_behavior()
tf.logging.set_verbosity(tf.logging.FATAL)
CODES = {v: k for k, v in vars(tf.errors).items() if k.isupper() and isinstance(v, int)}

MEMORY = 1 << 30  # beyond what TensorFlow itself takes
SECONDS = 2       # for one question
BATCH = 5000      # questions for one child: graphs leave memory behind


def varint(data, at):
    n = shift = 0
    while True:
        n |= (data[at] & 127) << shift
        shift += 7
        at += 1
        if data[at - 1] < 128:
            return n, at


def fields(data):
    """(number, bytes) of a message whose fields all have lengths, floats left out."""
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        if tag & 7 == 5:
            at += 4
            continue
        n, at = varint(data, at)
        yield tag >> 3, data[at:at + n]
        at += n


def named(data):
    parts = dict(fields(data))
    return parts[1].decode(), parts.get(2)


def records(path):
    """The bytes of each case."""
    with open(path, "rb") as f:
        data = f.read()
    at, found = 0, []
    while at < len(data):
        n, at = varint(data, at)
        found.append(data[at:at + n])
        at += n
    return found


def question(record):
    """(name, MetaGraphDef, feeds, fetches, targets) as bytes and strings."""
    name = graph = None
    feeds, fetches, targets = [], [], []
    for number, value in fields(record):
        if number == 1:
            name = value.decode()
        elif number == 2:
            graph = value
        elif number == 3:
            for inner, part in fields(value):
                if inner == 1:
                    targets.append(part.decode())
                elif inner == 2:
                    feeds.append(named(part))
                elif inner == 3:
                    fetches.append(named(part)[0])
    return name, graph, feeds, fetches, targets


def digest(value):
    """As Digest in tests/op_matrix_answer.cc."""
    names = {"object": "string", "bytes": "string"}
    dtype = names.get(value.dtype.name, value.dtype.name)
    if dtype.startswith("bytes"):
        dtype = "string"
    out = dtype + "[" + ",".join(map(str, value.shape)) + "]"
    if value.size == 0:
        return out
    if dtype == "string":
        parts = [np.frombuffer(s, np.uint8).astype(np.float64) for s in value.ravel().tolist()]
        places = np.concatenate([np.arange(len(p)) % 97 + 1 for p in parts])
        flat = np.concatenate(parts)
    else:
        flat = value.ravel().astype(np.float64)
        places = np.arange(flat.size) % 97 + 1
    nan, finite = np.isnan(flat), np.isfinite(flat)
    v, w = flat[finite], places[finite]
    with np.errstate(all="ignore"):
        out += " %.9g/%.9g" % (np.sum(w * v), np.sum(w * np.abs(v)))
    for label, mask in (("nan", nan), ("inf", flat == np.inf), ("-inf", flat == -np.inf)):
        if places[mask].sum():
            out += " %s:%d" % (label, places[mask].sum())
    return out


def answer(graph_bytes, feeds, fetches, targets):
    config = tf.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1,
                            operation_timeout_in_ms=SECONDS * 1000)
    config.graph_options.rewrite_options.disable_meta_optimizer = True
    config.graph_options.optimizer_options.opt_level = -1
    try:
        with tf.Graph().as_default() as graph:
            tf.import_graph_def(tf.MetaGraphDef.FromString(graph_bytes).graph_def, name="")
            with tf.Session(graph=graph, config=config) as session:
                given = {k: tf.make_ndarray(TensorProto.FromString(v)) for k, v in feeds}
                values = session.run([fetches, targets], given)[0]
    except tf.errors.OpError as e:
        return CODES[e.error_code]
    except ValueError:  # of shape inference, and of a graph that does not fit together
        return "INVALID_ARGUMENT"
    return " ; ".join(digest(np.asarray(v)) for v in values) or "OK"


def child(questions, pipe):
    """Answers them one by one, until the process ends."""
    tf.Session().run(tf.constant(1))
    with open("/proc/self/statm") as f:
        now = int(f.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + MEMORY, now + MEMORY))
    for record in questions:
        try:
            pipe.send(answer(*question(record)[1:]))
        except MemoryError:
            pipe.send("RESOURCE_EXHAUSTED")
    os._exit(0)


def key(record):
    """Of a question without its name; the same for equal graphs."""
    _, graph, *rest = question(record)
    graph = tf.MetaGraphDef.FromString(graph).SerializeToString(deterministic=True)
    return hashlib.sha1(repr((graph, rest)).encode()).hexdigest()[:20]


def ask_all(questions, known, cache):
    """Adds the answers to `known`, by key, and to the file; "CRASH" for what ends TensorFlow."""
    todo = list({k: q for k, q in ((key(q), q) for q in questions) if k not in known}.items())
    done = 0

    def learn(text):
        nonlocal done
        known[todo[done][0]] = text
        cache.write(todo[done][0] + " " + text + "\n")
        cache.flush()
        done += 1

    while done < len(todo):
        ours, theirs = multiprocessing.Pipe(duplex=False)
        process = multiprocessing.Process(target=child, args=([q for _, q in todo[done:done + BATCH]], theirs))
        process.start()
        theirs.close()
        try:
            while True:
                if not ours.poll(SECONDS * 3):
                    process.kill()
                learn(ours.recv())
        except EOFError:
            process.join()
            if process.exitcode != 0:
                learn("CRASH")
        cache.flush()
        print(done, "of", len(todo), flush=True)


def ranges(numbers):
    """"0-3 7" for [0, 1, 2, 3, 7]."""
    parts = []
    for n in numbers:
        if parts and parts[-1][1] == n - 1:
            parts[-1][1] = n
        else:
            parts.append([n, n])
    return " ".join(str(a) if a == b else "%d-%d" % (a, b) for a, b in parts)


def write(questions, known, out):
    """A line with the name of each row of the op table, then a line for each answer with its questions."""
    rows = {}
    for q in questions:
        answers = rows.setdefault(question(q)[0].split("\t")[0], {})
        answers.setdefault(known[key(q)], []).append(sum(map(len, answers.values())))
    with open(out, "w") as f:
        for name, answers in rows.items():
            f.write(name + "\n")
            for text, numbers in answers.items():
                f.write("\t" + ranges(numbers) + "\t" + text + "\n")


def main(path, out, cache_path):
    questions = records(path)
    known = {}
    if os.path.exists(cache_path):
        with open(cache_path) as f:
            known = dict(line.rstrip("\n").split(" ", 1) for line in f)
    with open(cache_path, "a") as cache:
        ask_all(questions, known, cache)
    write(questions, known, out)


if __name__ == "__main__":
    multiprocessing.set_start_method("fork")
    main(*sys.argv[1:])
