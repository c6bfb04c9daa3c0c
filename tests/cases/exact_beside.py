"""Makes the cases of files with a part that cannot run beside one that can: only runs that need the former fail.

    python tests/cases/exact_beside.py tests/cases/exact
"""
import sys

from case_writer import Case, np, tf

INVALID, UNIMPLEMENTED = "INVALID_ARGUMENT", "UNIMPLEMENTED"


def train_beside(name, version, build):
    """A float variable is trained beside what `build` makes, which TensorFlow can run and graphrun may lack."""
    (tf.enable_control_flow_v2 if version == 2 else tf.disable_control_flow_v2)()
    with tf.Graph().as_default(), tf.variable_scope("", use_resource=version == 2):
        w = tf.get_variable("w", initializer=[2.0, 3.0, 5.0])
        train = tf.train.MomentumOptimizer(0.25, 0.5).minimize(tf.reduce_sum(w * w))
        init = tf.global_variables_initializer()
        build()
        loss = tf.reduce_sum(w * w, name="loss")
        with tf.Session() as s:
            case = Case(f"{name}.v{version}")
            case.ask(s, targets=[init])
            for _ in range(3):
                case.ask(s, targets=[train])
                case.ask(s, [loss])
        case.save(sys.argv[1])


def writes_of_other_types():
    for dtype in (tf.half, tf.bfloat16, tf.complex64, tf.int16, tf.uint8, tf.uint16, tf.int8):
        v = tf.get_variable(f"v_{dtype.name}", shape=[2, 3], dtype=dtype, initializer=tf.zeros_initializer())
        one = tf.cast(tf.ones([2, 3]), dtype)
        v.assign_add(one), v.assign_sub(one), v.assign(one)
        if dtype != tf.uint16:
            tf.scatter_add(v, [1], one[:1]), tf.scatter_update(v, [0], one[:1])
        if dtype in (tf.half, tf.bfloat16, tf.complex64):
            for optimizer in (tf.train.GradientDescentOptimizer(0.5), tf.train.MomentumOptimizer(0.5, 0.5)):
                optimizer.apply_gradients([(one, v)], name=f"{optimizer.get_name()}_{dtype.name}")


def fails_when_run():
    """Nodes that TensorFlow builds and refuses when they run, each beside all others."""
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [2, 3])
        raw = tf.raw_ops
        outs = {
            "axis of Cumsum": lambda: tf.cumsum(x, axis=5),
            "axis of ReverseV2": lambda: raw.ReverseV2(tensor=x, axis=tf.cast(x[0, :1] * 0.0 + 7.0, tf.int32)),
            "boundaries": lambda: raw.Bucketize(input=x, boundaries=[3.0, 1.0, 2.0]),
            "perm": lambda: tf.transpose(x, [0, 0]),
            "size of a list": lambda: raw.TensorListLength(input_handle=raw.TensorListReserve(
                element_shape=[3], num_elements=[2, 4], element_dtype=tf.float32)),
            "negative size": lambda: raw.TensorListLength(input_handle=raw.TensorListReserve(
                element_shape=[3], num_elements=-2, element_dtype=tf.float32)),
            "element shape": lambda: raw.TensorListStack(input_handle=raw.TensorListReserve(
                element_shape=[-3], num_elements=2, element_dtype=tf.float32), element_shape=-1, element_dtype=tf.float32),
            "axis of ArgMax": lambda: tf.argmax(x, 4),
            "indices": lambda: tf.gather(x, [5]),
            "segment ids": lambda: tf.math.segment_sum(x, [1, 0]),
            "depth": lambda: tf.one_hot([1, 2], -3),
        }
        kept = []
        for name, build in outs.items():
            try:
                kept.append(build())
            except (ValueError, tf.errors.InvalidArgumentError) as e:
                print("TensorFlow does not build", name, "-", str(e)[:80])
        y = tf.square(x, name="y")
        case = Case("nodes_that_fail_beside")
        with tf.Session() as s:
            for out in [y] + kept + [y]:
                case.ask(s, [out], {x: np.arange(6.0).reshape(2, 3)})
        case.save(sys.argv[1])


def node(graph, name):
    return next(n for n in graph.node if n.name == name)


BROKEN = {}


def broken(code, fetch="z:0"):
    """Registers a change of a graph after which it is no graph of TensorFlow any more."""
    def register(change):
        BROKEN[change.__name__] = (change, code, fetch)
        return change
    return register


