#include "core/base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/base/error.h"
#include "core/base/output_file.h"

namespace graphrun {
namespace {

std::string Reason() { return std::strerror(errno); }

// A file descriptor that is closed at the end of its scope.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

}  // namespace

std::string ReadFile(const std::string& path, int64_t limit) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat info {};
  if (file.get() < 0 || fstat(file.get(), &info) != 0) {
    ThrowNotFound("cannot open " + path + ": " + Reason());
  }
  if (S_ISDIR(info.st_mode)) ThrowNotFound(path + " is a folder, and a file is expected");
  std::string bytes;
  if (S_ISREG(info.st_mode)) bytes.reserve(std::min<int64_t>(info.st_size, limit));
  char chunk[1 << 16];
  while (true) {
    const ssize_t n = read(file.get(), chunk, sizeof(chunk));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw Error(Code::kDataLoss, "cannot read " + path + ": " + Reason());
    if (n == 0) return bytes;
    if (static_cast<int64_t>(bytes.size()) + n > limit) {
      throw Error(Code::kResourceExhausted,
                  path + " is longer than the limit of " + std::to_string(limit) + " bytes");
    }
    bytes.append(chunk, n);
  }
}

void WriteFile(const std::string& path, std::string_view bytes) {
  OutputFile file(path);
  file.Append(bytes);
  file.Sync();
  file.Commit();
}

}  // namespace graphrun
