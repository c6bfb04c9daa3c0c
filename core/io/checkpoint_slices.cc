#include "core/io/checkpoint_slices.h"

#include <algorithm>

namespace graphrun {
namespace {

// How many bytes, then as few big-endian bytes as hold the number.
void AppendNatural(uint64_t value, std::string* key) {
  std::string bytes;
  for (; value > 0; value >>= 8) bytes += static_cast<char>(value & 0xff);
  bytes += static_cast<char>(bytes.size());
  key->append(bytes.rbegin(), bytes.rend());
}

// The two bytes 00 01 end it, so that a zero byte within becomes 00 ff, and ff becomes ff 00.
void AppendText(std::string_view text, std::string* key) {
  for (const char c : text) {
    *key += c;
    if (c == '\0') *key += '\xff';
    if (c == '\xff') *key += '\0';
  }
  key->append("\0\1", 2);
}

// n bytes of two's complement, big endian, whose n highest bits are flipped; n is as small as
// leaves the sign bit after those n bits.
void AppendInteger(int64_t value, std::string* key) {
  const auto magnitude = static_cast<uint64_t>(value < 0 ? ~value : value);
  int n = 1;
  while (n < 10 && 7 * n - 1 < 64 && magnitude >> (7 * n - 1) != 0) ++n;
  std::string bytes(n, value < 0 ? '\xff' : '\0');
  for (int i = 0; i < std::min(n, 8); ++i) {
    bytes[n - 1 - i] = static_cast<char>(static_cast<uint64_t>(value) >> (8 * i) & 0xff);
  }
  for (int bit = 0; bit < n; ++bit) {
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (0x80 >> bit % 8));
  }
  *key += bytes;
}

}  // namespace

std::string SliceKey(std::string_view name, std::span<const Extent> extents) {
  std::string key;
  AppendNatural(0, &key);
  AppendText(name, &key);
  AppendNatural(extents.size(), &key);
  for (const Extent& e : extents) {
    AppendInteger(e.start, &key);
    AppendInteger(e.length, &key);
  }
  return key;
}

}  // namespace graphrun
