#include "train/dataset.h"

#include <algorithm>
#include <utility>

namespace sage {

Result<Dataset> Dataset::open(const std::filesystem::path& path, const WindowOptions& options) {
  auto shard = Shard::open(path);
  if (!shard) return tl::unexpected<Error>(shard.error());
  if (shard->pieces().empty())
    return fail(ErrorCode::kInvalidArgument, path.string() + ": no pieces in the prepared data");
  return Dataset(std::move(*shard), options);
}

Dataset::Dataset(Shard shard, const WindowOptions& options)
    : shard_(std::move(shard)), options_(options), vocabulary_(shard_.config()) {
  double total = 0;
  for (const PieceEntry& piece : shard_.pieces()) {
    total += piece.token_count * (piece.has_drums != 0 ? options.drum_weight : 1.0);
    cumulative_.push_back(total);
  }
}

Dataset::Window Dataset::draw(Random& random) const {
  Window window;
  const double point = random.uniform() * cumulative_.back();
  const auto at = std::upper_bound(cumulative_.begin(), cumulative_.end() - 1, point);
  window.piece = static_cast<std::size_t>(at - cumulative_.begin());
  const PieceEntry& piece = shard_.pieces()[window.piece];
  window.header = random.uniform() < options_.header_probability;
  const bool first = random.uniform() < options_.first_bar_probability;
  const auto bar = random.below(piece.bar_count);
  window.bar = first ? 0 : bar;
  if (piece.lowest_pitch != PieceEntry::kUnpitched) {
    const int low = std::max(options_.lowest_shift, -static_cast<int>(piece.lowest_pitch));
    const int high = std::min(options_.highest_shift, 127 - static_cast<int>(piece.highest_pitch));
    window.shift = low + static_cast<int>(random.below(static_cast<std::uint32_t>(high - low + 1)));
  }
  return window;
}

/// The PROGRAM ids in a stretch of tokens, ascending, each once. A window's header names those who
/// play in the window, not all of the piece's: else it would promise instruments that the model
/// never sees enter.
std::vector<TokenId> Dataset::programs_in(std::span<const std::uint16_t> tokens) const {
  const IdRange programs = vocabulary_.range(Kind::kProgram);
  std::vector<TokenId> found;
  for (const TokenId id : tokens)
    if (id >= programs.begin && id < programs.end) found.push_back(id);
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

std::size_t Dataset::write(const Window& window, std::span<std::uint16_t> to) const {
  const PieceEntry& piece = shard_.pieces()[window.piece];
  const auto tokens = shard_.tokens(piece);
  const BarEntry& bar = shard_.bars(piece)[window.bar];
  const IdRange pitches = vocabulary_.range(Kind::kPitch);
  std::size_t from = bar.offset + 1;
  const auto says = [&](Kind kind) {
    return from < tokens.size() && vocabulary_.event(tokens[from]).kind == kind;
  };
  if (says(Kind::kTimeSignature)) ++from;
  if (says(Kind::kTempo)) ++from;

  std::size_t size = 0;
  const auto put = [&](TokenId id) {
    if (size < to.size()) to[size++] = static_cast<std::uint16_t>(id);
  };
  put(tokens[0]);  // BOS
  if (window.header)
    for (const TokenId id :
         programs_in(tokens.subspan(from).first(std::min(to.size(), tokens.size() - from))))
      put(id);
  put(vocabulary_.id(Kind::kStart));
  put(tokens[bar.offset]);  // BAR
  put(bar.meter);
  put(bar.tempo);
  for (; from < tokens.size() && size < to.size(); ++from) {
    const TokenId id = tokens[from];
    put(id >= pitches.begin && id < pitches.end ? id + window.shift : id);
  }
  return size;
}

void Dataset::sample(Random& random, std::span<std::uint16_t> example) const {
  while (!example.empty()) example = example.subspan(write(draw(random), example));
}

void Dataset::fixed(std::size_t index, std::span<std::uint16_t> example) const {
  // Packing may take several pieces; the next example begins at its own index all the same.
  while (!example.empty()) {
    Window window;
    window.piece = index % piece_count();
    const std::size_t round = index / piece_count();
    const std::size_t bars = shard_.pieces()[window.piece].bar_count;
    window.bar = round * 7919 % bars;  // a prime step, so that rounds see different bars
    example = example.subspan(write(window, example));
    ++index;
  }
}

}  // namespace sage
