#include "data/shard_writer.h"

#include <array>
#include <nlohmann/json.hpp>
#include <utility>

namespace sage {
namespace {

using nlohmann::json;

template <class T>
void append_values(std::span<const T> values, std::vector<std::uint8_t>& to) {
  const auto bytes = bytes_of(values);
  to.insert(to.end(), bytes.begin(), bytes.end());
}

}  // namespace

PackedBlock pack_block(std::vector<PieceEntry> pieces, std::span<const std::uint8_t> data,
                       int level) {
  PackedBlock block;
  block.stored = compress(data, level);
  block.entry.checksum = checksum_of(block.stored);
  block.entry.stored = static_cast<std::uint32_t>(block.stored.size());
  block.entry.size = static_cast<std::uint32_t>(data.size());
  std::uint64_t offset = 0;
  for (PieceEntry& piece : pieces) {
    piece.offset = static_cast<std::uint32_t>(offset);
    offset += piece.size();
  }
  block.pieces = std::move(pieces);
  return block;
}

void append_piece(const PieceData& piece, std::vector<std::uint8_t>& data) {
  append_values(std::span<const BarEntry>(piece.bars), data);
  append_values(std::span<const std::uint16_t>(piece.tokens), data);
}

Result<ShardWriter> ShardWriter::create(const std::filesystem::path& path,
                                        const TokenizerConfig& config,
                                        std::span<const Source> sources) {
  auto file = FileWriter::create(path);
  if (!file) return tl::unexpected<Error>(file.error());
  json list = json::array();
  for (const Source& source : sources)
    list.push_back({{"repo", source.repo}, {"licence", source.licence}});
  std::string text = json{{"tokenizer", to_json(config)}, {"sources", list}}.dump(
      -1, ' ', false, json::error_handler_t::replace);
  text.resize((text.size() + 7) / 8 * 8, ' ');
  ShardWriter writer(*std::move(file), std::move(text));
  const ShardHead head;
  if (auto written = writer.append(bytes_of(std::span(&head, 1))); !written)
    return tl::unexpected<Error>(written.error());
  return writer;
}

Result<void> ShardWriter::append(std::span<const std::uint8_t> bytes) {
  hash_.update(bytes);
  position_ += bytes.size();
  return file_.append(bytes);
}

Result<void> ShardWriter::add(PackedBlock block) {
  block.entry.offset = position_;
  for (PieceEntry& piece : block.pieces) {
    piece.block = static_cast<std::uint32_t>(blocks_.size());
    tokens_ += piece.token_count;
    pieces_.push_back(piece);
  }
  blocks_.push_back(block.entry);
  return append(block.stored);
}

Result<ShardSummary> ShardWriter::finish() {
  const std::array<std::uint8_t, 8> zeros = {};
  if (auto written = append(std::span(zeros).first((8 - position_ % 8) % 8)); !written)
    return tl::unexpected<Error>(written.error());
  ShardFooter footer;
  footer.tables = position_;
  footer.json_bytes = json_.size();
  footer.blocks = blocks_.size();
  footer.pieces = pieces_.size();
  footer.tokens = tokens_;
  std::vector<std::uint8_t> tables(json_.begin(), json_.end());
  append_values(std::span<const BlockEntry>(blocks_), tables);
  append_values(std::span<const PieceEntry>(pieces_), tables);
  const auto tail = bytes_of(std::span<const ShardFooter>(&footer, 1));
  const std::size_t counted = offsetof(ShardFooter, checksum);
  tables.insert(tables.end(), tail.begin(), tail.begin() + counted);
  footer.checksum = checksum_of(tables);
  tables.insert(tables.end(), tail.begin() + counted, tail.end());
  if (auto written = append(tables); !written) return tl::unexpected<Error>(written.error());
  if (auto done = file_.commit(); !done) return tl::unexpected<Error>(done.error());
  return ShardSummary{pieces_.size(), tokens_, position_, hash_.hex()};
}

}  // namespace sage
