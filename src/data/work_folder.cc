#include "data/work_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

#include "data/shard_format.h"

namespace sage {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// Fast rather than small: a unit lives for hours at most.
constexpr int kUnitLevel = 1;
/// Of the work folder. To be raised with anything that changes what a file becomes.
constexpr int kWorkVersion = 1;

struct UnitHead {
  char magic[8] = {'S', 'A', 'G', 'E', 'W', 'O', 'R', 'K'};
  std::uint64_t key = 0;
  std::uint64_t files = 0;
  std::uint64_t size = 0;      // of the whole file
  std::uint64_t checksum = 0;  // of the metadata
};
static_assert(sizeof(UnitHead) == 40);

/// Few enough that all can be mapped at once, small enough that little is lost with one.
std::size_t unit_size_for(std::size_t files) {
  return std::max(std::clamp<std::size_t>(files / 64, 16, 256), files / 20'000);
}

/// Whether the folder holds nothing, or what this program left there.
bool is_ours(const fs::path& folder) {
  std::error_code error;
  bool empty = true;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("key.json")) return true;
    if (name != "lock") empty = false;
  }
  return empty;
}

/// All but key.json first, so that a folder half removed is still known for what it is.
void clear(const fs::path& folder) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const auto name = entry.path().filename();
    if (name != "key.json" && name != "lock") fs::remove_all(entry.path(), error);
  }
  fs::remove(folder / "key.json", error);
}

}  // namespace

void UnitWriter::add(FileMeta meta, std::span<const std::uint8_t> music) {
  if (!music.empty()) {
    const auto frame = compress(music, kUnitLevel);
    meta.frame = frames_.size();
    meta.frame_bytes = static_cast<std::uint32_t>(frame.size());
    meta.frame_checksum = checksum_of(frame);
    frames_.insert(frames_.end(), frame.begin(), frame.end());
  }
  metas_.push_back(meta);
}

Result<void> UnitWriter::write(const fs::path& path, std::uint64_t key) {
  const std::uint64_t before = sizeof(UnitHead) + metas_.size() * sizeof(FileMeta);
  for (FileMeta& meta : metas_) meta.frame += before;
  const auto metas = bytes_of(std::span<const FileMeta>(metas_));
  UnitHead head;
  head.key = key;
  head.files = metas_.size();
  head.size = before + frames_.size();
  head.checksum = checksum_of(metas);
  auto file = FileWriter::create(path);
  if (!file) return tl::unexpected<Error>(file.error());
  for (const auto part : {bytes_of(std::span<const UnitHead>(&head, 1)), metas,
                          std::span<const std::uint8_t>(frames_)})
    if (auto written = file->append(part); !written) return written;
  return file->commit();
}

std::optional<Unit> Unit::open(const fs::path& path, std::uint64_t key, std::size_t files) {
  auto mapped = MappedFile::open(path);
  if (!mapped) return std::nullopt;
  const auto bytes = mapped->bytes();
  UnitHead head;
  const UnitHead expected;
  if (bytes.size() < sizeof head + files * sizeof(FileMeta)) return std::nullopt;
  std::memcpy(&head, bytes.data(), sizeof head);
  const auto metas = bytes.subspan(sizeof head, files * sizeof(FileMeta));
  if (std::memcmp(head.magic, expected.magic, sizeof head.magic) != 0 || head.key != key ||
      head.files != files || head.size != bytes.size() || head.checksum != checksum_of(metas))
    return std::nullopt;
  Unit unit;
  unit.files_ = {reinterpret_cast<const FileMeta*>(metas.data()), files};
  unit.mapped_ = *std::move(mapped);
  return unit;
}

bool Unit::read(const FileMeta& file, std::vector<std::uint8_t>& to) const {
  const auto bytes = mapped_.bytes();
  if (file.frame > bytes.size() || file.frame_bytes > bytes.size() - file.frame) return false;
  const auto frame = bytes.subspan(file.frame, file.frame_bytes);
  const std::size_t begin = to.size();
  to.resize(begin + file.entry.size());
  return checksum_of(frame) == file.frame_checksum &&
         decompress(frame, std::span(to).subspan(begin));
}

Result<WorkFolder> WorkFolder::open(const fs::path& output, const std::string& options,
                                    const std::string& files, std::size_t file_count,
                                    bool restart) {
  WorkFolder work;
  work.folder_ = output / "work";
  std::error_code error;
  fs::create_directories(work.folder_, error);
  if (error)
    return fail(ErrorCode::kIo,
                "cannot make the folder " + work.folder_.string() + ": " + error.message());
  if (!is_ours(work.folder_))
    return fail(ErrorCode::kInvalidArgument, work.folder_.string() +
                                                 " holds files that are not of `data prepare`; "
                                                 "choose another output folder");
  work.lock_ = ::open((work.folder_ / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (work.lock_ < 0)
    return fail(ErrorCode::kIo,
                work.folder_.string() + ": cannot be written: " + std::strerror(errno));
  if (::flock(work.lock_, LOCK_EX | LOCK_NB) != 0)
    return fail(ErrorCode::kInvalidArgument,
                "another `data prepare` is running in " + output.string());
  if (restart) clear(work.folder_);
  const auto key_path = work.folder_ / "key.json";
  const json key = {{"version", kWorkVersion}, {"options", options}, {"files", files}};
  const std::string text = key.dump() + "\n";
  const auto found = read_text(key_path);
  if (found && *found != text) {
    const json old = json::parse(*found, nullptr, /*allow_exceptions=*/false);
    const bool same_options = old.is_object() && old.contains("version") &&
                              old["version"] == kWorkVersion && old.contains("options") &&
                              old["options"] == options;
    return fail(ErrorCode::kMismatch,
                work.folder_.string() + " holds an unfinished preparation " +
                    (same_options ? "of other files (some came, went or changed)"
                                  : "with other options or another version") +
                    "; --restart discards it and starts over");
  }
  if (!found)
    if (auto written = write_text(key_path, text); !written)
      return tl::unexpected<Error>(written.error());
  work.file_count_ = file_count;
  work.unit_size_ = unit_size_for(file_count);
  work.key_ = checksum_of({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  return work;
}

WorkFolder::WorkFolder(WorkFolder&& other) noexcept
    : folder_(std::move(other.folder_)),
      file_count_(other.file_count_),
      unit_size_(other.unit_size_),
      key_(other.key_),
      lock_(std::exchange(other.lock_, -1)) {}

WorkFolder::~WorkFolder() {
  if (lock_ >= 0) ::close(lock_);
}

fs::path WorkFolder::unit_path(std::size_t unit) const {
  std::string number = std::to_string(unit);
  if (number.size() < 5) number.insert(0, 5 - number.size(), '0');
  return folder_ / ("unit-" + number);
}

std::uint64_t WorkFolder::unit_key(std::size_t unit) const { return key_ + unit; }

void WorkFolder::remove() {
  clear(folder_);
  std::error_code error;
  fs::remove_all(folder_, error);
}

}  // namespace sage
