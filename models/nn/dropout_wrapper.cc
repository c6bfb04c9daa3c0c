// DropoutWrapper, apart from the other cells because its seeds follow TensorFlow's, which come from
// MD5.
#include <bit>
#include <cmath>
#include <cstring>

#include "models/nn/layers.h"
#include "models/nn/rnn_cells.h"

namespace graphrun::nn {
namespace {

// The first word of the MD5 digest (RFC 1321) of up to 55 bytes, read as its hexadecimal print
// begins.
uint32_t Md5FirstWord(const std::string& text) {
  Check(text.size() <= 55, "Md5FirstWord: one block");
  unsigned char block[64] = {};
  std::memcpy(block, text.data(), text.size());
  block[text.size()] = 0x80;
  const uint64_t bits = text.size() * 8;
  for (int i = 0; i < 8; ++i) block[56 + i] = static_cast<unsigned char>(bits >> (8 * i));
  uint32_t words[16];
  for (int i = 0; i < 16; ++i) {
    words[i] = static_cast<uint32_t>(block[4 * i]) | static_cast<uint32_t>(block[4 * i + 1]) << 8 |
               static_cast<uint32_t>(block[4 * i + 2]) << 16 |
               static_cast<uint32_t>(block[4 * i + 3]) << 24;
  }
  constexpr uint32_t kStart = 0x67452301;
  constexpr int kShifts[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
  uint32_t a = kStart, b = 0xefcdab89, c = 0x98badcfe, d = 0x10325476;
  for (int i = 0; i < 64; ++i) {
    uint32_t f = 0;
    int g = 0;
    switch (i / 16) {
      case 0:
        f = (b & c) | (~b & d);
        g = i;
        break;
      case 1:
        f = (d & b) | (~d & c);
        g = (5 * i + 1) % 16;
        break;
      case 2:
        f = b ^ c ^ d;
        g = (3 * i + 5) % 16;
        break;
      default:
        f = c ^ (b | ~d);
        g = 7 * i % 16;
        break;
    }
    const auto sine =
        static_cast<uint32_t>(std::floor(std::fabs(std::sin(i + 1.0)) * 4294967296.0));
    const uint32_t turned = std::rotl(a + f + sine + words[g], kShifts[i / 16][i % 4]);
    a = d;
    d = c;
    c = b;
    b += turned;
  }
  a += kStart;
  return (a & 0xff) << 24 | (a & 0xff00) << 8 | (a >> 8 & 0xff00) | a >> 24;
}

std::optional<int64_t> SeedOf(const std::optional<int64_t>& seed, const char* place, size_t index) {
  if (!seed) return {};
  const std::string salted = std::to_string(*seed) + place + "_" + std::to_string(index);
  return Md5FirstWord(salted) & 0x7fffffff;
}

}  // namespace

DropoutWrapper::DropoutWrapper(CellPtr cell, Options options)
    : RNNCell("DropoutWrapper", Opens::kNothing), cell_(std::move(cell)), options_(options) {
  for (double p : {options_.input_keep_prob, options_.output_keep_prob, options_.state_keep_prob}) {
    if (!(p > 0 && p <= 1)) {
      ThrowInvalid("DropoutWrapper: a probability to keep must be in (0, 1], not " +
                   std::to_string(p));
    }
  }
}

State DropoutWrapper::ZeroState(const Scope& scope, const Dim& batch, DType dtype) const {
  return cell_->ZeroState(scope.NameScope("DropoutWrapperZeroState"), batch, dtype);
}

CellResult DropoutWrapper::Call(const Scope& s, Expr inputs, const State& state) {
  const auto drop = [&](Expr x, double keep, const char* place, size_t index) {
    return keep < 1 ? Dropout(s, x, 1 - keep, SeedOf(options_.seed, place, index)) : x;
  };
  CellResult result = (*cell_)(s, drop(inputs, options_.input_keep_prob, "input", 0), state);
  for (size_t i = 0; i < result.state.size(); ++i) {
    if (cell_->IsMemory(static_cast<int>(i))) continue;
    result.state[i] = drop(result.state[i], options_.state_keep_prob, "state", i);
  }
  result.output = drop(result.output, options_.output_keep_prob, "output", 0);
  return result;
}

}  // namespace graphrun::nn