@broken(INVALID)
def missing_attribute(g):
    del node(g, "z").attr["T"]
    node(g, "z").attr["strange"].i = 3


@broken(INVALID)
def attribute_of_another_kind(g):
    node(g, "z").attr["T"].s = b"float"


@broken(INVALID)
def too_few_inputs(g):
    del node(g, "z").input[:]


@broken(INVALID)
def other_type(g):
    node(g, "z").attr["T"].type = tf.float64.as_datatype_enum


@broken(UNIMPLEMENTED)
def type_that_does_not_exist(g):
    node(g, "z").attr["T"].type = 77


@broken(INVALID)
def output_that_does_not_exist(g):
    node(g, "z").input[0] = "x:4"


@broken(INVALID)
def shapes_that_do_not_fit(g):
    node(g, "z").op = "MatMul"
    node(g, "z").input.append("x")


@broken(INVALID, fetch="short:0")
def constant_that_is_too_short(g):
    value = g.node.add(name="short", op="Const").attr
    value["dtype"].type = 1
    value["value"].tensor.CopyFrom(tf.make_tensor_proto([1.0, 2.0, 3.0]))
    value["value"].tensor.tensor_content = b"abcde"


@broken(INVALID, fetch="loop/Exit_1:0")
def loop_without_condition(g):
    node(g, "loop/LoopCond").op = "Identity"
    node(g, "loop/LoopCond").attr["T"].type = tf.bool.as_datatype_enum


@broken(INVALID, fetch="loop/Exit_1:0")
def loop_with_two_conditions(g):
    g.node.add(name="loop/other", op="LoopCond", input=["loop/Less"])


@broken(INVALID, fetch="loop/Exit_1:0")
def merge_with_one_input(g):
    del node(g, "loop/Merge_1").input[1]


@broken(INVALID, fetch="loop/Exit_1:0")
def enter_without_frame(g):
    del node(g, "loop/Enter_1").attr["frame_name"]


@broken(INVALID, fetch="array/TensorArrayReadV3:0")
def array_without_type(g):
    del node(g, "array").attr["dtype"]


@broken(INVALID, fetch="array/TensorArrayReadV3:0")
def array_write_without_value(g):
    del node(g, "array/TensorArrayWrite/TensorArrayWriteV3").input[2:]


@broken(INVALID, fetch="bad_call:0")
def call_of_a_missing_function(g):
    call = g.node.add(name="bad_call", op="PartitionedCall", input=["x"]).attr
    call["f"].func.name = "nowhere"
    call["Tin"].list.type.append(1)
    call["Tout"].list.type.append(1)


@broken(UNIMPLEMENTED, fetch="bad_call:0")
def function_that_calls_itself(g):
    f = g.library.function.add()
    f.signature.name = "forever"
    f.signature.input_arg.add(name="a", type=1)
    f.signature.output_arg.add(name="b", type=1)
    f.ret["b"] = "again:output:0"
    for name, nodes, source in (("again", f.node_def, "a"), ("bad_call", g.node, "x")):
        call = nodes.add(name=name, op="PartitionedCall", input=[source]).attr
        call["f"].func.name = "forever"
        call["Tin"].list.type.append(1)
        call["Tout"].list.type.append(1)


def change(name, change, code, fetch):
    tf.disable_control_flow_v2()
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [2, 3], "x")
        y = tf.square(x, name="y")
        tf.negative(x, name="z")
        tf.while_loop(lambda i, v: i < 3, lambda i, v: (i + 1, v * 2.0), [0, x], name="loop")
        a = tf.TensorArray(tf.float32, 2, name="array")
        with tf.name_scope("array/"):
            a.write(0, x).read(0)
        value = np.arange(6.0, dtype=np.float32).reshape(2, 3)
        meta = tf.train.export_meta_graph(clear_extraneous_savers=True)
        change(meta.graph_def)
        case = Case("beside_" + name, meta)
        with tf.Session() as s:
            case.run([(x.name, value)], [(y.name, s.run(y, {x: value}))])
        case.run([(x.name, value)], [(fetch, value)], error=code)
        case.save(sys.argv[1])


def main():
    for version in (1, 2):
        train_beside("writes_of_other_types_beside", version, writes_of_other_types)
    fails_when_run()
    for name, (fn, code, fetch) in BROKEN.items():
        change(name, fn, code, fetch)


if __name__ == "__main__":
    main()
