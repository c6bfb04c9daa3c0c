// CRC-32C (Castagnoli), the checksum of checkpoints and event files.
#ifndef GRAPHRUN_CORE_IO_CRC32C_H_
#define GRAPHRUN_CORE_IO_CRC32C_H_

#include <cstdint>
#include <string_view>

namespace graphrun {

// Of all bytes appended so far.
class Crc32c {
 public:
  void Append(std::string_view bytes);
  uint32_t value() const;
  // As the files keep it: rotated and shifted, because checksums of data that hold their own
  // checksum are weak.
  uint32_t masked() const;

 private:
  uint32_t remainder_ = 0xffffffff;
};

inline uint32_t MaskedCrc32c(std::string_view bytes) {
  Crc32c crc;
  crc.Append(bytes);
  return crc.masked();
}

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_IO_CRC32C_H_
