// OutputFile: a file written piece by piece that appears as a whole or not at all.
#ifndef GRAPHRUN_CORE_BASE_OUTPUT_FILE_H_
#define GRAPHRUN_CORE_BASE_OUTPUT_FILE_H_

#include <string>
#include <string_view>

namespace graphrun {

// For what need not fit in memory twice, or is to appear together with another file; else WriteFile
// (file.h). INVALID_ARGUMENT when the folder is missing or not writable, or a folder has the file's
// name; DATA_LOSS when writing fails.
class OutputFile {
 public:
  // Bytes go to a temporary file in the same folder: a rename is atomic only within one file
  // system.
  explicit OutputFile(std::string path);
  // Removes the temporary file unless Commit has renamed it.
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void Append(std::string_view bytes);
  // Brings all bytes to the disk. Nothing may be appended afterwards.
  void Sync();
  // Gives the file its name. REQUIRES: Sync().
  void Commit();

 private:
  [[noreturn]] void Fail(const std::string& what) const;

  const std::string path_, temporary_;
  int fd_ = -1;
  bool committed_ = false;
};

// Appends all of `bytes` to an open file; false, with errno set, when that fails.
bool WriteAll(int fd, std::string_view bytes);

// Brings names that were given or taken away in a folder ("" for the current one) to the disk, as
// far as its file system can.
void SyncFolder(const std::string& folder);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_BASE_OUTPUT_FILE_H_
