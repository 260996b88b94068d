#include "eval/holes.h"

#include <algorithm>
#include <array>
#include <string>
#include <tuple>
#include <utility>

#include "base/random.h"
#include "score/timeline.h"

namespace sage {
namespace {

constexpr std::array<std::string_view, 2> kTasks = {"infill", "accompany"};
constexpr std::array<std::string_view, 4> kKinds = {"bars", "tracks", "part", "others"};

template <class Enum, std::size_t N>
std::optional<Enum> from_name(const std::array<std::string_view, N>& names, std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<Enum>(found - names.begin());
}

struct Span {
  Tick from, to;
  bool holds(Tick t) const { return t >= from && t < to; }
};

Span span_of(const Piece& piece, std::size_t first, std::size_t bars) {
  const std::size_t last = std::min(first + bars, piece.bars.size());
  return {piece.bars[first].start, piece.bars[last - 1].end()};
}

bool is_hidden(const PieceHole& hole, const Span& span, int program, Tick onset) {
  if (hole.given) return program != *hole.given;
  return span.holds(onset) &&
         std::binary_search(hole.programs.begin(), hole.programs.end(), program);
}

/// Which instruments begin notes in which bars.
class Activity {
 public:
  explicit Activity(const Piece& piece) : piece_(piece), bars_(piece.bars.size()) {
    for (const Track& track : piece.score.tracks) {
      Row& row = rows_.emplace_back();
      row.program = track.program_or_drum();
      row.onsets.resize(bars_ + 1);  // sums
      std::size_t bar = 0;
      for (const Note& note : track.notes) {
        while (bar + 1 < bars_ && piece.bars[bar + 1].start <= note.onset) ++bar;
        row.onsets[bar + 1] = 1;
        row.end = std::max(row.end, note.onset + note.duration);
      }
      for (std::size_t k = 1; k <= bars_; ++k) row.onsets[k] += row.onsets[k - 1];
    }
  }

  /// Bars of a range in which a program begins notes, for those that do.
  std::vector<std::pair<int, std::size_t>> playing(std::size_t first, std::size_t bars) const {
    std::vector<std::pair<int, std::size_t>> out;
    for (const Row& row : rows_)
      if (const std::size_t n = row.onsets[first + bars] - row.onsets[first]; n > 0)
        out.push_back({row.program, n});
    return out;
  }

  /// Whether the rest still reaches into the hole's last bar: a shorter piece would have no such
  /// bars to be filled.
  bool reaches(const PieceHole& hole) const {
    const Span span = span_of(piece_, hole.first_bar, hole.bars);
    const Tick last_bar = piece_.bars[hole.first_bar + hole.bars - 1].start;
    return std::any_of(rows_.begin(), rows_.end(), [&](const Row& row) {
      if (!is_hidden(hole, span, row.program, span.from)) return row.end > last_bar;
      return !hole.given && row.onsets[bars_] > row.onsets[hole.first_bar + hole.bars];
    });
  }

  std::size_t bars() const { return bars_; }

