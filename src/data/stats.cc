#include "data/stats.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>
#include <utility>

#include "base/file.h"
#include "data/shard_set.h"
#include "score/meter_text.h"
#include "tokens/tokenizer.h"

namespace sage {
namespace {

void add_all(std::vector<std::uint64_t>& to, const std::vector<std::uint64_t>& from) {
  for (std::size_t i = 0; i < to.size(); ++i) to[i] += from[i];
}

template <class Key>
void add_all(std::map<Key, std::uint64_t>& to, const std::map<Key, std::uint64_t>& from) {
  for (const auto& [key, count] : from) to[key] += count;
}

void add_all(DataCount& to, const DataCount& from) {
  to.pieces += from.pieces;
  to.notes += from.notes;
  to.bars += from.bars;
  to.tokens += from.tokens;
  to.with_drums += from.with_drums;
}

void add_all(PartStats& to, const PartStats& from) {
  add_all(to.total, from.total);
  for (const auto& [source, count] : from.sources) add_all(to.sources[source], count);
  for (const auto member : {&PartStats::programs, &PartStats::pitches, &PartStats::drums})
    add_all(to.*member, from.*member);
  for (const auto member : {&PartStats::meters, &PartStats::kinds})
    add_all(to.*member, from.*member);
  for (const auto member : {&PartStats::tempos, &PartStats::piece_notes, &PartStats::piece_bars,
                            &PartStats::notes_a_bar, &PartStats::pitch_range})
    add_all((to.*member).counts, (from.*member).counts);
}

/// Counts pieces of one part into a separate PartStats.
class PieceCounter {
 public:
  PieceCounter(const ShardSet& shards, const Tokenizer& tokenizer)
      : shards_(shards), tokenizer_(tokenizer), ids_(tokenizer.vocabulary().size()) {}

  Result<void> add(std::size_t index) {
    const PieceEntry& piece = shards_.piece(index);
    const auto data = shards_.read(index);
    if (!data) return tl::unexpected<Error>(data.error());
    stats_.total.add(piece);
    stats_.sources[shards_.sources()[piece.source]].add(piece);
    stats_.piece_notes.add(piece.note_count);
    stats_.piece_bars.add(piece.bar_count);
    stats_.notes_a_bar.add(static_cast<double>(piece.note_count) / piece.bar_count);
    if (piece.lowest_pitch != PieceEntry::kUnpitched)
      stats_.pitch_range.add(piece.highest_pitch - piece.lowest_pitch);
    const Vocabulary& vocabulary = tokenizer_.vocabulary();
    for (const BarEntry& bar : data->bars) {
      ++ids_[bar.meter].meter_bars;
      const auto tempo = vocabulary.event(bar.tempo);
      if (tempo.kind == Kind::kTempo)
        stats_.tempos.add(6e7 / vocabulary.tempos()[static_cast<std::size_t>(tempo.value)]);
    }
    for (const std::uint16_t id : data->tokens) ++ids_[id].tokens;
    return count_programs(data->tokens);
  }

  PartStats take() {
    const Vocabulary& vocabulary = tokenizer_.vocabulary();
    for (TokenId id = 0; id < vocabulary.size(); ++id) {
      const auto& seen = ids_[static_cast<std::size_t>(id)];
      const TokenEvent event = vocabulary.event(id);
      if (seen.tokens > 0) stats_.kinds[std::string(kind_name(event.kind))] += seen.tokens;
      if (event.kind == Kind::kPitch)
        stats_.pitches[static_cast<std::size_t>(event.value)] += seen.tokens;
      if (event.kind == Kind::kDrum)
        stats_.drums[static_cast<std::size_t>(event.value)] += seen.tokens;
      if (event.kind == Kind::kTimeSignature && seen.meter_bars > 0) {
        const Meter meter = vocabulary.meters()[static_cast<std::size_t>(event.value)];
        stats_.meters[meter_text(meter)] += seen.meter_bars;
      }
    }
    return std::move(stats_);
  }

 private:
  struct Seen {
    std::uint64_t tokens = 0, meter_bars = 0;
  };

