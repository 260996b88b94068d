#include "data/shard_set.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "base/file.h"

namespace sage {
namespace {

using nlohmann::json;

struct Listed {
  std::string file;
  std::uint64_t pieces = 0, bytes = 0;
};

Result<Listed> listed(const json& row) {
  if (!row.is_object() || !row.contains("file") || !row.contains("pieces") ||
      !row.contains("bytes") || !row["file"].is_string() || !row["pieces"].is_number_unsigned() ||
      !row["bytes"].is_number_unsigned() ||
      std::filesystem::path(row["file"].get<std::string>()).has_parent_path())
    return fail(ErrorCode::kMalformed, "a shard without file, pieces and bytes");
  return Listed{row["file"], row["pieces"], row["bytes"]};
}

}  // namespace

Result<ShardSet> ShardSet::open(const std::filesystem::path& part) {
  const std::filesystem::path folder = part.parent_path(), manifest_path = folder / "manifest.json";
  const std::string name = part.filename().string();
  const auto text = read_text(manifest_path);
  if (!text)
    return fail(
        ErrorCode::kIo,
        folder.string() + ": no manifest.json; make the data with `sage-music data prepare`");
  const json manifest = json::parse(*text, nullptr, /*allow_exceptions=*/false);
  const auto damaged = [&](const std::string& why) {
    return fail(ErrorCode::kMalformed,
                manifest_path.string() + ": " + why + "; prepare the data again");
  };
  if (!manifest.is_object() || !manifest.contains("tokenizer") || !manifest.contains(name) ||
      !manifest[name].is_object() || !manifest[name].contains("shards") ||
      !manifest[name]["shards"].is_array())
    return damaged("damaged, or of another version");
  ShardSet set;
  auto config = tokenizer_config_from_json(manifest["tokenizer"]);
  if (!config) return damaged(config.error().message);
  set.config_ = *std::move(config);
  for (const json& row : manifest[name]["shards"]) {
    const auto expected = listed(row);
    if (!expected) return damaged(expected.error().message);
    const auto path = folder / expected->file;
    auto shard = Shard::open(path);
    if (!shard) return tl::unexpected<Error>(shard.error());
    if (shard->file_size() != expected->bytes || shard->pieces().size() != expected->pieces ||
        shard->config() != set.config_)
      return fail(ErrorCode::kMismatch,
                  path.string() +
                      ": not the shard that manifest.json lists; copy the whole folder "
                      "again, or prepare the data again");
    if (set.shards_.empty())
      set.sources_.assign(shard->sources().begin(), shard->sources().end());
    else if (!std::ranges::equal(set.sources_, shard->sources()))
      return fail(ErrorCode::kMismatch,
                  path.string() + ": of other data than the shards before it");
    set.starts_.push_back(set.starts_.back() + shard->pieces().size());
    set.token_count_ += shard->token_count();
    set.shards_.push_back(*std::move(shard));
  }
  return set;
}

ShardSet::Place ShardSet::find(std::size_t piece) const {
  const auto after = std::upper_bound(starts_.begin(), starts_.end(), piece);
  const auto shard = static_cast<std::size_t>(after - starts_.begin()) - 1;
  return {shard, piece - starts_[shard]};
}

const PieceEntry& ShardSet::piece(std::size_t piece) const {
  const Place at = find(piece);
  return shards_[at.shard].pieces()[at.piece];
}

Result<PieceData> ShardSet::read(std::size_t piece) const {
  const Place at = find(piece);
  return shards_[at.shard].read(at.piece);
}

}  // namespace sage
