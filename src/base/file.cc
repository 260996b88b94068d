#include "base/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <utility>

namespace sage {
namespace {

tl::unexpected<Error> io_error(const std::string& what, const std::filesystem::path& path) {
  return fail(ErrorCode::kIo, "cannot " + what + " " + path.string() + ": " + std::strerror(errno));
}

/// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  bool ok() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

/// Opens for reading; does not wait where the path is a pipe that nobody writes to.
int open_to_read(const std::filesystem::path& path) {
  return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

/// The size of a regular file; refuses anything else.
Result<std::size_t> regular_size(const Descriptor& fd, const std::filesystem::path& path) {
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return io_error("read", path);
  if (S_ISDIR(info.st_mode))
    return fail(ErrorCode::kIo, "cannot read " + path.string() + ": it is a folder");
  if (!S_ISREG(info.st_mode))
    return fail(ErrorCode::kIo, "cannot read " + path.string() + ": not a regular file");
  return static_cast<std::size_t>(info.st_size);
}

template <class Bytes>
Result<Bytes> read_whole(const std::filesystem::path& path, std::size_t max_bytes) {
  Descriptor fd(open_to_read(path));
  if (!fd.ok()) return io_error("open", path);
  auto size = regular_size(fd, path);
  if (!size) return tl::unexpected(size.error());
  if (*size > max_bytes)
    return fail(ErrorCode::kLimit, path.string() + " has " + std::to_string(*size) +
                                       " bytes, more than the limit of " +
                                       std::to_string(max_bytes));
  Bytes bytes(*size, {});
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n = ::read(fd.get(), bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return io_error("read", path);
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
  }
  bytes.resize(done);
  return bytes;
}

/// Creates the folder that `path` (behind_links) lies in; refuses what a file cannot take the place
/// of.
Result<void> prepare_place(const std::filesystem::path& path) {
  std::error_code code;
  if (path.has_parent_path()) {
    std::filesystem::create_directories(path.parent_path(), code);
    if (code)
      return fail(ErrorCode::kIo,
                  "cannot create folder " + path.parent_path().string() + ": " + code.message());
  }
  const auto status = std::filesystem::status(path, code);
  if (std::filesystem::is_directory(status))
    return fail(ErrorCode::kIo, "cannot write " + path.string() + ": it is a folder");
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status))
    return fail(ErrorCode::kIo, "cannot write " + path.string() + ": not a regular file");
  if (!std::filesystem::exists(status) && std::filesystem::is_symlink(path, code))
    return fail(ErrorCode::kIo,
                "cannot write " + path.string() + ": its symbolic links form a loop");
  // A file is replaced by a new one, which its folder alone could allow.
  if (std::filesystem::exists(status) && ::access(path.c_str(), W_OK) != 0)
    return fail(ErrorCode::kIo, "cannot write " + path.string() + ": it is write-protected");
  return {};
}

/// Another name in the same folder, for the content until it is whole.
std::filesystem::path temporary_for(std::filesystem::path path) {
  static std::atomic<unsigned> count{0};
  return path += ".tmp" + std::to_string(::getpid()) + "-" + std::to_string(count++);
}

int open_to_write(const std::filesystem::path& path) {
  return ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
}

}  // namespace

std::filesystem::path behind_links(std::filesystem::path path) {
  constexpr int kMostLinks = 40;  // as many as Linux follows
  std::error_code code;
  const auto status = std::filesystem::status(path, code);
  // A device or a pipe behind a link, /dev/stdout say, has no path of its own.
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) return path;
  for (int i = 0; i < kMostLinks && std::filesystem::is_symlink(path, code); ++i) {
    const auto target = std::filesystem::read_symlink(path, code);
    if (code) break;
    path = path.parent_path() / target;
  }
  return path;
}

Result<std::vector<std::uint8_t>> read_file(const std::filesystem::path& path,
                                            std::size_t max_bytes) {
  return read_whole<std::vector<std::uint8_t>>(path, max_bytes);
}

Result<std::string> read_text(const std::filesystem::path& path, std::size_t max_bytes) {
  return read_whole<std::string>(path, max_bytes);
}

