// A lock that processes hold on a file; the operating system lets go of it whatever ends the
// process.
#pragma once

#include <atomic>
#include <filesystem>
#include <optional>

namespace sage {

class FileLock {
 public:
  /// Creates the file and its folder if needed. Empty if another process has the lock.
  static std::optional<FileLock> take(const std::filesystem::path& path);
  /// Waits for it; nothing where `stop` becomes true first.
  static std::optional<FileLock> wait(const std::filesystem::path& path,
                                      const std::atomic<bool>& stop);

  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock();

 private:
  explicit FileLock(int file) : file_(file) {}
  int file_ = -1;
};

}  // namespace sage
