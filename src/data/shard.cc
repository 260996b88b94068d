#include "data/shard.h"

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

#include "data/shard_format.h"
#include "tokens/tokenization.h"
#include "tokens/vocabulary.h"

namespace sage {
namespace {

using nlohmann::json;

constexpr const char* kRemedy = "; copy the file again, or prepare the data again";

/// The next `count` values of the tables; false where they end before.
template <class T>
bool take(std::span<const std::uint8_t>& bytes, std::uint64_t count, std::vector<T>& to) {
  if (count > bytes.size() / sizeof(T)) return false;
  to.resize(count);
  if (count > 0) std::memcpy(to.data(), bytes.data(), count * sizeof(T));
  bytes = bytes.subspan(count * sizeof(T));
  return true;
}

Result<std::vector<Source>> sources_from(const json& list) {
  std::vector<Source> sources;
  if (!list.is_array()) return fail(ErrorCode::kMalformed, "no list of sources");
  for (const json& row : list) {
    if (!row.is_object() || !row.contains("repo") || !row.contains("licence") ||
        !row["repo"].is_string() || !row["licence"].is_string())
      return fail(ErrorCode::kMalformed, "a source without repo and licence");
    sources.push_back({row["repo"], row["licence"]});
  }
  return sources;
}

/// Whether bars and tokens make sense together under the vocabulary; `stride` tokens are a step.
bool makes_sense(const PieceEntry& piece, const PieceData& data, int vocabulary,
                 std::uint32_t stride) {
  std::uint32_t last = piece.header_count + 1u;
  for (const BarEntry& bar : data.bars) {
    if (bar.offset <= last || bar.offset >= piece.token_count ||
        stride > piece.token_count - bar.offset || bar.meter >= vocabulary ||
        bar.tempo >= vocabulary)
      return false;
    last = bar.offset;
  }
  return std::all_of(data.tokens.begin(), data.tokens.end(),
                     [&](std::uint16_t id) { return id < vocabulary; });
}

}  // namespace

Result<Shard> Shard::open(const std::filesystem::path& path) {
  auto file = FileReader::open(path);
  if (!file) return tl::unexpected<Error>(file.error());
  Shard shard(std::move(*file));
  shard.path_ = path;
  if (auto read = shard.read_tables(); !read)
    return fail(read.error().code, path.string() + ": " + read.error().message);
  return shard;
}

Result<void> Shard::read_tables() {
  const auto refuse = [](const std::string& why) { return fail(ErrorCode::kMalformed, why); };
  const auto damaged = [&](const std::string& what) { return refuse(what + kRemedy); };
  ShardHead head;
  const ShardHead expected;
  const std::uint64_t size = file_.size();
  if (size < sizeof head)
    return refuse("not prepared data (make it with `sage-music data prepare`)");
  std::vector<std::uint8_t> bytes(sizeof head);
  if (auto read = file_.read(0, bytes); !read) return read;
  std::memcpy(&head, bytes.data(), sizeof head);
  if (std::memcmp(head.magic, expected.magic, sizeof head.magic) != 0)
    return refuse("not prepared data (make it with `sage-music data prepare`)");
  if (head.version != ShardHead::kVersion)
    return refuse("prepared by another version (" + std::to_string(head.version) +
                  "); prepare the data again");
  ShardFooter footer;
  const ShardFooter last;
  if (size < sizeof head + sizeof footer) return damaged("the file is cut off");
  bytes.resize(sizeof footer);
  if (auto read = file_.read(size - sizeof footer, bytes); !read) return read;
  std::memcpy(&footer, bytes.data(), sizeof footer);
  if (std::memcmp(footer.magic, last.magic, sizeof footer.magic) != 0)
    return damaged("the file is cut off");
  if (footer.tables < sizeof head || footer.tables > size - sizeof footer)
    return damaged("its footer is damaged");
  bytes.resize(size - footer.tables);
  if (auto read = file_.read(footer.tables, bytes); !read) return read;
  std::span<const std::uint8_t> rest(bytes);
  rest = rest.first(rest.size() - sizeof footer.magic - sizeof footer.checksum);
  if (checksum_of(rest) != footer.checksum)
    return damaged("its tables are damaged (the checksum differs)");
  std::vector<char> text;
  if (!take(rest, footer.json_bytes, text) || !take(rest, footer.blocks, blocks_) ||
      !take(rest, footer.pieces, pieces_))
    return damaged("its tables are damaged");
  token_count_ = footer.tokens;
  const json described = json::parse(text.begin(), text.end(), nullptr, /*exceptions=*/false);
  if (!described.is_object() || !described.contains("tokenizer") || !described.contains("sources"))
    return damaged("its header is damaged");
  auto config = tokenizer_config_from_json(described["tokenizer"]);
  if (!config) return tl::unexpected<Error>(config.error());
  auto sources = sources_from(described["sources"]);
  if (!sources) return tl::unexpected<Error>(sources.error());
  config_ = *std::move(config);
  sources_ = *std::move(sources);
  vocabulary_ = base_vocabulary(config_).size();
  const Tokenization* scheme = find_tokenization(config_.scheme);
  stride_ = scheme == nullptr ? 1 : static_cast<std::uint32_t>(scheme->stride(config_));
  if (!tables_fit()) return damaged("its tables do not fit each other");
  return {};
}

/// Whether the pieces fill their blocks, in order and without a gap, and the blocks are in the
/// file.
bool Shard::tables_fit() const {
  const std::uint64_t file_bytes = file_.size();
  for (const BlockEntry& block : blocks_)
    if (block.size > kLargestBlock || block.offset > file_bytes ||
        block.stored > file_bytes - block.offset)
      return false;
  std::uint32_t block = 0;
  std::uint64_t offset = 0, tokens = 0;
  for (const PieceEntry& piece : pieces_) {
    if (piece.block != block) {
      if (piece.block != block + 1 || piece.block >= blocks_.size() ||
          blocks_[block].size != offset)
        return false;
      block = piece.block;
      offset = 0;
    }
    if (block >= blocks_.size() || piece.offset != offset || piece.source >= sources_.size() ||
        piece.bar_count == 0 || piece.header_count + 3u > piece.token_count ||
        (piece.lowest_pitch != PieceEntry::kUnpitched &&
         (piece.lowest_pitch > piece.highest_pitch || piece.highest_pitch > 127)))
      return false;
    offset += piece.size();
    tokens += piece.token_count;
  }
  if (pieces_.empty()) return blocks_.empty() && token_count_ == 0;
  return block + 1 == blocks_.size() && blocks_[block].size == offset && tokens == token_count_;
}

std::string Shard::in_block(std::uint32_t block) const {
  return path_.string() + ": block " + std::to_string(block) + " is damaged" + kRemedy;
}

Result<PieceData> Shard::read(std::size_t index) const {
  const PieceEntry& piece = pieces_[index];
  const BlockEntry& block = blocks_[piece.block];
  thread_local std::vector<std::uint8_t> stored, whole;
  stored.resize(block.stored);
  if (auto read = file_.read(block.offset, stored); !read) return tl::unexpected(read.error());
  whole.resize(block.size);
  if (checksum_of(stored) != block.checksum || !decompress(stored, whole))
    return fail(ErrorCode::kMalformed, in_block(piece.block));
  PieceData data;
  data.bars.resize(piece.bar_count);
  data.tokens.resize(piece.token_count);
  const std::uint8_t* from = whole.data() + piece.offset;
  std::memcpy(data.bars.data(), from, piece.bar_count * sizeof(BarEntry));
  std::memcpy(data.tokens.data(), from + piece.bar_count * sizeof(BarEntry),
              piece.token_count * sizeof(std::uint16_t));
  if (!makes_sense(piece, data, vocabulary_, stride_))
    return fail(ErrorCode::kMalformed, in_block(piece.block));
  return data;
}

}  // namespace sage