Result<void> write_file(const std::filesystem::path& path, std::span<const std::uint8_t> bytes) {
  auto file = FileWriter::create(path);
  if (!file) return tl::unexpected(file.error());
  if (auto written = file->append(bytes); !written) return written;
  return file->commit();
}

Result<void> check_writable(const std::filesystem::path& named) {
  const std::filesystem::path path = behind_links(named);
  if (auto ok = prepare_place(path); !ok) return ok;
  const std::filesystem::path temporary = temporary_for(path);
  if (!Descriptor(open_to_write(temporary)).ok()) return io_error("write", path);
  ::unlink(temporary.c_str());
  return {};
}

Result<void> write_text(const std::filesystem::path& path, std::string_view text) {
  return write_file(path, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

Result<FileWriter> FileWriter::create(const std::filesystem::path& named) {
  std::filesystem::path path = behind_links(named);
  if (auto ok = prepare_place(path); !ok) return tl::unexpected(ok.error());
  std::filesystem::path temporary = temporary_for(path);
  const int fd = open_to_write(temporary);
  if (fd < 0) return io_error("write", path);
  return FileWriter(std::move(path), std::move(temporary), fd);
}

FileWriter::FileWriter(std::filesystem::path path, std::filesystem::path temporary, int descriptor)
    : path_(std::move(path)), temporary_(std::move(temporary)), descriptor_(descriptor) {}

FileWriter::FileWriter(FileWriter&& other) noexcept
    : path_(std::move(other.path_)),
      temporary_(std::exchange(other.temporary_, {})),
      descriptor_(std::exchange(other.descriptor_, -1)) {}

FileWriter::~FileWriter() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

Result<void> FileWriter::append(std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(descriptor_, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return io_error("write", path_);
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return {};
}

Result<void> FileWriter::commit() {
  // Some file systems report a full disk only now; and a name must never lead to bytes that
  // a power failure can still lose.
  if (::fsync(descriptor_) != 0) return io_error("write", path_);
  if (::close(std::exchange(descriptor_, -1)) != 0) return io_error("write", path_);
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) return io_error("write", path_);
  temporary_.clear();
  return {};
}

Result<FileReader> FileReader::open(const std::filesystem::path& path) {
  Descriptor fd(open_to_read(path));
  if (!fd.ok()) return io_error("open", path);
  auto size = regular_size(fd, path);
  if (!size) return tl::unexpected(size.error());
  return FileReader(path, fd.release(), *size);
}

FileReader::FileReader(std::filesystem::path path, int descriptor, std::uint64_t size)
    : path_(std::move(path)), descriptor_(descriptor), size_(size) {}

FileReader::FileReader(FileReader&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      size_(other.size_) {}

FileReader& FileReader::operator=(FileReader&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(descriptor_, other.descriptor_);
  std::swap(size_, other.size_);
  return *this;
}

FileReader::~FileReader() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<void> FileReader::read(std::uint64_t offset, std::span<std::uint8_t> to) const {
  while (!to.empty()) {
    const ssize_t n = ::pread(descriptor_, to.data(), to.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return io_error("read", path_);
    if (n == 0) return fail(ErrorCode::kMalformed, path_.string() + ": the file is cut off");
    to = to.subspan(static_cast<std::size_t>(n));
    offset += static_cast<std::uint64_t>(n);
  }
  return {};
}

Result<MappedFile> MappedFile::open(const std::filesystem::path& path) {
  Descriptor fd(open_to_read(path));
  if (!fd.ok()) return io_error("open", path);
  auto size = regular_size(fd, path);
  if (!size) return tl::unexpected(size.error());
  MappedFile file;
  if (*size == 0) return file;
  void* data = ::mmap(nullptr, *size, PROT_READ, MAP_PRIVATE, fd.get(), 0);
  if (data == MAP_FAILED) return io_error("map", path);
  file.data_ = static_cast<const std::uint8_t*>(data);
  file.size_ = *size;
  return file;
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<std::uint8_t*>(data_), size_);
}

}  // namespace sage
