"""Writes cases of random programs that read and write variables, with real TensorFlow 2.15 (compat.v1).

    python tests/cases/random_variables.py OUT_FOLDER FIRST_SEED NUMBER

Programs have reference or resource variables, reads and what hands on their memory, writes, conds, loops and calls,
most of them in order. A program to which TensorFlow does not always give the same answers is not written.
"""
import random
import sys

from case_writer import Case, np, tf
import tensorflow as tensorflow_2

VALUE = np.array([1., 2., 3.], np.float32)


class Program:
    def __init__(self, seed):
        self.r = random.Random(seed)
        self.v2 = self.r.random() < 0.4
        self.resource = self.v2 or self.r.random() < 0.4
        (tf.enable_control_flow_v2 if self.v2 else tf.disable_control_flow_v2)()
        self.variables = [tf.Variable(VALUE * (k + 1), name=f"v{k}", use_resource=self.resource) for k in range(self.r.randint(1, 3))]
        self.p = tf.placeholder(tf.bool, [], name="p")
        self.n = tf.placeholder(tf.int32, [], name="n")
        self.x = tf.placeholder(tf.float32, [3], name="x")
        self.orders = self.r.random() < 0.8

    def value(self, env):
        return self.r.choice(env["values"])

    def computed(self, t):
        """Loops and conds hand on values, no memory: what is read of that and when is not always told here."""
        return tf.maximum(t, -1000.0)

    def after(self, env):
        """What the next node waits for."""
        waits = [env["last"]] if env["last"] is not None and (self.orders or self.r.random() < 0.5) else []
        if self.r.random() < 0.2:
            waits.append(self.value(env))
        return tf.control_dependencies(waits)

    def done(self, env, op):
        env["last"] = getattr(op, "op", op)

    def statement(self, env, depth):
        r, v = self.r, self.r.choice(self.variables)
        kind = r.choice(["read", "read", "alias", "compute", "compute", "write", "write", "write", "scatter", "cond", "loop", "call", "fill"])
        if kind == "read":
            with self.after(env):
                t = r.choice([lambda: v.value(), lambda: v.read_value(), lambda: tf.identity(v), lambda: v + 0.0])()
            env["values"].append(t)
            if self.orders or r.random() < 0.6:
                self.done(env, t)
        elif kind == "alias":
            t = self.value(env)
            with self.after(env):
                env["values"].append(r.choice([lambda: tf.identity(t), lambda: tf.reshape(tf.reshape(t, [3, 1]), [3]),
                                               lambda: tf.stop_gradient(t), lambda: tf.squeeze(tf.expand_dims(t, 0), 0)])())
        elif kind == "compute":
            a, b = self.value(env), self.value(env)
            with self.after(env):
                t = r.choice([lambda: a + b * 0.5, lambda: tf.tanh(a) - b, lambda: a * 0.25 + 1.0, lambda: tf.maximum(a, -b)])()
            env["values"].append(t)
            if self.orders or r.random() < 0.3:
                self.done(env, t)
        elif kind == "write":
            t = self.value(env)
            with self.after(env):
                w = r.choice([tf.assign, tf.assign_add, tf.assign_sub])(v, t * 0.5 + 0.25)
            if r.random() < 0.4:
                env["values"].append(tf.identity(w))
                w = env["values"][-1]
            self.done(env, w)
        elif kind == "scatter":
            with self.after(env):
                w = tf.scatter_add(v, [r.randint(0, 2)], [r.choice([1.0, -0.5])])
            self.done(env, w)
        elif kind == "fill":
            t = self.value(env)
            with self.after(env):
                env["values"].append(tf.fill(tf.raw_ops.Shape(input=t), r.choice([0.5, 2.0])))
        elif kind == "call" and self.resource:
            a = self.value(env)
            write = r.random() < 0.5

            def body(x):
                if write:
                    v.assign_add(x * 0.5)
                return r2.choice([lambda: x * 2.0, lambda: v.read_value() + x, lambda: x, lambda: tf.constant(VALUE)])()
            r2 = random.Random(r.random())
            with self.after(env):
                t = tensorflow_2.function(body, autograph=False)(a)
            env["values"].append(t)
            self.done(env, t)
        elif kind == "cond" and depth < 2:
            with self.after(env):
                pred = r.choice([lambda: self.p, lambda: tf.reduce_sum(self.value(env)) > 1.0, lambda: tf.constant(True)])()

                def side():
                    return self.block(env, depth, r.randint(0, 3), None)
                t = tf.cond(pred, side, side)
            env["values"].append(t)
            self.done(env, t)
        elif kind == "loop" and depth < 2:
            with self.after(env):
                trips = r.choice([lambda: self.n, lambda: tf.constant(2)])()

                def body(i, t):
                    with tf.control_dependencies([i, t]):
                        start = tf.no_op() if not self.v2 else None
                    inner = dict(env, values=env["values"] + [t])
                    return i + 1, self.block(inner, depth, r.randint(1, 3), start, tied=True)
                i, t = tf.while_loop(lambda i, t: i < trips, body, [tf.constant(0), self.computed(self.value(env))], parallel_iterations=1)
            env["values"].append(t)
            self.done(env, t)

    def block(self, env, depth, statements, start, tied=False):
        inner = {"values": list(env["values"]), "last": start}
        for _ in range(statements):
            self.statement(inner, depth + 1)
        with tf.control_dependencies([inner["last"]] if inner["last"] is not None else []):
            return self.computed(self.value(inner))

    def build(self):
        env = {"values": [self.x, tf.constant(VALUE * 0.5)], "last": None}
        for _ in range(self.r.randint(3, 9)):
            self.statement(env, 0)
        steps = []
        for _ in range(4):
            fetches = [t for t in env["values"][2:] if self.r.random() < 0.5]
            if not self.resource:
                fetches += [v for v in self.variables if self.r.random() < 0.5]
            targets = [env["last"]] if env["last"] is not None and self.r.random() < 0.6 else []
            feeds = {self.p: self.r.random() < 0.5, self.n: self.r.randint(0, 3), self.x: np.round(np.array([self.r.uniform(-2, 2) for _ in range(3)]), 2).astype(np.float32)}
            steps.append((fetches, feeds, targets))
            steps.append(([v.read_value() for v in self.variables], {}, []))
        return steps


def answers(seed):
    with tf.Graph().as_default():
        program = Program(seed)
        steps = program.build()
        init = tf.group(tf.global_variables_initializer(), name="init_all")
        kinds = set()
        for k in range(6):  # threads and rewriting change the order of what no edge orders
            case = Case(f"random{seed}")
            config = tf.ConfigProto(inter_op_parallelism_threads=k % 3)
            config.graph_options.rewrite_options.disable_meta_optimizer = k > 3
            with tf.Session(config=config) as session:
                case.ask(session, targets=[init])
                for fetches, feeds, targets in steps:
                    case.ask(session, fetches, feeds, targets)
            kinds.add(case.parts)
            if len(kinds) > 1:
                return None
        return case


def main():
    folder, first, number = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    kept = refused = 0
    for seed in range(first, first + number):
        try:
            case = answers(seed)
        except (TypeError, ValueError, AttributeError) as e:  # Python refuses to build it
            refused += 1
            if refused < 4:
                print(seed, type(e).__name__, str(e)[:200])
            continue
        if case:
            case.save(folder)
            kept += 1
    print(f"{kept} written, {refused} refused, {number - kept - refused} with more than one answer")


if __name__ == "__main__":
    main()
