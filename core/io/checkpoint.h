// Checkpoints in TensorFlow's second format ("tensor bundles"): the values of named tensors.
//
//   <prefix>.index                  a table (table_file.h): name -> dtype, shape, place, CRC-32C
//   <prefix>.data-00000-of-00003    the values, one after the other, in one or several files
#ifndef GRAPHRUN_CORE_IO_CHECKPOINT_H_
#define GRAPHRUN_CORE_IO_CHECKPOINT_H_

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/tensor.h"

namespace graphrun {

// Files are untrusted: what they say of sizes, places and shapes is checked before it is used. A
// reader keeps no file open. Thread-safe.
class CheckpointReader {
 public:
  struct Entry {
    DType dtype = DType::kInvalid;  // kInvalid: a type that no tensor here has; see `type`
    Shape shape;
    std::string type;  // "float32", or the file's "DT_COMPLEX64"
    std::string ToString() const { return type + shape.ToString(); }
  };

  // Reads the index. NOT_FOUND when there is none (the message says what to give instead);
  // DATA_LOSS when it is not as it was written; UNIMPLEMENTED for a checkpoint of the first format,
  // of a big-endian machine, or of a version that refuses us. Errors name the file.
  explicit CheckpointReader(const std::string& prefix);

  const std::string& prefix() const { return prefix_; }
  std::vector<std::string> names() const;  // sorted
  const Entry* Find(std::string_view name) const;

  // The value, whole also when it was saved in slices (a partitioned variable). NOT_FOUND for a
  // name that is not there, with the nearest ones; DATA_LOSS when the data are missing, cut off or
  // changed; UNIMPLEMENTED for a type that no tensor here has (complex, quantized, variant).
  Tensor Read(std::string_view name) const;

 private:
  struct Part {  // contiguous bytes in one of the data files
    int shard = 0;
    int64_t offset = 0, size = 0;
    uint32_t crc = 0;
  };
  struct Slice {
    std::vector<int64_t> start;
    Shape shape;
    Part part;
  };
  struct Record {
    Entry entry;
    Part part;
    std::vector<Slice> slices;  // when not empty, `part` means nothing
  };
  struct Parser;

  std::string DataFile(int shard) const;
  Tensor ReadPart(DType dtype, const Shape& shape, const Part& part) const;
  Tensor ReadSlices(const Record& record) const;

  std::string prefix_;
  int num_shards_ = 0;
  std::map<std::string, Record, std::less<>> records_;
};

// Writes a checkpoint with one data file, byte for byte TensorFlow's for the same tensors. Under a
// prefix that has one already, the old one is lost only when the new one is on the disk. Numbers,
// bools and strings. INVALID_ARGUMENT for a name that is empty, begins with a zero byte or comes
// twice, for a tensor that is no such value, and for a folder that is missing or not writable;
// DATA_LOSS when writing fails.
void WriteCheckpoint(const std::string& prefix,
                     const std::vector<std::pair<std::string, Tensor>>& tensors);

// Whether there is an index of this prefix.
bool CheckpointExists(const std::string& prefix);

// Removes the index, the data files and the .meta file of a prefix, as far as there are any and it
// can.
void RemoveCheckpoint(const std::string& prefix);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_IO_CHECKPOINT_H_
