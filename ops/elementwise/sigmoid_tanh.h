// Sigmoid and Tanh of float32 in vectors, within 3 units of the last place.
#ifndef GRAPHRUN_OPS_ELEMENTWISE_SIGMOID_TANH_H_
#define GRAPHRUN_OPS_ELEMENTWISE_SIGMOID_TANH_H_

#include <Eigen/Core>

namespace graphrun::ops {
namespace sigmoid_tanh {

// Of packets of any instruction set.
template <typename P>
P Splat(float v) {
  return Eigen::internal::pset1<P>(v);
}

// x = n·log 2 + r with a whole n and |r| <= log 2 / 2.
template <typename P>
struct Reduced {
  P r;
  P scale;  // 2^n
};
// REQUIRES: -127 < n <= 128; 2^128 is infinite.
template <typename P>
Reduced<P> Reduce(const P& x) {
  using namespace Eigen::internal;  // NOLINT: packet functions
  // Added to a number of this size, the sum has its nearest integer in its last bits.
  constexpr float kRound = 0x1.8p23f;
  const P shifted = pmadd(x, Splat<P>(1.442695041f), Splat<P>(kRound));
  const P n = psub(shifted, Splat<P>(kRound));
  P r = pmadd(n, Splat<P>(-0.693359375f), x);  // the upper digits of log 2: the product is exact
  r = pmadd(n, Splat<P>(2.12194440e-4f), r);
  using Ints = typename unpacket_traits<P>::integer_packet;
  const Ints bits = plogical_shift_left<23>(preinterpret<Ints>(shifted));
  return {r, preinterpret<P>(padd(bits, pset1<Ints>(0x3f800000)))};
}
// (e^r - 1 - r) / r²
template <typename P>
P Tail(const P& r) {
  using namespace Eigen::internal;  // NOLINT: packet functions
  P p = pmadd(Splat<P>(1.9875691e-4f), r, Splat<P>(1.3981999e-3f));
  p = pmadd(p, r, Splat<P>(8.3334519e-3f));
  p = pmadd(p, r, Splat<P>(4.1665796e-2f));
  p = pmadd(p, r, Splat<P>(1.6666665e-1f));
  return pmadd(p, r, Splat<P>(0.5f));
}

// 1 / (1 + e^-x)
struct Sigmoid {
  template <typename P>
  P operator()(const P& x) const {
    using namespace Eigen::internal;  // NOLINT: packet functions
    const P one = Splat<P>(1);
    // NaN stays. From -88.4 on the power is infinite, and the result 0.
    const P bounded = pmax(pmin(pnegate(x), Splat<P>(88.7f)), Splat<P>(-87.0f));
    const Reduced<P> e = Reduce(bounded);
    const P power = pmadd(Tail(e.r), pmul(e.r, e.r), padd(e.r, one));
    return pdiv(one, pmadd(power, e.scale, one));
  }
};

// (e^2x - 1) / (e^2x + 1) of |x|, which loses nothing where x is small, with the sign of x.
struct Tanh {
  template <typename P>
  P operator()(const P& x) const {
    using namespace Eigen::internal;  // NOLINT: packet functions
    const P size = pmin(pabs(x), Splat<P>(9.1f));
    const Reduced<P> e = Reduce(padd(size, size));
    const P below = pmadd(Tail(e.r), pmul(e.r, e.r), e.r);  // e^r - 1
    const P less = pmadd(below, e.scale, psub(e.scale, Splat<P>(1)));
    const P y = pdiv(less, padd(less, Splat<P>(2)));
    return por(y, pand(x, Splat<P>(-0.0f)));
  }
};

}  // namespace sigmoid_tanh

// fn of an array of float32, packet by packet.
template <typename X, typename Fn>
auto ByPackets(const X& x, Fn fn) {
  using Traits = Eigen::internal::packet_traits<float>;
  constexpr int kRows = X::RowsAtCompileTime, kSize = Traits::size;
  static_assert(kRows % kSize == 0);
  Eigen::Array<float, kRows, 1> out;
  for (int i = 0; i < kRows; i += kSize) {
    const auto in = Eigen::internal::ploadu<Traits::type>(x.data() + i);
    Eigen::internal::pstoreu(out.data() + i, fn(in));
  }
  return out;
}

}  // namespace graphrun::ops

#endif  // GRAPHRUN_OPS_ELEMENTWISE_SIGMOID_TANH_H_
