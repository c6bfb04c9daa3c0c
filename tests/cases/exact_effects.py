"""Cases of effects that TensorFlow prunes, or does not: which writes and checks a fetch runs.

    python tests/cases/exact_effects.py OUT_FOLDER [--filter TEXT]

Each program makes its graph over the variables `vs` and returns what is fetched, one by one; after each fetch all
variables are read. Programs are tried in control flow of version 1 and 2, with resource and (version 1) reference
variables.
"""
import argparse
import os

from case_writer import Case, np, tf

from tensorflow.python.eager import def_function
from tensorflow.python.framework import function
from tensorflow.python.ops import control_flow_switch_case

PROGRAMS = []


def program(*feeds, versions=("v1", "v2")):
    """feeds: what p (bool) and n (int) are fed with; the runs go through all of them."""
    def register(f):
        PROGRAMS.append((f, feeds or ((True, 3), (False, 2)), versions))
        return f
    return register


def add(v, x=1.0):
    """The op that adds to a variable, whatever kind of variable it is."""
    u = v.assign_add(x)
    return u if isinstance(u, tf.Operation) else u.op


def after(op, x):
    with tf.control_dependencies([op]):
        return tf.identity(x)


@program(versions=("v1", "v2", "ref"))
def outputs_of_a_cond(p, n, vs):
    def true():
        add(vs[4])  # nobody waits for it
        return after(add(vs[0]), 2.0), after(add(vs[1]), 3.0)
    return tf.cond(p, true, lambda: (after(add(vs[2]), 5.0), after(add(vs[3]), 7.0)))


@program()
def checks_of_a_cond(p, n, vs):
    def true():
        fails = tf.debugging.Assert(n < 0, ["n is not negative"])
        return after(add(vs[0]), 2.0), after(fails if isinstance(fails, tf.Operation) else fails.op, 3.0)
    return tf.cond(p, true, lambda: (5.0, after(add(vs[1]), 7.0)))


@program()
def effects_before_a_cond(p, n, vs):
    a, b, c = (after(add(v), x) for v, x in zip(vs, (2.0, 3.0, 5.0)))
    return tf.cond(p, lambda: (a * 2.0, b * 3.0), lambda: (a + 1.0, c - 1.0))


@program(versions=("v1", "v2", "ref"))
def cond_that_waits(p, n, vs):
    a, b = after(add(vs[0]), 2.0), after(add(vs[1]), 3.0)
    with tf.control_dependencies([add(vs[2])]):
        first = tf.cond(p, lambda: (a * 2.0, 3.0), lambda: (4.0, b + 5.0))
    with tf.control_dependencies([add(vs[3])]):
        q = tf.logical_not(p)
    second = tf.cond(q, lambda: first[1] + 1.0, lambda: after(add(vs[4]), 0.5))
    return list(first) + [second]


@program()
def constant_that_waits(p, n, vs):
    with tf.control_dependencies([add(vs[0])]):
        x = tf.constant(2.0)
    with tf.control_dependencies([add(vs[1])]):
        y = tf.constant(3.0)
    loop = tf.while_loop(lambda i, z: i < n, lambda i, z: (i + 1, z + y), [0, x])
    return [tf.cond(p, lambda: x * 2.0, lambda: y * 5.0)] + list(loop)


@program((True, 3), (True, 0), versions=("v1", "v2", "ref"))
def variables_of_a_loop(p, n, vs):
    a, b = after(add(vs[0]), 2.0), after(add(vs[1]), 3.0)

    def body(i, x, y, z):
        add(vs[4])  # nobody waits for it
        return i + 1, after(add(vs[2]), x * 2.0), after(add(vs[3]), y + 1.0), z + x
    return tf.while_loop(lambda i, *rest: i < n, body, [0, a, b, 0.0])


@program((True, 3), (False, 2), versions=("v1", "v2", "ref"))
def cond_in_a_loop(p, n, vs):
    def body(i, x, y):
        with tf.control_dependencies([add(vs[0])]):
            u, v = tf.cond(tf.equal(i % 2, 0), lambda: (after(add(vs[1]), x + 1.0), 2.0),
                           lambda: (3.0, after(add(vs[2]), y * 2.0)))
        w = tf.cond(p, lambda: after(add(vs[3]), u), lambda: v)
        return i + 1, u, w
    return tf.while_loop(lambda i, *rest: i < n, body, [0, 1.0, 1.0])


@program((True, 3), (False, 2), (True, 0))
def loop_in_a_cond(p, n, vs):
    a = after(add(vs[0]), 2.0)

    def true():
        start = after(add(vs[1]), 3.0)
        i, x, y = tf.while_loop(lambda i, *rest: i < n,
                                lambda i, x, y: (i + 1, after(add(vs[2]), x * 2.0), after(add(vs[3]), y + a)),
                                [0, start, 1.0])
        return x, y
    return tf.cond(p, true, lambda: (4.0, after(add(vs[4]), 5.0)))


@program((True, 3), (False, 2))
def condition_of_a_loop_with_effects(p, n, vs):
    def test(i, x, y):
        with tf.control_dependencies([add(vs[0])]):
            return i < n
    return tf.while_loop(test, lambda i, x, y: (i + 1, after(add(vs[1]), x + 1.0), y * 2.0), [0, 1.0, 1.0])


