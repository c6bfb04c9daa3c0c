#include "core/io/npy.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "core/base/error.h"
#include "core/base/file.h"

namespace graphrun {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";

// "f4", "i8", ...: numpy's code of a type; "" for one that it lacks.
std::string CodeOf(DType dtype) {
  std::string code;
  if (dtype == DType::kBFloat16 || DTypeSize(dtype) == 0) return code;
  ForPlain(dtype, [&](auto zero) {
    using T = decltype(zero);
    code = std::is_same_v<T, bool> ? "b"
           : IsFloating(dtype)     ? "f"
           : std::is_unsigned_v<T> ? "u"
                                   : "i";
    code += std::to_string(sizeof(T));
  });
  return code;
}

[[noreturn]] void ThrowBroken(const std::string& what) {
  throw Error(Code::kDataLoss, "no .npy file: " + what);
}

struct Header {
  std::string_view descr;
  bool fortran_order = false;
  Shape shape;
};

// Reads the dictionary: three keys in any order.
class HeaderParser {
 public:
  explicit HeaderParser(std::string_view text) : rest_(text) {}

  Header Parse() {
    Header h;
    bool descr = false, order = false, shape = false;
    Expect('{');
    while (!TryTake('}')) {
      const std::string_view key = String();
      Expect(':');
      if (key == "descr" && !descr) {
        descr = true;
        if (Peek() != '\'' && Peek() != '"') {
          throw Error(Code::kUnimplemented, ".npy files of records are not supported");
        }
        h.descr = String();
      } else if (key == "fortran_order" && !order) {
        order = true;
        h.fortran_order = Boolean();
      } else if (key == "shape" && !shape) {
        shape = true;
        h.shape = Tuple();
      } else {
        ThrowBroken("unexpected key '" + std::string(key) + "' in the header");
      }
      if (!TryTake(',') && Peek() != '}') ThrowBroken("a comma is missing in the header");
    }
    if (!descr || !order || !shape) ThrowBroken("the header lacks descr, fortran_order or shape");
    return h;
  }

 private:
  char Peek() {
    rest_.remove_prefix(std::min(rest_.size(), rest_.find_first_not_of(" \t\r\n")));
    return rest_.empty() ? '\0' : rest_.front();
  }
  bool TryTake(char c) {
    if (Peek() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void Expect(char c) {
    if (!TryTake(c)) ThrowBroken(std::string("'") + c + "' is missing in the header");
  }
  std::string_view String() {
    const char quote = Peek();
    if (quote != '\'' && quote != '"') ThrowBroken("a string is missing in the header");
    const size_t end = rest_.find(quote, 1);
    if (end == rest_.npos) ThrowBroken("a string does not end in the header");
    const std::string_view out = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    return out;
  }
  bool Boolean() {
    Peek();
    for (const bool value : {false, true}) {
      const std::string_view word = value ? "True" : "False";
      if (rest_.starts_with(word)) {
        rest_.remove_prefix(word.size());
        return value;
      }
    }
    ThrowBroken("True or False is missing in the header");
  }
  Shape Tuple() {
    Shape shape;
    Expect('(');
    while (!TryTake(')')) {
      Peek();
      int64_t dim = -1;
      const auto [end, ec] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), dim);
      if (ec != std::errc() || dim < 0)
        ThrowBroken("a dimension is missing or wrong in the header");
      rest_.remove_prefix(end - rest_.data());
      shape.Append(dim);
      if (!TryTake(',') && Peek() != ')') ThrowBroken("a comma is missing in the header");
    }
    return shape;
  }

  std::string_view rest_;
};

DType ParseDescr(std::string_view descr) {
  for (DType dtype : kPlainTypes) {
    if (descr.size() != 3 || descr.substr(1) != CodeOf(dtype)) continue;
    const bool little = descr[0] == '<' || descr[0] == '|' || descr[0] == '=';
    if (little || (descr[0] == '>' && DTypeSize(dtype) == 1)) return dtype;
  }
  throw Error(Code::kUnimplemented, "a .npy file of type '" + std::string(descr) +
                                        "' is not supported; save it as "
                                        "little endian f4, f8, i4, i8, u1 or b1");
}

}  // namespace

