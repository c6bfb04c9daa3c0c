#include "core/io/crc32c.h"

#include <bit>
#include <boost/crc.hpp>

namespace graphrun {
namespace {

using Castagnoli = boost::crc_optimal<32, 0x1edc6f41, 0xffffffff, 0xffffffff, true, true>;

}  // namespace

void Crc32c::Append(std::string_view bytes) {
  Castagnoli crc(remainder_);
  crc.process_bytes(bytes.data(), bytes.size());
  remainder_ = crc.get_interim_remainder();
}

uint32_t Crc32c::value() const { return Castagnoli(remainder_).checksum(); }

uint32_t Crc32c::masked() const { return std::rotr(value(), 15) + 0xa282ead8; }

}  // namespace graphrun