@program((True, 3), (False, 2), versions=("v1", "ref"))
def reads_after_writes_inside(p, n, vs):
    def true():
        return after(add(vs[0], 2.0), 1.0), after(add(vs[1], 3.0), 2.0)
    x, y = tf.cond(p, true, lambda: (3.0, 4.0))
    i, z, w = tf.while_loop(lambda i, *rest: i < n,
                            lambda i, z, w: (i + 1, after(add(vs[2]), z), after(add(vs[3]), w)), [0, 1.0, 2.0])
    return [after(x.op, vs[0]) + 0.0, after(y.op, vs[1]) + 0.0, after(z.op, vs[2]) + 0.0, after(w.op, vs[3]) + 0.0]


@program((True, 0), (True, 1), (True, 2), (True, 9), versions=("v2",))
def outputs_of_a_case(p, n, vs):
    a, b = after(add(vs[3]), 2.0), after(add(vs[4]), 3.0)
    branches = [lambda: (after(add(vs[0]), 2.0), a), lambda: (b, after(add(vs[1]), 3.0)),
                lambda: (after(add(vs[2]), 5.0), 7.0)]
    return control_flow_switch_case.switch_case(n, branches)


@program((True, 3), versions=("v1",))
def outputs_of_calls(p, n, vs):
    """A call runs as a whole, whichever of its outputs is fetched."""
    def body(first, second, unused, x):
        def add_to(handle):
            return tf.raw_ops.AssignAddVariableOp(resource=handle, value=tf.constant(1.0))
        add_to(unused)
        return after(add_to(first), x), after(add_to(second), x * 2.0)
    handles = [v.handle for v in vs]
    x = after(add(vs[3]), 3.0)
    first = function.Defun(tf.resource, tf.resource, tf.resource, tf.float32)(body)
    second = def_function.function(body, autograph=False)
    return list(first(*handles[:3], x)) + list(second(*handles[2:], x))


@program()
def shape_of_what_a_cond_gives(p, n, vs):
    x, y = tf.cond(p, lambda: (after(add(vs[0]), [2.0, 3.0]), 4.0), lambda: (after(add(vs[1]), [2.0, 3.0]), 5.0))
    return [tf.shape(x), y, tf.zeros_like(x) + 1.0]


def functional(lowered, control_ret):
    """If and While of the second version, which run as a whole when they are not lowered."""
    def change(graph):
        for nodes in [graph.node] + [f.node_def for f in graph.library.function]:
            for n in nodes:
                if n.op in ("If", "While"):
                    n.attr["_lower_using_switch_merge"].b = lowered
                    waits = graph.node.add()
                    waits.name, waits.op = n.name + "_waits", "NoOp"
                    waits.input.append("^" + n.name)
        for f in graph.library.function:
            for n in f.node_def:
                if control_ret and n.op.startswith("Assign"):
                    f.control_ret[n.name] = n.name
                    f.signature.control_output.append(n.name)
                    f.signature.is_stateful = True
    return change


def record(name, folder, version, build, feeds, change=None):
    (tf.enable_control_flow_v2 if version == "v2" else tf.disable_control_flow_v2)()

    def inputs():
        return tf.placeholder(tf.bool, [], "p"), tf.placeholder(tf.int32, [], "n")
    with tf.Graph().as_default() as graph:
        p, n = inputs()
        vs = [tf.get_variable("v%d" % i, initializer=float(10 * i), use_resource=version != "ref") for i in range(5)]
        for i, v in enumerate(vs):
            tf.identity(v.read_value(), "read%d" % i)
        outputs = [tf.identity(t, "out%d" % k) for k, t in enumerate(build(p, n, vs))]
        init = tf.group(*[v.initializer for v in vs], name="init")
    fetches = [[t.name] for t in outputs] + [[t.name for t in outputs]]
    targets = []
    if change:
        definition = graph.as_graph_def()
        change(definition)
        with tf.Graph().as_default() as graph:
            tf.import_graph_def(definition, name="")
        targets = [n.name for n in graph.get_operations() if n.name.endswith("_waits") or n.type in ("If", "While")]
    with graph.as_default(), tf.Session() as session:
        case = Case("%s.%s" % (name, version))
        for values in feeds:
            feed = {graph.get_tensor_by_name("p:0"): values[0], graph.get_tensor_by_name("n:0"): values[1]}
            for fetch, target in [(f, []) for f in fetches] + [([], [t]) for t in targets]:
                case.ask(session, targets=["init"])
                # When a check fails, what else had run by then is chance.
                if case.ask(session, fetch, feed, target) is not None:
                    case.ask(session, ["read%d:0" % i for i in range(5)])
        case.save(folder)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out")
    parser.add_argument("--filter", default="")
    args = parser.parse_args()
    os.makedirs(args.out, exist_ok=True)
    for build, feeds, versions in PROGRAMS:
        if args.filter not in build.__name__:
            continue
        for version in versions:
            record("effects." + build.__name__, args.out, version, build, feeds)
    for build in (outputs_of_a_cond, variables_of_a_loop):
        for lowered in (True, False):
            for control_ret in (True, False):
                name = "effects.%s.%s%s" % (build.__name__, "lowered" if lowered else "whole", ".results" if control_ret else "")
                if args.filter in name:
                    record(name, args.out, "v2", build, [(True, 3), (False, 2)], functional(lowered, control_ret))


if __name__ == "__main__":
    main()
