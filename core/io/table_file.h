// Sorted tables of keys and values in LevelDB's format, of which checkpoints make their index.
//
//   data block ... | metaindex block | index block | footer
//
//   block:  entry ... | offset of every 16th entry ... | how many offsets
//           | type (0 plain, 1 Snappy) | masked CRC-32C of all before
//           offsets, their number and the CRC are 4 bytes little endian, the type is 1
//   entry:  bytes of the key that are the previous key's | further bytes of the key | bytes of the
//           value, as varints | key | value
//   handle: offset of a block in the file | its size without type and CRC, as varints
//   footer: handles of the metaindex and the index block, padded to 40 bytes | magic number
//
// An entry of the index block has a data block's handle as its value, and a key that is not before
// the block's last.
#ifndef GRAPHRUN_CORE_IO_TABLE_FILE_H_
#define GRAPHRUN_CORE_IO_TABLE_FILE_H_

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

namespace graphrun {

using TableEntries = std::map<std::string, std::string, std::less<>>;

inline constexpr size_t kTableFooterSize = 48;

// Whether `bytes`, which end with a file's end, end with the footer of a table.
bool IsTable(std::string_view bytes);

// All entries. DATA_LOSS when the bytes are no table or not as they were written;
// RESOURCE_EXHAUSTED when the entries take more than `limit` bytes, of which a small file can ask
// for many: keys share bytes.
TableEntries ParseTable(std::string_view bytes, size_t limit = size_t{1} << 28);

// Plain blocks of 256 KiB, as TensorFlow writes them.
std::string FormatTable(const TableEntries& entries);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_IO_TABLE_FILE_H_
