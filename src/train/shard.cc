#include "train/shard.h"

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/hash.h"
#include "tokens/vocabulary.h"

namespace sage {
namespace {

struct FileHeader {
  char magic[8] = {'S', 'A', 'G', 'E', 'D', 'A', 'T', 'A'};
  std::uint32_t version = 1;
  std::uint32_t json_bytes = 0;
  std::uint64_t pieces = 0, bars = 0, tokens = 0;
};
static_assert(sizeof(FileHeader) == 40);

template <class T>
void append(std::vector<std::uint8_t>& bytes, std::span<const T> values) {
  const auto* data = reinterpret_cast<const std::uint8_t*>(values.data());
  bytes.insert(bytes.end(), data, data + values.size_bytes());
}

/// The next `count` values of a section, or an error that names it.
template <class T>
Result<std::span<const T>> take(std::span<const std::uint8_t>& bytes, std::uint64_t count,
                                const char* what) {
  if (count > bytes.size() / sizeof(T))
    return fail(ErrorCode::kMalformed,
                std::string("the file ends inside its ") + what + "; prepare the data again");
  const std::span<const T> values(reinterpret_cast<const T*>(bytes.data()), count);
  bytes = bytes.subspan(count * sizeof(T));
  return values;
}

bool piece_fits(const PieceEntry& piece, std::span<const BarEntry> bars,
                std::span<const std::uint16_t> tokens, int vocabulary) {
  if (piece.first_token > tokens.size() || piece.token_count > tokens.size() - piece.first_token ||
      piece.first_bar > bars.size() || piece.bar_count > bars.size() - piece.first_bar)
    return false;
  if (piece.bar_count == 0 || piece.header_count + 3u > piece.token_count) return false;
  std::uint32_t last = piece.header_count + 1u;
  for (const BarEntry& bar : bars.subspan(piece.first_bar, piece.bar_count)) {
    if (bar.offset <= last || bar.offset >= piece.token_count || bar.meter >= vocabulary ||
        bar.tempo >= vocabulary)
      return false;
    last = bar.offset;
  }
  return true;
}

}  // namespace

Result<std::string> write_shard(const std::filesystem::path& path, const TokenizerConfig& config,
                                const ShardData& data) {
  std::string json = to_json(config).dump();
  json.resize((json.size() + 7) / 8 * 8, ' ');
  FileHeader header;
  header.json_bytes = static_cast<std::uint32_t>(json.size());
  header.pieces = data.pieces.size();
  header.bars = data.bars.size();
  header.tokens = data.tokens.size();
  std::vector<std::uint8_t> bytes;
  bytes.reserve(sizeof header + json.size() + data.pieces.size() * sizeof(PieceEntry) +
                data.bars.size() * sizeof(BarEntry) + data.tokens.size() * 2);
  append(bytes, std::span<const FileHeader>(&header, 1));
  append(bytes, std::span<const char>(json));
  append(bytes, std::span<const PieceEntry>(data.pieces));
  append(bytes, std::span<const BarEntry>(data.bars));
  append(bytes, std::span<const std::uint16_t>(data.tokens));
  if (auto written = write_file(path, bytes); !written)
    return tl::unexpected<Error>(written.error());
  return sha256_hex(bytes);
}

Result<Shard> Shard::open(const std::filesystem::path& path) {
  auto file = MappedFile::open(path);
  if (!file) return tl::unexpected<Error>(file.error());
  Shard shard;
  shard.file_ = std::move(*file);
  auto bytes = shard.file_.bytes();
  const auto refuse = [&](const std::string& why) {
    return fail(ErrorCode::kMalformed, path.string() + ": " + why);
  };
  FileHeader header;
  if (bytes.size() < sizeof header || std::memcmp(bytes.data(), header.magic, 8) != 0)
    return refuse("not prepared data (make it with `sage-music data prepare`)");
  std::memcpy(&header, bytes.data(), sizeof header);
  if (header.version != 1)
    return refuse("prepared by another version (" + std::to_string(header.version) +
                  "); prepare the data again");
  bytes = bytes.subspan(sizeof header);
  const auto json_text = take<char>(bytes, header.json_bytes, "header");
  if (!json_text) return fail(path.string(), json_text.error());
  const auto json =
      nlohmann::json::parse(json_text->begin(), json_text->end(), nullptr, /*exceptions=*/false);
  if (json.is_discarded() || header.json_bytes % 8 != 0) return refuse("the header is damaged");
  auto config = tokenizer_config_from_json(json);
  if (!config) return fail(path.string(), config.error());
  shard.config_ = *config;
  const auto pieces = take<PieceEntry>(bytes, header.pieces, "table of pieces");
  if (!pieces) return fail(path.string(), pieces.error());
  const auto bars = take<BarEntry>(bytes, header.bars, "table of bars");
  if (!bars) return fail(path.string(), bars.error());
  const auto tokens = take<std::uint16_t>(bytes, header.tokens, "tokens");
  if (!tokens) return fail(path.string(), tokens.error());
  const int size = Vocabulary(shard.config_).size();
  if (std::any_of(tokens->begin(), tokens->end(), [&](auto id) { return id >= size; }))
    return refuse("a token is outside the vocabulary; prepare the data again");
  for (const PieceEntry& piece : *pieces)
    if (!piece_fits(piece, *bars, *tokens, size))
      return refuse("the table of pieces does not fit the tokens; prepare the data again");
  shard.pieces_ = *pieces;
  shard.bars_ = *bars;
  shard.tokens_ = *tokens;
  return shard;
}

}  // namespace sage
