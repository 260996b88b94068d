// vary: as much of some bars kept as the similarity says, the rest written anew.
//
// Quarters of parts stay or go, at random; where they go is drawn among what stays. The similarity
// of a version is the F1 of its notes with the old ones (same part, onset and pitch, see
// metrics/listening.h). Notes that are drawn anew agree with the old ones by chance, so several
// versions are written with shares that approach what was asked for, and the nearest is kept.
#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "generate/casting.h"
#include "score/timeline.h"
#include "verbs/verb.h"

namespace sage {
namespace {

constexpr int kVersions = 6;
constexpr double kNear = 0.02;

/// A quarter of a part, with its notes.
struct Cell {
  std::size_t part = 0;
  Tick from, to;
  std::size_t notes = 0;
};

struct Scope {
  Tick from, to;
  std::vector<std::size_t> parts;
};

using Key = std::pair<std::int64_t, int>;  // onset, pitch

std::vector<Key> keys_of(const Track& track, const Scope& scope, int grid, int ticks_per_quarter) {
  std::vector<Key> keys;
  for (const Note& note : track.notes)
    if (note.onset >= scope.from && note.onset < scope.to)
      keys.emplace_back((note.onset.count * grid + ticks_per_quarter / 2) / ticks_per_quarter,
                        note.pitch);
  std::sort(keys.begin(), keys.end());
  return keys;
}

/// 2 hits / (notes before + notes after).
double similarity(const Score& before, const Score& after, const Scope& scope, int grid) {
  std::size_t notes = 0, hits = 0;
  for (const std::size_t part : scope.parts) {
    const auto a = keys_of(before.tracks[part], scope, grid, before.ticks_per_quarter);
    std::vector<Key> b;
    if (part < after.tracks.size())
      b = keys_of(after.tracks[part], scope, grid, after.ticks_per_quarter);
    std::vector<Key> both;
    std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both));
    notes += a.size() + b.size();
    hits += both.size();
  }
  return notes == 0 ? 1 : 2.0 * static_cast<double>(hits) / static_cast<double>(notes);
}

std::vector<Cell> cells_of(const Score& score, const Scope& scope, Random& random) {
  std::vector<Cell> cells;
  const Tick quarter{score.ticks_per_quarter};
  for (const std::size_t part : scope.parts)
    for (Tick at = scope.from; at < scope.to; at = at + quarter) {
      const auto& notes = score.tracks[part].notes;
      const auto count = std::count_if(notes.begin(), notes.end(), [&](const Note& note) {
        return note.onset >= at && note.onset < at + quarter;
      });
      cells.push_back({part, at, at + quarter, static_cast<std::size_t>(count)});
    }
  for (std::size_t i = cells.size(); i > 1; --i)
    std::swap(cells[i - 1], cells[random.below(static_cast<std::uint32_t>(i))]);
  return cells;
}

/// Cells in turn, until their notes make the share.
std::vector<KeptSpan> kept_spans(std::span<const Cell> cells, double share,
                                 const Casting& casting) {
  std::size_t all = 0, kept = 0;
  for (const Cell& cell : cells) all += cell.notes;
  std::vector<KeptSpan> spans;
  for (const Cell& cell : cells) {
    const double next = static_cast<double>(kept) + static_cast<double>(cell.notes) / 2;
    if (next > share * static_cast<double>(all)) break;
    kept += cell.notes;
    spans.push_back({casting.programs[cell.part], cell.from, cell.to});
  }
  return spans;
}

Result<Scope> scope_of(const midi::Document& document, const VerbRequest& request) {
  const Score& score = document.music().score;
  const auto bars = bars_of(score, end_of(score));
  if (!bars) return tl::unexpected(bars.error());
  const auto count = static_cast<int>(bars->size());
  if (request.first_bar < 0 || request.first_bar >= count)
    return fail(ErrorCode::kInvalidArgument,
                "the piece has " + std::to_string(count) + " bars, and none of the ones asked for");
  const int last = request.bars == 0 ? count : std::min(count, request.first_bar + request.bars);
  return Scope{(*bars)[static_cast<std::size_t>(request.first_bar)].start,
               (*bars)[static_cast<std::size_t>(last - 1)].end(),
               request.parts.empty() ? parts_in_bars(document, request.first_bar, request.bars)
                                     : request.parts};
}

Result<VerbOutcome> run_vary(const std::shared_ptr<const Engine>& engine,
                             const midi::Document& document, const VerbRequest& request,
                             const InfillCallback& callback) {
  if (!(request.similarity >= 0 && request.similarity <= 1))
    return fail(ErrorCode::kInvalidArgument, "similarity must lie between 0 and 1");
  const auto scope = scope_of(document, request);
  if (!scope) return tl::unexpected(scope.error());
  if (scope->parts.empty()) return fail(ErrorCode::kInvalidArgument, "the piece holds no notes");
  const Score& score = document.music().score;
  RewriteRequest rewrite = rewrite_request(request);
  rewrite.replaced = scope->parts;
  rewrite.named = !request.parts.empty();
  rewrite.infill.takes = 1;
  rewrite.attempts = 1;
  const Casting casting = cast_parts(score, rewrite.replaced, {});
  Random random(request.seed);
  const std::vector<Cell> cells = cells_of(score, *scope, random);

  std::optional<VerbOutcome> best;
  double share = request.similarity, low = 0, high = 1;
  for (int version = 0; version < kVersions; ++version) {
    rewrite.infill.kept = kept_spans(cells, share, casting);
    auto outcome = rewrite_as_verb(engine, document, rewrite, callback);
    if (!outcome) return outcome;
    const auto after = midi::Document::read(outcome->bytes);
    if (!after) return tl::unexpected(after.error());
    const double got =
        similarity(score, after->music().score, *scope, engine->tokenizer().config().grid);
    outcome->similarity = got;
    const double miss = std::abs(got - request.similarity);
    if (!best || miss < std::abs(*best->similarity - request.similarity))
      best = *std::move(outcome);
    if (miss <= kNear) break;
    (got > request.similarity ? high : low) = share;
    share = std::clamp(share - (got - request.similarity), low, high);
    ++rewrite.infill.seed;
  }
  return *std::move(best);
}

}  // namespace

const Verb& vary_verb() {
  static const Verb verb = {
      "vary", "Vary bars: keep as much of the notes as --similarity says, those untouched",
      "vary song.mid --bars 9-16 --similarity 0.8 -o variation.mid", run_vary};
  return verb;
}

}  // namespace sage