Tensor ParseNpy(std::string_view bytes) {
  if (!bytes.starts_with(kMagic) || bytes.size() < 10) ThrowBroken("it does not start as one");
  const int major = static_cast<uint8_t>(bytes[6]);
  if (major < 1 || major > 3) ThrowBroken("version " + std::to_string(major) + " is unknown");
  const size_t width = major == 1 ? 2 : 4;
  uint32_t length = 0;
  if (bytes.size() < 8 + width) ThrowBroken("the header is cut off");
  std::memcpy(&length, bytes.data() + 8, width);
  if (bytes.size() - 8 - width < length) ThrowBroken("the header is cut off");
  const Header header = HeaderParser(bytes.substr(8 + width, length)).Parse();
  const DType dtype = ParseDescr(header.descr);
  const std::string_view data = bytes.substr(8 + width + length);
  int64_t want = static_cast<int64_t>(DTypeSize(dtype));
  int64_t largest = 1;
  for (int64_t d : header.shape.dims()) {
    largest = std::max(largest, d);
    if (__builtin_mul_overflow(want, d, &want))
      ThrowBroken("shape " + header.shape.ToString() + " is too large");
  }
  if (static_cast<uint64_t>(want) != data.size()) {
    ThrowBroken("shape " + header.shape.ToString() + " of " + std::string(DTypeName(dtype)) +
                " takes " + std::to_string(want) + " bytes, and there are " +
                std::to_string(data.size()));
  }
  // One long dimension makes both orders the same.
  const int64_t elements = want / static_cast<int64_t>(DTypeSize(dtype));
  if (header.fortran_order && elements != largest && elements > 0) {
    throw Error(Code::kUnimplemented,
                "a .npy file in Fortran order is not supported; save numpy.ascontiguousarray(x)");
  }
  Tensor out(dtype, header.shape);
  if (dtype == DType::kBool) {
    std::transform(data.begin(), data.end(), out.data<bool>(), [](char c) { return c != 0; });
  } else if (!data.empty()) {
    std::memcpy(out.raw(), data.data(), data.size());
  }
  return out;
}

std::string FormatNpy(const Tensor& tensor) {
  const std::string code = CodeOf(tensor.dtype());
  if (code.empty()) {
    throw Error(Code::kUnimplemented,
                "a .npy file cannot hold " + std::string(DTypeName(tensor.dtype())));
  }
  std::string header = std::string("{'descr': '") + (DTypeSize(tensor.dtype()) == 1 ? '|' : '<') +
                       code + "', 'fortran_order': False, 'shape': (";
  for (int64_t d : tensor.shape().dims()) header += std::to_string(d) + ", ";
  if (tensor.shape().rank() > 1) header.resize(header.size() - 2);
  if (tensor.shape().rank() == 1) header.pop_back();  // (3,)
  header += "), }";
  constexpr size_t kPreamble = 10;
  header.append((64 - (kPreamble + header.size() + 1) % 64) % 64, ' ');
  header += '\n';
  std::string bytes(kMagic);
  bytes += {'\x01', '\x00', static_cast<char>(header.size() & 0xff),
            static_cast<char>(header.size() >> 8)};
  bytes += header;
  if (tensor.bytes() > 0) bytes.append(static_cast<const char*>(tensor.raw()), tensor.bytes());
  return bytes;
}

Tensor ReadNpy(const std::string& path) {
  const std::string bytes = ReadFile(path, int64_t{1} << 34);
  return WithContext([&] { return "while reading " + path; }, [&] { return ParseNpy(bytes); });
}

void WriteNpy(const std::string& path, const Tensor& tensor) { WriteFile(path, FormatNpy(tensor)); }

}  // namespace graphrun
