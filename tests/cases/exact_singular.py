"""Makes the cases of gradients at singular points: where a function is infinite, steep or NaN, and above all where the
loss does not depend on an element, so that its gradient dy is 0. Each is TensorFlow's own gradient, asked of the graph
that tf.gradients built and of our reverse mode.

    python tests/cases/exact_singular.py tests/cases/exact
"""
import sys

from case_writer import Case, np, tf

raw = tf.raw_ops
POINTS = [0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 6.0, np.inf, -np.inf, np.nan, 3e38, 1e-30]
UNARY = """Abs Neg Square Reciprocal Inv Sqrt Rsqrt Exp Expm1 Log Log1p Sin Cos Tan Asin Acos Atan Sinh Cosh Tanh Asinh
 Acosh Atanh Sigmoid Erf Erfc Lgamma Digamma Sign""".split()
ACTIVATIONS = "Relu Relu6 Elu Selu Softplus Softsign LeakyRelu".split()
BINARY = """Add AddV2 Sub Mul Div RealDiv DivNoNan MulNoNan Maximum Minimum SquaredDifference FloorMod Xdivy Xlogy Xlog1py
 Pow""".split()
OF_RESULT = "TanhGrad SigmoidGrad SqrtGrad RsqrtGrad ReciprocalGrad InvGrad".split()  # (y, dy)
OF_OPERAND = "ReluGrad Relu6Grad LeakyReluGrad SoftplusGrad".split()  # (gradients, features)
OF_OUTPUT = "EluGrad SeluGrad".split()  # (gradients, outputs)


class Maker:
    """Collects questions to one graph, which holds tf.gradients' nodes of all of them."""

    def __init__(self, name):
        tf.reset_default_graph()
        self.name, self.questions = name, []

    def add(self, y, dys, xs, feeds):
        dy = tf.placeholder(y.dtype, y.shape)
        grads = tf.gradients([y], xs, [dy])
        for value in dys:
            self.questions.append((y, dy, np.broadcast_to(np.asarray(value, y.dtype.as_numpy_dtype), y.shape), xs, grads, feeds))

    def save(self, folder):
        case = Case(self.name)
        with tf.Session() as session:
            for y, dy, value, xs, grads, feeds in self.questions:
                wanted = case.ask(session, grads, {**feeds, dy: value})
                fed = [(k.name, np.asarray(v, k.dtype.as_numpy_dtype)) for k, v in feeds.items()]
                case.gradient([y.name], [value], [x.name for x in xs], fed, wanted)
        case.save(folder)


def unary(dtype):
    make = Maker("singular_unary." + dtype.name)
    points = np.array(POINTS if dtype == tf.float32 else POINTS[:-2] + [1e308, 1e-200], dtype.as_numpy_dtype)
    x = tf.placeholder(dtype, points.shape)
    for name in UNARY:
        make.add(getattr(raw, name)(x=x), [0.0, 2.5], [x], {x: points})
    for name in ACTIVATIONS:
        make.add(getattr(raw, name)(features=x), [0.0, 2.5, np.inf], [x], {x: points})
    make.add(raw.ClipByValue(t=x, clip_value_min=tf.constant(-1, dtype), clip_value_max=tf.constant(0.5, dtype)),
             [0.0, np.nan], [x], {x: points})
    return make


def pairs(dtype):
    # 64 pairs: TensorFlow computes the tail of a vector by another formula, which overflows elsewhere.
    few = np.array([0.0, 1.0, -1.0, -2.5, np.inf, -np.inf, np.nan, 3e38 if dtype == tf.float32 else 1e308],
                   dtype.as_numpy_dtype)
    return [m.ravel() for m in np.meshgrid(few, few)]


def binary(dtype):
    make = Maker("singular_binary." + dtype.name)
    a, b = pairs(dtype)
    x, y = (tf.placeholder(dtype, a.shape) for _ in range(2))
    for name in BINARY:
        make.add(getattr(raw, name)(x=x, y=y), [0.0] if name != "Pow" else [0.0, 2.5], [x, y], {x: a, y: b})
    c = tf.placeholder(tf.bool, a.shape)
    chosen = np.arange(a.size) % 3 == 0
    make.add(raw.Select(condition=c, x=x, y=y), [0.0, np.nan], [x, y], {x: a, y: b, c: chosen})
    make.add(raw.SelectV2(condition=c, t=x, e=y), [0.0, np.nan], [x, y], {x: a, y: b, c: chosen})
    return make


