#include "study/sorting.h"

#include <nlohmann/json.hpp>
#include <optional>

#include "base/file.h"
#include "base/hash.h"
#include "eval/parallel.h"
#include "midi/reader.h"

namespace sage {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

struct Sorted {
  std::optional<MusicKind> kind;  // nothing: unreadable
  std::string sha256;
};

Sorted sort_one(const fs::path& path) {
  const auto bytes = read_file(path, MidiLimits{}.max_bytes);
  if (!bytes) return {};
  const auto midi = read_midi(*bytes);
  if (!midi) return {};
  return {classify(midi->score), sha256_hex(*bytes)};
}

std::string digest_of(std::span<const fs::path> files) {
  Sha256 hash;
  for (const fs::path& path : files) {
    std::error_code error;
    const auto size = fs::file_size(path, error);
    const auto changed = fs::last_write_time(path, error).time_since_epoch().count();
    hash.update(path.string() + "\n" + std::to_string(size) + " " + std::to_string(changed) + "\n");
  }
  return hash.hex();
}

/// One digit a file, and the hash of each readable one.
std::optional<std::vector<Sorted>> kept(const fs::path& cache, const std::string& digest,
                                        std::size_t count) {
  const auto text =
      cache.empty() ? Result<std::string>(fail(ErrorCode::kIo, "")) : read_text(cache);
  if (!text) return std::nullopt;
  const json object = json::parse(*text, nullptr, /*allow_exceptions=*/false);
  try {
    if (!object.is_object() || object.at("files") != digest) return std::nullopt;
    std::vector<Sorted> sorted;
    for (const json& entry : object.at("sorted")) {
      const int kind = entry.at(0);
      if (kind >= kMusicKindCount) return std::nullopt;
      sorted.push_back(
          {kind < 0 ? std::nullopt : std::optional(static_cast<MusicKind>(kind)), entry.at(1)});
    }
    if (sorted.size() != count) return std::nullopt;
    return sorted;
  } catch (const json::exception&) {
    return std::nullopt;
  }
}

Result<void> keep(const fs::path& cache, const std::string& digest,
                  const std::vector<Sorted>& sorted) {
  if (cache.empty()) return {};
  json list = json::array();
  for (const Sorted& one : sorted)
    list.push_back({one.kind ? static_cast<int>(*one.kind) : -1, one.sha256});
  return write_text(cache, json{{"files", digest}, {"sorted", list}}.dump());
}

}  // namespace

Result<SortedFiles> sort_files(std::span<const fs::path> files, int threads, const fs::path& cache,
                               const std::function<bool(std::size_t, std::size_t)>& progress) {
  const std::string digest = digest_of(files);
  auto sorted = kept(cache, digest, files.size());
  if (!sorted) {
    sorted.emplace(files.size());
    if (!for_each_piece(
            files.size(), threads, [&](std::size_t i) { (*sorted)[i] = sort_one(files[i]); },
            progress))
      return fail(ErrorCode::kInterrupted, "interrupted");
    if (auto ok = keep(cache, digest, *sorted); !ok) return tl::unexpected(ok.error());
  }
  SortedFiles out;
  std::array<Sha256, kMusicKindCount> hashes;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (!(*sorted)[i].kind) {
      ++out.unreadable;
      continue;
    }
    const auto kind = static_cast<std::size_t>(*(*sorted)[i].kind);
    out.kinds[kind].paths.push_back(files[i]);
    hashes[kind].update((*sorted)[i].sha256 + "\n");
  }
  for (std::size_t k = 0; k < hashes.size(); ++k) out.kinds[k].sha256 = hashes[k].hex();
  return out;
}

}  // namespace sage