 private:
  struct Row {
    int program = 0;
    std::vector<std::size_t> onsets;  // entry k: bars below k in which notes begin
    Tick end;
  };
  const Piece& piece_;
  std::size_t bars_;
  std::vector<Row> rows_;
};

template <class T>
void shuffle(std::vector<T>& values, Random& random) {
  for (std::size_t i = values.size(); i-- > 1;)
    std::swap(values[i], values[random.below(static_cast<std::uint32_t>(i + 1))]);
}

std::optional<PieceHole> infill_at(const Activity& activity, HoleKind kind, std::size_t first,
                                   std::size_t bars, Random& random) {
  PieceHole hole{kind, first, bars, {}, {}};
  for (const auto& [program, playing] : activity.playing(first, bars))
    hole.programs.push_back(program);
  const std::size_t all = hole.programs.size();
  const std::size_t least = kind == HoleKind::kBars ? 1 : kind == HoleKind::kPart ? 2 : 3;
  if (all < least) return std::nullopt;
  if (kind != HoleKind::kBars) shuffle(hole.programs, random);
  if (kind == HoleKind::kPart) hole.programs.resize(1);
  if (kind == HoleKind::kTracks)
    hole.programs.resize(2 + random.below(static_cast<std::uint32_t>(all - 2)));
  std::sort(hole.programs.begin(), hole.programs.end());
  return hole;
}

std::optional<PieceHole> accompaniment_at(const Activity& activity, std::size_t first,
                                          std::size_t bars, Random& random) {
  PieceHole hole{HoleKind::kOthers, first, bars, {}, {}};
  std::vector<int> substantial;
  for (const auto& [program, playing] : activity.playing(first, bars)) {
    hole.programs.push_back(program);
    if (program != kDrumProgram && 2 * playing >= bars) substantial.push_back(program);
  }
  if (substantial.empty() || hole.programs.size() < 2) return std::nullopt;
  hole.given = substantial[random.below(static_cast<std::uint32_t>(substantial.size()))];
  std::erase(hole.programs, *hole.given);
  return hole;
}

Result<PieceHole> make_infill(const Activity& activity, std::size_t bars, Random& random) {
  if (activity.bars() < 2 * bars + 1)
    return fail(ErrorCode::kInvalidArgument, "only " + std::to_string(activity.bars()) +
                                                 " bars, no room for a hole of " +
                                                 std::to_string(bars));
  std::vector<HoleKind> kinds = {HoleKind::kBars, HoleKind::kTracks, HoleKind::kPart};
  shuffle(kinds, random);
  std::vector<std::size_t> places;
  for (std::size_t first = bars; first + bars < activity.bars(); ++first) places.push_back(first);
  for (const HoleKind kind : kinds) {
    shuffle(places, random);
    for (const std::size_t first : places)
      if (auto hole = infill_at(activity, kind, first, bars, random);
          hole && activity.reaches(*hole))
        return *std::move(hole);
  }
  return fail(ErrorCode::kInvalidArgument, "no bars that could be a hole");
}

Result<PieceHole> make_accompaniment(const Activity& activity, std::size_t bars, Random& random) {
  bars = std::min(bars, activity.bars());
  std::vector<std::size_t> places;
  for (std::size_t first = 0; first + bars <= activity.bars(); ++first) places.push_back(first);
  shuffle(places, random);
  for (const std::size_t first : places)
    if (auto hole = accompaniment_at(activity, first, bars, random);
        hole && activity.reaches(*hole))
      return *std::move(hole);
  return fail(ErrorCode::kInvalidArgument,
              "no pitched part that plays throughout beside other instruments");
}

/// A note outside the hole, to be looked for in another piece.
using NotePlace =
    std::tuple<int, std::int64_t, int, std::int64_t>;  // program, onset, pitch, duration

std::vector<NotePlace> rest_of(const Piece& piece, const PieceHole& hole, const Span& span) {
  std::vector<NotePlace> notes;
  for (const Track& track : piece.score.tracks) {
    const int program = track.program_or_drum();
    for (const Note& note : track.notes)
      if (!is_hidden(hole, span, program, note.onset))
        notes.push_back({program, note.onset.count, note.pitch, note.duration.count});
  }
  std::sort(notes.begin(), notes.end());
  return notes;
}

}  // namespace

std::string_view to_string(HoleTask task) { return kTasks[static_cast<std::size_t>(task)]; }
std::optional<HoleTask> hole_task(std::string_view name) {
  return from_name<HoleTask>(kTasks, name);
}
std::string_view to_string(HoleKind kind) { return kKinds[static_cast<std::size_t>(kind)]; }
std::optional<HoleKind> hole_kind(std::string_view name) {
  return from_name<HoleKind>(kKinds, name);
}

std::string describe(HoleTask task, std::size_t bars) {
  const std::string count = std::to_string(bars);
  if (task == HoleTask::kInfill)
    return "From held-out pieces " + count +
           " bars are taken out, of all instruments, of some or of one; what fills the hole is "
           "compared with what the composer wrote there.";
  return "One part of a held-out piece is given; what the other instruments play to it over " +
         count + " bars is compared with what the composer wrote for them.";
}

std::size_t default_bars(HoleTask task) { return task == HoleTask::kInfill ? 4 : 16; }

Result<PieceHole> make_hole(const Piece& piece, HoleTask task, std::size_t bars,
                            std::uint64_t seed) {
  const Activity activity(piece);
  Random random(seed);
  return task == HoleTask::kInfill ? make_infill(activity, bars, random)
                                   : make_accompaniment(activity, bars, random);
}

Result<void> check_hole(const Piece& piece, const PieceHole& hole) {
  if (hole.bars == 0 || hole.bars > piece.bars.size() ||
      hole.first_bar > piece.bars.size() - hole.bars)
    return fail(ErrorCode::kMismatch,
                "the hole lies outside its " + std::to_string(piece.bars.size()) + " bars");
  if (note_count(in_hole(piece, hole).score) == 0)
    return fail(ErrorCode::kMismatch, "nothing of it plays in the hole");
  return {};
}

Score with_hole(const Score& score, const Piece& piece, const PieceHole& hole) {
  const Span span = span_of(piece, hole.first_bar, hole.bars);
  Score out = score;
  for (Track& track : out.tracks)
    std::erase_if(track.notes, [&](const Note& note) {
      const Tick onset{rescale(note.onset.count, std::max(score.ticks_per_quarter, 1),
                               piece.score.ticks_per_quarter)};
      return is_hidden(hole, span, track.program_or_drum(), onset);
    });
  std::erase_if(out.tracks, [](const Track& track) { return track.notes.empty(); });
  return out;
}

Piece in_hole(const Piece& piece, const PieceHole& hole) {
  Piece part = bars_between(piece, hole.first_bar, hole.bars);
  auto& tracks = part.score.tracks;
  std::erase_if(tracks, [&](const Track& track) {
    return !std::binary_search(hole.programs.begin(), hole.programs.end(), track.program_or_drum());
  });
  for (const int program : hole.programs) {
    const auto at = std::find_if(tracks.begin(), tracks.end(), [&](const Track& track) {
      return track.program_or_drum() >= program;
    });
    if (at != tracks.end() && at->program_or_drum() == program) continue;
    Track track;
    track.is_drum = program == kDrumProgram;
    track.program = static_cast<std::uint8_t>(track.is_drum ? 0 : program);
    tracks.insert(at, std::move(track));
  }
  // A piece that ends before is silent from there on: how long the hole is was never in doubt.
  while (part.bars.size() < hole.bars)
    part.bars.push_back({part.end(), part.measure, part.bars.back().meter});
  part.asked = {hole.programs, hole.bars};
  return part;
}

Piece beside_hole(const Piece& piece, const PieceHole& hole) {
  const Span span = span_of(piece, hole.first_bar, hole.bars);
  Piece part = bars_between(piece, hole.first_bar, hole.bars);
  part.score.tracks = piece.score.tracks;
  for (Track& track : part.score.tracks) {
    std::erase_if(track.notes, [&](const Note& note) {
      return is_hidden(hole, span, track.program_or_drum(), note.onset) || note.onset >= span.to ||
             note.onset + note.duration <= span.from;
    });
    for (Note& note : track.notes) {
      const Tick end = std::min(note.onset + note.duration, span.to) - span.from;
      note.onset = std::max(note.onset, span.from) - span.from;
      note.duration = end - note.onset;
    }
  }
  std::erase_if(part.score.tracks, [](const Track& track) { return track.notes.empty(); });
  return part;
}

Rest& Rest::operator+=(const Rest& other) {
  notes += other.notes;
  lost += other.lost;
  added += other.added;
  changed += other.changed;
  return *this;
}

Rest compare_rest(const Piece& output, const Piece& reference, const PieceHole& hole) {
  const Span span = span_of(reference, hole.first_bar, hole.bars);
  const auto expected = rest_of(reference, hole, span), found = rest_of(output, hole, span);
  const auto key = [](const NotePlace& p) {
    return std::tuple(std::get<0>(p), std::get<1>(p), std::get<2>(p));
  };
  Rest rest;
  rest.notes = expected.size();
  auto a = expected.begin(), b = found.begin();
  while (a != expected.end() && b != found.end()) {
    if (key(*a) < key(*b)) {
      ++rest.lost, ++a;
    } else if (key(*b) < key(*a)) {
      ++rest.added, ++b;
    } else {
      if (*a != *b) ++rest.changed;
      ++a, ++b;
    }
  }
  rest.lost += static_cast<std::size_t>(expected.end() - a);
  rest.added += static_cast<std::size_t>(found.end() - b);
  return rest;
}

}  // namespace sage