  /// The reader knows the program of a note; schemes encode it differently.
  Result<void> count_programs(const std::vector<std::uint16_t>& tokens) {
    const auto score = tokenizer_.decode(std::vector<TokenId>(tokens.begin(), tokens.end()));
    if (!score) return tl::unexpected<Error>(score.error());
    for (const Track& track : score->tracks)
      stats_.programs[static_cast<std::size_t>(track.program_or_drum())] += track.notes.size();
    return {};
  }

  const ShardSet& shards_;
  const Tokenizer& tokenizer_;
  std::vector<Seen> ids_;
  PartStats stats_;
};

using Watch = std::function<bool(std::size_t, std::size_t)>;

/// Threads count runs of pieces, so that a block is mostly read by one of them.
Result<PartStats> count_part(const ShardSet& shards, const Tokenizer& tokenizer, int threads,
                             const Watch& watch) {
  constexpr std::size_t kRun = 64;
  std::atomic<std::size_t> next{0}, done{0};
  std::atomic<int> running{std::max(1, threads)};
  std::atomic<bool> stop{false};
  std::mutex mutex;
  std::optional<Error> error;
  PartStats total;
  const auto work = [&] {
    PieceCounter counter(shards, tokenizer);
    for (std::size_t first; !stop && (first = next.fetch_add(kRun)) < shards.piece_count();) {
      for (std::size_t i = first; i < std::min(first + kRun, shards.piece_count()); ++i, ++done)
        if (auto added = counter.add(i); !added) {
          const std::lock_guard lock(mutex);
          error = added.error();
          stop = true;
          break;
        }
    }
    const std::lock_guard lock(mutex);
    add_all(total, counter.take());
    --running;
  };
  std::vector<std::thread> team;
  for (int i = running; i > 0; --i) team.emplace_back(work);
  while (running > 0) {
    if (watch && !watch(done, shards.piece_count())) stop = true;
    std::this_thread::sleep_for(std::chrono::milliseconds(shards.piece_count() < 1000 ? 1 : 50));
  }
  for (std::thread& thread : team) thread.join();
  if (error) return tl::unexpected<Error>(*error);
  if (stop) return fail(ErrorCode::kInterrupted, "stopped");
  return total;
}

}  // namespace

void DataCount::add(const PieceEntry& piece) {
  ++pieces;
  notes += piece.note_count;
  bars += piece.bar_count;
  tokens += piece.token_count;
  with_drums += piece.has_drums;
}

void Bins::add(double value) {
  const auto scaled = [&](double x) { return log ? std::log(std::max(x, 1e-9)) : x; };
  const double place = (scaled(value) - scaled(from)) / (scaled(to) - scaled(from)) *
                       static_cast<double>(counts.size());
  ++counts[static_cast<std::size_t>(
      std::clamp(place, 0.0, static_cast<double>(counts.size()) - 0.5))];
}

double Bins::at(std::size_t bin) const {
  const double share = (static_cast<double>(bin) + 0.5) / static_cast<double>(counts.size());
  return log ? from * std::pow(to / from, share) : from + share * (to - from);
}

Result<DataStats> data_stats(const std::filesystem::path& folder, int threads, const Watch& watch) {
  DataStats stats;
  for (const auto& [name, part] : {std::pair{"train", &stats.train}, {"valid", &stats.valid}}) {
    const auto shards = ShardSet::open(folder / name);
    if (!shards) return tl::unexpected<Error>(shards.error());
    stats.tokenizer = shards->config();
    const auto tokenizer = Tokenizer::create(stats.tokenizer);
    if (!tokenizer) return tl::unexpected<Error>(tokenizer.error());
    auto counted = count_part(*shards, *tokenizer, threads, watch);
    if (!counted) return tl::unexpected<Error>(counted.error());
    *part = *std::move(counted);
  }
  const auto text = read_text(folder / "manifest.json");
  if (!text) return tl::unexpected<Error>(text.error());
  const auto manifest = nlohmann::json::parse(*text, nullptr, /*allow_exceptions=*/false);
  if (manifest.is_object() && manifest.contains("dropped") && manifest["dropped"].is_object())
    for (const auto& [reason, files] : manifest["dropped"].items())
      if (files.is_number_unsigned()) stats.dropped[reason] = files;
  return stats;
}

}  // namespace sage