def of_gradients(dtype):
    """The gradient ops themselves, and their gradients."""
    make = Maker("singular_gradient_ops." + dtype.name)
    a, b = pairs(dtype)
    x, y = (tf.placeholder(dtype, a.shape) for _ in range(2))
    feeds = {x: a, y: b}
    for name in OF_RESULT:
        make.add(getattr(raw, name)(y=x, dy=y), [0.0, 2.5], [x, y], feeds)
    for name in OF_OPERAND:
        make.add(getattr(raw, name)(gradients=y, features=x), [0.0, 2.5], [x, y], feeds)
    for name in OF_OUTPUT:
        make.add(getattr(raw, name)(gradients=y, outputs=x), [0.0, 2.5], [x, y], feeds)
    return make


ROWS = np.array([[0, 0, 0, 0, 0], [0, 2, -1, 3, 0.5], [2, 2, 2, 2, 2], [1, np.inf, 2, 3, 4], [-np.inf, 1, 2, 3, 4],
                 [np.nan, 1, 2, 3, 4], [3e38, 3e38, 1, 0, -3e38]])


def reductions(dtype):
    make = Maker("singular_reductions." + dtype.name)
    x = tf.placeholder(dtype, ROWS.shape)
    masked = np.array([0, 0, 0, 0, 0, 0, 0])
    for name in "Sum Mean Prod Max Min EuclideanNorm".split():
        make.add(getattr(raw, name)(input=x, axis=[1]), [masked, masked + 1], [x], {x: ROWS})
    for y in (tf.norm(x, axis=1), tf.math.reduce_std(x, axis=1), tf.reduce_logsumexp(x, axis=1)):
        make.add(y, [masked], [x], {x: ROWS})
    make.add(tf.nn.l2_normalize(x, axis=1), [0.0, 1.0], [x], {x: ROWS})
    make.add(raw.L2Loss(t=x), [0.0], [x], {x: ROWS})
    for name in ("Cumsum", "Cumprod"):
        for exclusive, reverse in ((False, False), (True, False), (False, True)):
            make.add(getattr(raw, name)(x=x, axis=1, exclusive=exclusive, reverse=reverse), [0.0, 1.0], [x], {x: ROWS})
    ids = tf.constant([0, 0, 2, 2, 2, 3, 3])
    for name in "SegmentSum SegmentMean SegmentMax SegmentMin SegmentProd".split():
        y = getattr(raw, name)(data=x, segment_ids=ids)
        y.set_shape([4, 5])
        make.add(y, [0.0, 1.0], [x], {x: ROWS})
    for name in "UnsortedSegmentSum UnsortedSegmentMax UnsortedSegmentMin UnsortedSegmentProd".split():
        make.add(getattr(raw, name)(data=x, segment_ids=[0, -1, 2, 2, 0, 3, 3], num_segments=4), [0.0, 1.0], [x], {x: ROWS})
    return make


def losses(dtype):
    make = Maker("singular_losses." + dtype.name)
    x, labels = (tf.placeholder(dtype, ROWS.shape) for _ in range(2))
    hot = np.eye(7, 5)
    for name in ("Softmax", "LogSoftmax"):
        make.add(getattr(raw, name)(logits=x), [0.0, 1.0], [x], {x: ROWS})
    mask = np.array([1, 0, 1, 0, 0, 0, 0])
    loss, back = raw.SoftmaxCrossEntropyWithLogits(features=x, labels=labels)
    make.add(loss, [0.0, mask], [x, labels], {x: ROWS, labels: hot})
    make.add(back, [0.0], [x], {x: ROWS, labels: hot})
    loss, back = raw.SparseSoftmaxCrossEntropyWithLogits(features=x, labels=np.arange(7) % 5)
    make.add(loss, [0.0, mask], [x], {x: ROWS})
    make.add(tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=x), [0.0, 1.0], [x], {x: ROWS, labels: hot})
    return make


if __name__ == "__main__":
    for part in (unary, binary, of_gradients, reductions, losses):
        part(tf.float32).save(sys.argv[1])
    for part in (of_gradients, losses):
        part(tf.float64).save(sys.argv[1])
