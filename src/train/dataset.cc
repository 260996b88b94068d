#include "train/dataset.h"

#include <algorithm>
#include <set>
#include <utility>

#include "train/holes.h"
#include "train/ordering.h"

namespace sage {

Result<Dataset> Dataset::open(const std::filesystem::path& path, const WindowOptions& options,
                              const std::optional<TokenizerConfig>& tokenizer) {
  auto shards = ShardSet::open(path);
  if (!shards) return tl::unexpected<Error>(shards.error());
  if (shards->piece_count() == 0)
    return fail(ErrorCode::kInvalidArgument, path.string() + ": no pieces in the prepared data");
  TokenizerConfig config = tokenizer ? *tokenizer : shards->config();
  config.order = options.order.value_or(config.order);
  TokenizerConfig base = shards->config();
  base.merges = config.merges;
  base.order = config.order;  // which the header gives, and prepared data have none
  if (base != config)
    return fail(ErrorCode::kMismatch, path.string() + " was prepared as " +
                                          describe(shards->config()) + ", the tokenizer is " +
                                          describe(config) + "; prepare the data again");
  if (config.order == ProgramOrder::kHeader && !config.merges.pairs.empty())
    return fail(ErrorCode::kUnsupported,
                "merges are learnt with ascending programs; train them without the header's order");
  auto made = Tokenizer::create(config);
  if (!made) return tl::unexpected<Error>(made.error());
  const auto weights = weights_of(shards->sources(), options.source_weights);
  if (!weights) return fail(path.string(), weights.error());
  return Dataset(std::move(*shards), *std::move(made), options, *weights);
}

/// The weight of every source; a name that fits none is an error.
Result<std::vector<double>> Dataset::weights_of(std::span<const Source> sources,
                                                std::span<const SourceWeight> given) {
  std::vector<double> weights(sources.size(), 1.0);
  for (const SourceWeight& wanted : given) {
    bool known = false;
    for (std::size_t i = 0; i < sources.size(); ++i) {
      if (sources[i].repo != wanted.name && sources[i].licence != wanted.name) continue;
      weights[i] *= wanted.weight;
      known = true;
    }
    if (known) continue;
    std::set<std::string> names;
    for (const Source& source : sources) names.insert({source.repo, source.licence});
    std::string list;
    for (const std::string& name : names) list += (list.empty() ? "" : "; ") + name;
    return fail(ErrorCode::kInvalidArgument,
                "no source or licence named \"" + wanted.name + "\" (known: " + list + ")");
  }
  return weights;
}

Dataset::Dataset(ShardSet shards, Tokenizer tokenizer, const WindowOptions& options,
                 std::span<const double> weights)
    : shards_(std::move(shards)),
      options_(options),
      tokenizer_(std::move(tokenizer)),
      notes_written_(tokenizer_.notes_written()) {
  double total = 0;
  for (std::size_t i = 0; i < shards_.piece_count(); ++i) {
    const PieceEntry& piece = shards_.piece(i);
    const double drums = piece.has_drums != 0 ? options.drum_weight : 1.0;
    total += piece.token_count * drums * weights[piece.source];
    cumulative_.push_back(total);
  }
}

Dataset::Window Dataset::draw(Random& random) const {
  Window window;
  const double point = random.uniform() * cumulative_.back();
  const auto at = std::upper_bound(cumulative_.begin(), cumulative_.end() - 1, point);
  window.piece = static_cast<std::size_t>(at - cumulative_.begin());
  const PieceEntry& piece = shards_.piece(window.piece);
  window.header = random.uniform() < options_.header_probability;
  const bool first = random.uniform() < options_.first_bar_probability;
  const auto bar = random.below(piece.bar_count);
  window.bar = first ? 0 : bar;
  if (piece.lowest_pitch != PieceEntry::kUnpitched) {
    const int low = std::max(options_.lowest_shift, -static_cast<int>(piece.lowest_pitch));
    const int high = std::min(options_.highest_shift, 127 - static_cast<int>(piece.highest_pitch));
    window.shift = low + static_cast<int>(random.below(static_cast<std::uint32_t>(high - low + 1)));
  }
  const auto up_or_down = [&](int most) {
    return most == 0
               ? 0
               : static_cast<int>(random.below(2 * static_cast<std::uint32_t>(most) + 1)) - most;
  };
  window.tempo_shift = up_or_down(options_.tempo_shift);
  window.velocity_shift = up_or_down(options_.velocity_shift);
  if (options_.hole_probability > 0 && random.uniform() < options_.hole_probability)
    window.holes = random.next();
  if (window.header && tokenizer_.config().order == ProgramOrder::kHeader)
    window.order = random.next();
  return window;
}

/// The PROGRAM ids in a stretch of tokens, ascending, each once. A window's header names those who
/// play in the window, not all of the piece's: else it would promise instruments that the model
/// never sees enter.
std::vector<TokenId> Dataset::programs_in(std::span<const std::uint16_t> tokens) const {
  const IdRange programs = tokenizer_.vocabulary().range(Kind::kProgram);
  std::vector<TokenId> found;
  for (const TokenId id : tokens)
    if (id >= programs.begin && id < programs.end) found.push_back(id);
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

/// The base tokens of a window from its BAR on, transposed: that bar's head, and at most `limit` of
/// what follows.
std::vector<std::uint16_t> Dataset::body(const PieceData& piece, const Window& window,
                                         std::size_t limit) const {
  const Vocabulary& vocabulary = tokenizer_.vocabulary();
  const std::span<const std::uint16_t> tokens(piece.tokens);
  const BarEntry& bar = piece.bars[window.bar];
  const auto stride = static_cast<std::size_t>(tokenizer_.stride());
  std::size_t from = bar.offset + stride;
  for (const Kind kind : {Kind::kTimeSignature, Kind::kTempo})
    if (from < tokens.size() && vocabulary.event(tokens[from]).kind == kind) from += stride;
  std::vector<TokenId> head;
  for (const TokenId id : {TokenId{tokens[bar.offset]}, TokenId{bar.meter}, TokenId{bar.tempo}})
    tokenizer_.put_structure(id, head);
  std::vector<std::uint16_t> body(head.begin(), head.end());
  body.reserve(head.size() + std::min(limit, tokens.size() - from));
  for (const TokenId id : tokens.subspan(from).first(std::min(limit, tokens.size() - from)))
    body.push_back(static_cast<std::uint16_t>(vocabulary.transposed(id, window.shift)));
  shift_bins(Kind::kTempo, window.tempo_shift, false, body);
  shift_bins(Kind::kVelocity, window.velocity_shift, true, body);
  return body;
}

/// Shifts all tokens of a kind by a number of values: each as far as its range goes, or else all of
/// them by the same, as far as the range allows (two tempi after each other must stay two).
void Dataset::shift_bins(Kind kind, int by, bool each, std::span<std::uint16_t> ids) const {
  if (by == 0) return;
  const IdRange range = tokenizer_.vocabulary().range(kind);
  const auto of_kind = [&](TokenId id) { return id >= range.begin && id < range.end; };
  if (!each)
    for (const TokenId id : ids)
      if (of_kind(id)) by = std::clamp(by, range.begin - id, range.end - 1 - id);
  for (std::uint16_t& id : ids)
    if (of_kind(id))
      id = static_cast<std::uint16_t>(std::clamp(id + by, range.begin, range.end - 1));
}

std::vector<std::uint16_t> Dataset::merged(std::span<const std::uint16_t> base) const {
  std::vector<std::uint32_t> ends;
  tokenizer_.segmenter().words(base, ends);
  std::vector<std::uint16_t> merged;
  BpeScratch scratch;
  tokenizer_.bpe().encode(base, ends, scratch, merged);
  return merged;
}

Result<std::size_t> Dataset::write(const Window& window, std::span<std::uint16_t> to) const {
  const auto piece = shards_.read(window.piece);
  if (!piece) return tl::unexpected<Error>(piece.error());
  if (window.holes) {
    Random random(*window.holes);
    const std::size_t limit = tokenizer_.has_merges() ? 4 * to.size() : to.size();
    const auto example =
        with_holes(tokenizer_, body(*piece, window, limit), window.header, to.size(), random);
    if (example) {
      std::copy(example->begin(), example->end(), to.begin());
      return example->size();
    }
  }
  if (window.order) {
    Random random(*window.order);
    const auto example =
        in_random_order(tokenizer_, body(*piece, window, 2 * to.size()), to.size(), random);
    if (example) {
      const std::size_t size = std::min(example->size(), to.size());
      std::copy_n(example->begin(), size, to.begin());
      return size;
    }
  }
  std::vector<std::uint16_t> base = body(*piece, window, to.size()), ids = base;
  if (tokenizer_.has_merges()) {
    // How many base tokens it takes shows only when they are merged.
    for (std::size_t limit = 2 * to.size();; limit *= 2) {
      base = body(*piece, window, limit);
      ids = merged(base);
      if (ids.size() >= to.size() || base.size() < limit) break;
    }
    std::size_t covered = 0;
    for (std::size_t i = 0; i < std::min(ids.size(), to.size()); ++i)
      covered += tokenizer_.expansion(ids[i]).size();
    base.resize(covered);
  }
  std::vector<TokenId> header;
  tokenizer_.put_structure(tokenizer_.vocabulary().id(Kind::kBos), header);
  if (window.header)
    for (const TokenId id : programs_in(base)) tokenizer_.put_structure(id, header);
  tokenizer_.put_structure(tokenizer_.vocabulary().id(Kind::kStart), header);
  ids.insert(ids.begin(), header.begin(), header.end());
  const std::size_t size = std::min(ids.size(), to.size());
  std::copy_n(ids.begin(), size, to.begin());
  return size;
}

Result<void> Dataset::sample(Random& random, std::span<std::uint16_t> example) const {
  if (cumulative_.back() <= 0)
    return fail(ErrorCode::kInvalidArgument,
                "the weights leave no piece to draw; give drums or a source a weight above 0");
  while (!example.empty()) {
    const auto written = write(draw(random), example);
    if (!written) return tl::unexpected<Error>(written.error());
    example = example.subspan(*written);
  }
  return {};
}

Result<void> Dataset::fixed(std::size_t index, std::span<std::uint16_t> example) const {
  // Packing may take several pieces; the next example begins at its own index all the same.
  while (!example.empty()) {
    Window window;
    window.piece = index % piece_count();
    const std::size_t round = index / piece_count();
    const std::size_t bars = shards_.piece(window.piece).bar_count;
    window.bar = round * 7919 % bars;  // a prime step, so that rounds see different bars
    const auto written = write(window, example);
    if (!written) return tl::unexpected<Error>(written.error());
    example = example.subspan(*written);
    ++index;
  }
  return {};
}

}  // namespace sage
