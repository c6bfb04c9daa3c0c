#include "core/base/output_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "core/base/error.h"

namespace graphrun {

bool WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    bytes.remove_prefix(n);
  }
  return true;
}

void SyncFolder(const std::string& folder) {
  const int fd = open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;  // a folder may be writable and not readable
  fsync(fd);
  close(fd);
}

OutputFile::OutputFile(std::string path)
    : path_(std::move(path)), temporary_(path_ + ".tmp" + std::to_string(getpid())) {
  fd_ = open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd_ < 0) ThrowInvalid("cannot write " + path_ + ": " + std::strerror(errno));
}

OutputFile::~OutputFile() {
  if (fd_ >= 0) close(fd_);
  if (!committed_) unlink(temporary_.c_str());
}

void OutputFile::Fail(const std::string& what) const {
  throw Error(Code::kDataLoss, "cannot " + what + " " + path_ + ": " + std::strerror(errno));
}

void OutputFile::Append(std::string_view bytes) {
  if (!WriteAll(fd_, bytes)) Fail("write");
}

void OutputFile::Sync() {
  if (fsync(fd_) != 0 && errno != EINVAL) Fail("write");  // EINVAL: no such thing there
  const int fd = fd_;
  fd_ = -1;
  if (close(fd) != 0) Fail("close");
}

void OutputFile::Commit() {
  Check(fd_ < 0, "OutputFile::Commit comes after Sync");
  if (std::rename(temporary_.c_str(), path_.c_str()) != 0) {
    ThrowInvalid("cannot write " + path_ + ": " + std::strerror(errno));
  }
  committed_ = true;
}

}  // namespace graphrun
