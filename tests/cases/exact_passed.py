"""Makes cases of effects before what calls are passed, with real TensorFlow 2.15 (compat.v1).

    python tests/cases/exact_passed.py OUT_FOLDER

What a function does not need of its parameters TensorFlow does not compute, unless the function accesses variables or
is not inlined. After each run the variable that all effects add to is read. What TensorFlow answers differently from
time to time is not kept.
"""
import sys

from case_writer import Case, np, tf
import tensorflow as tensorflow_2
from tensorflow.python.framework import function as version_1

CASES = {}


def case(build, versions=("v1", "v2")):
    for version in versions:
        CASES[build.__name__ + ("." + version if len(versions) > 1 else "")] = (build, version == "v2")
    return build


def case_without_control_flow(build):
    return case(build, versions=("v1",))


def write(name, build, v2, folder):
    (tf.enable_control_flow_v2 if v2 else tf.disable_control_flow_v2)()
    texts = set()
    for _ in range(4):
        with tf.Graph().as_default():
            v, w = (tf.Variable(np.float32(0), name=n, use_resource=True) for n in "vw")
            x = tf.placeholder_with_default(np.float32(2), [])

            def effect():
                with tf.control_dependencies([v.assign_add(1.0)]):
                    return tf.identity(x)
            steps = build(w, x, effect)
            read = v.read_value()
            init = tf.group(tf.global_variables_initializer(), name="init_all")
            made = Case(name)
            with tf.Session() as session:
                made.ask(session, targets=[init])
                for fetch in steps:
                    if isinstance(fetch, tf.Operation):
                        made.ask(session, targets=[fetch])
                    else:
                        made.ask(session, [fetch])
                    made.ask(session, [read])
            texts.add(made.parts)
    if len(texts) > 1:
        print(name, "is not kept: TensorFlow answers differently")
        return
    made.save(folder)


def called(body, **attributes):
    spec = tf.TensorSpec([], tf.float32)
    return tensorflow_2.function(body, autograph=False, input_signature=[spec, spec], experimental_attributes=attributes)


def by_name(name, body, **more):
    return version_1.Defun(tf.float32, tf.float32, func_name=name, **more)(body)


def uses(function, effect, x, which=0):
    """The call fetched, used by another op, run as a target, waited for."""
    steps = []
    for use in ("fetch", "op", "target", "wait"):
        results = function(effect(), x)
        y = results[which] if isinstance(results, (list, tuple)) else results
        if use == "op":
            y = tf.sin(y)
        if use == "target":
            y = y.op
        if use == "wait":
            with tf.control_dependencies([y]):
                y = x + 1.0
        steps.append(y)
    return steps


def second(a, b):
    return b * 2.0


def both(a, b):
    return b * 2.0, a * 3.0


def draws(a, b):
    return b + tf.random_uniform([], seed=1) * 0.0, a * 3.0


@case_without_control_flow
def passed_to_a_pure_function(w, x, effect):
    def waits(a, b):
        with tf.control_dependencies([a]):
            return b * 2.0
    with tf.control_dependencies([effect()]):
        waited = called(second)(x, x)
    rank = called(lambda a, b: b + tf.cast(tf.rank(a), tf.float32))
    return [step for f in (second, both, draws, waits) for step in uses(called(f), effect, x)] + [waited] + uses(rank, effect, x)


@case_without_control_flow
def passed_to_a_function_with_effects(w, x, effect):
    def reads(a, b):
        return b * 2.0 + w.read_value()

    def writes(a, b):
        with tf.control_dependencies([w.assign_add(1.0)]):
            return b * 2.0

    def writes_beside(a, b):
        w.assign_add(1.0)
        return b * 2.0, a * 3.0

    def checks(a, b):
        tf.debugging.Assert(tf.greater(b, 0.0), [b])
        return b * 2.0

    def checks_what_is_passed(a, b):
        return b * 2.0, tf.debugging.check_numerics(a, "no number")
    functions = (reads, writes, writes_beside, checks, checks_what_is_passed)
    return [step for f in functions for step in uses(called(f), effect, x)]


@case_without_control_flow
def passed_to_a_function_called_by_name(w, x, effect):
    steps = []
    for k, f in enumerate((second, both, draws)):
        for noinline in (False, True):
            steps += uses(by_name("by_name_%d_%d" % (k, noinline), f, noinline=noinline), effect, x)
    return steps


@case_without_control_flow
def passed_to_a_function_that_is_not_inlined(w, x, effect):
    return [step for f in (second, both) for step in uses(called(f, _noinline=True), effect, x)]


@case
def passed_on(w, x, effect):
    inner = called(both)
    outer = called(lambda a, b: inner(a, b)[0] + 1.0)

    def waits(a, b):
        with tf.control_dependencies([inner(a, b)[0]]):
            return b * 2.0

    def chooses(a, b):
        return tf.cond(tf.greater(b, 0.0), lambda: b * 1.0, lambda: b * 2.0)

    def chooses_it(a, b):
        return tf.cond(tf.greater(b, 0.0), lambda: b * 1.0, lambda: a * 2.0)

    def repeats(a, b):
        return tf.while_loop(lambda i, s, t: i < 3, lambda i, s, t: (i + 1, s * 2.0, t + a), [0, b, a])[1]
    functions = [outer] + [called(f) for f in (waits, chooses, chooses_it, repeats)]
    return [step for f in functions for step in uses(f, effect, x)]


@case
def passed_in_branches_and_trips(w, x, effect):
    p = tf.placeholder_with_default(True, [])
    pure, two, writes = called(second), called(both), called(lambda a, b: tf.identity(b) + w.assign_add(1.0) * 0.0)
    outside = effect()

    def loop(f):
        return tf.while_loop(lambda i, s: i < 3, lambda i, s: (i + 1, f(effect(), s)), [0, x], parallel_iterations=1)[1]
    carried = tf.while_loop(lambda i, s, t: i < 3, lambda i, s, t: (i + 1, pure(t, s), t + 1.0), [0, x, effect()])[1]
    return [tf.cond(p, lambda: pure(effect(), x), lambda: x), tf.cond(p, lambda: two(effect(), x)[0], lambda: x),
            tf.cond(p, lambda: writes(effect(), x), lambda: x), tf.cond(p, lambda: pure(outside, x), lambda: x),
            loop(pure), loop(lambda a, b: two(a, b)[0]), loop(writes), carried]


@case_without_control_flow
def passed_and_not_there(w, x, effect):
    """Placeholders that nobody feeds, and what fails."""
    unfed = tf.placeholder(tf.float32, [])
    bad = tf.gather([1.0, 2.0], tf.placeholder_with_default(7, []))
    with tf.control_dependencies([tf.debugging.Assert(tf.less(x, 0.0), [x])]):
        refused = tf.identity(x)
    steps = []
    for given in (unfed, bad, refused):
        steps += [called(second)(given, x), tf.sin(called(both)(given, x)[0]), called(both)(given, x)[0],
                  tf.sin(called(draws)(given, x)[0]), called(lambda a, b: b + w.read_value())(given, x)]
    return steps


if __name__ == "__main__":
    for case_name, (program, v2) in CASES.items():
        write(case_name, program, v2, sys.argv[1])
