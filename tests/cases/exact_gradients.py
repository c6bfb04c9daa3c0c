"""Makes the golden cases of gradients that a file defines, or that do not exist, with real TensorFlow 2.15.

    python tests/cases/exact_gradients.py OUT_FOLDER

The gradients that are asked for are TensorFlow's; .tfgrad runs TensorFlow's own gradient graph.
"""
import os
import sys
import tempfile

from case_writer import Case, np, tf
import tensorflow
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow.python.eager import context
from tensorflow.python.framework import function

X = np.array([0.3, -1.7, 2.6], np.float32)
DY = np.array([0.5, -2.0, 3.0], np.float32)
PROGRAMS = {}


def program(build=None, x=X, dy=DY, **options):
    if build is None:
        return lambda b: program(b, x, dy, **options)
    PROGRAMS[build.__name__] = (build, x, dy, options)
    return build


def overridden(**ops):
    return tf.get_default_graph().gradient_override_map(ops)


# --- the gradient of another op

@program
def straight_through(x):
    with overridden(Sign="Identity"):
        return tf.sign(x) * 2.0 + x


@program
def straight_through_rounding(x):
    with overridden(Round="Identity", Floor="Identity"):
        return tf.round(x) * x + tf.floor(x * 3.0)


@program
def rectified_backwards(x):
    with overridden(Identity="Relu"):
        return tf.identity(x - 0.5) * x


@program
def stopped_by_name(x):
    with overridden(Identity="StopGradient", Tanh="Shape"):
        return tf.identity(x) * x + tf.tanh(x)


@program
def straight_through_in_loop(x):
    def body(i, h):
        with overridden(Round="Identity"):
            return i + 1, tf.round(h * 1.5) * x
    return tf.while_loop(lambda i, h: i < 3, body, [0, x])[1]


@program
def straight_through_in_cond(x):
    def branch():
        with overridden(Round="Identity"):
            return tf.round(x * 1.5) * x
    return tf.cond(tf.reduce_sum(x) > 0, branch, lambda: x)


@program
def straight_through_in_cond_in_loop(x):
    def body(i, h):
        def branch():
            with overridden(Sign="Identity"):
                return tf.sign(h) * x
        return i + 1, tf.cond(i < 2, branch, lambda: h * x)
    return tf.while_loop(lambda i, h: i < 4, body, [0, x])[1]


@program
def straight_through_in_function(x):
    @tf.function
    def f(x):
        with overridden(Round="Identity"):
            return tf.round(x * 1.5) * x
    return f(x) * 2.0


@program(dy=np.array([[1.0, 2.0], [0.5, -3.0]], np.float32), x=np.array([[1.0, -2.0], [0.25, 3.0]], np.float32))
def product_for_another_product(x):
    """With attributes, which are the node's."""
    with overridden(BatchMatMulV2="BatchMatMul"):
        return tf.raw_ops.BatchMatMulV2(x=x, y=x * 0.5, adj_x=False, adj_y=True)


# --- functions of the file

def with_gradient():
    @function.Defun(tf.float32, tf.float32, func_name="TenfoldGradient")
    def gradient(x, dy):
        return dy * 10.0 * x

    @function.Defun(tf.float32, func_name="Square10", grad_func=gradient)
    def square(x):
        return x * x

    def call(x):
        y = square(x)
        y.set_shape(x.shape)
        return y
    return call


@program(tfgrad=True)
def function_with_gradient(x):
    return with_gradient()(x) * 2.0


@program(tfgrad=True)
def function_with_gradient_in_loop(x):
    f = with_gradient()
    return tf.while_loop(lambda i, h: i < 3, lambda i, h: (i + 1, f(h) * 0.1 + x), [0, x])[1]


@program(tfgrad=True)
def function_with_gradient_in_cond(x):
    f = with_gradient()
    return tf.cond(tf.reduce_sum(x) > 0, lambda: f(x * 2.0), lambda: x)


@program(tfgrad=True)
def function_with_gradient_in_function(x):
    f = with_gradient()

    @function.Defun(tf.float32, func_name="Outer")
    def outer(x):
        return f(x) * 3.0 + x
    return outer(x) * 2.0


@program(tfgrad=True)
def function_without_gradient(x):
    @function.Defun(tf.float32, tf.float32, func_name="Plain")
    def f(x, y):
        return tf.tanh(x) * y, y
    a, b = f(x, x * 0.5)
    a.set_shape(x.shape)
    b.set_shape(x.shape)
    return a * 2.0 + b


@program(tfgrad=True)
def function_whose_gradient_is_symbolic(x):
    """TensorFlow's symbolic gradient does not look at what nodes of a function say."""
    @function.Defun(tf.float32, func_name="Signed")
    def f(x):
        with overridden(Sign="Identity"):
            return tf.sign(x) * x
    return f(x) * 2.0


# --- nodes that no gradient flows through

@program
def constant_by_declaration(x):
    shuffled = tf.random_shuffle(tf.concat([x, x], 0) * 0.0)[:3]
    return x * x + tf.one_hot([2, 0, 1], 3, on_value=x[0], off_value=x[1])[0] + tf.linspace(x[0], x[2], 3) + shuffled


@program
def constant_by_declaration_in_loop(x):
    def body(i, h):
        return i + 1, h * x + tf.linspace(h[0], x[2], 3)
    return tf.while_loop(lambda i, h: i < 3, body, [0, x])[1]


@program(runs=False)
def absent_and_constant(x):
    """HSVToRGB is not differentiable and is not here; the gradient does not need its value."""
    return x * 3.0 + tf.image.hsv_to_rgb(tf.reshape(x, [1, 1, 3]))[0, 0]


@program(runs=False)
def absent_behind_integers(x):
    return x * 3.0 + tf.cast(tf.raw_ops.PopulationCount(x=tf.cast(x * 100.0, tf.int32)), tf.float32)


@program(x=np.arange(2 * 4 * 6 * 3, dtype=np.float32).reshape(2, 4, 6, 3) / 50 - 1,
         dy=np.sin(np.arange(2 * 2 * 3 * 12, dtype=np.float32)).reshape(2, 2, 3, 12))
def space_to_depth(x):
    return tf.space_to_depth(x * x, 2)


@program(x=np.arange(2 * 4 * 3 * 18, dtype=np.float32).reshape(2, 4, 3, 18) / 90 - 1,
         dy=np.sin(np.arange(2 * 12 * 9 * 2, dtype=np.float32)).reshape(2, 12, 9, 2))
def depth_to_space(x):
    return tf.depth_to_space(x * x, 3)


def write(folder, name, build, x, dy, version, tfgrad=False, runs=True):
    (tf.enable_control_flow_v2 if version == 2 else tf.disable_control_flow_v2)()
    with tf.Graph().as_default() as graph:
        tf.set_random_seed(3)
        px = tf.placeholder(tf.float32, x.shape, "x")
        y = tf.identity(build(px), "y")
        case = Case(f"{name}.v{version}")
        pdy = tf.placeholder(tf.float32, dy.shape, "dy")
        dx = tf.identity(tf.gradients(y, px, pdy)[0], "dx")
        if tfgrad:
            own = Case(f"{name}.v{version}.tfgrad")
        with tf.Session() as session:
            value, wanted = session.run([y, dx], {px: x, pdy: dy})
            if runs:
                case.run([("x:0", x)], [("y:0", value)])
            case.gradient(["y:0"], [dy], ["x:0"], [("x:0", x)], [wanted])
            case.save(folder)
            if tfgrad:
                own.ask(session, [dx], {px: x, pdy: dy})
                own.save(folder)


def write_saved_model(folder, name="registered_gradients"):
    """A SavedModel keeps the functions of tf.custom_gradient, and says what they capture."""
    @tf.custom_gradient
    def reversed_gradient(x):
        return tf.identity(x), lambda dy: -dy

    @tf.custom_gradient
    def log1pexp(x):
        e = tf.exp(x)
        return tf.log(1 + e), lambda dy: dy * (1 - 1 / (1 + e)) * 10.0  # not the true one

    @tf.custom_gradient
    def product(x, i, y):
        return (x * y, y), lambda dz, dy: (dz * 3.0, None, dy * 5.0 + dz)

    with context.eager_mode(), tempfile.TemporaryDirectory() as model:
        module = tf.Module()
        module.f = tf.function(
            lambda x: {"y": reversed_gradient(x) * 2.0 + log1pexp(x) + sum(product(x, tf.constant([1, 2]), x * x))},
            input_signature=[tf.TensorSpec(X.shape, tf.float32, "x")])
        tensorflow.saved_model.save(module, model, signatures=module.f)
        with tensorflow.GradientTape() as tape:
            x = tf.constant(X)
            tape.watch(x)
            y = module.f(x)["y"]
        wanted = tape.gradient(y, x, tf.constant(DY))
        saved = saved_model_pb2.SavedModel()
        with open(os.path.join(model, "saved_model.pb"), "rb") as f:
            saved.ParseFromString(f.read())
        meta = saved.meta_graphs[0]
        signature = meta.signature_def["serving_default"]
        x_name, y_name = signature.inputs["x"].name, signature.outputs["y"].name
        case = Case(name, meta)
        case.run([(x_name, X)], [(y_name, y.numpy())])
        case.gradient([y_name], [DY], [x_name], [(x_name, X)], [wanted.numpy()])
        case.save(folder)


def main():
    os.makedirs(sys.argv[1], exist_ok=True)
    for name, (build, x, dy, options) in PROGRAMS.items():
        for version in (1, 2):
            write(sys.argv[1], name, build, x, dy, version, **options)
    write_saved_model(sys.argv[1])


if __name__ == "__main__":
    main()
