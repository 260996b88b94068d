// Holes in pieces, for the tasks `infill` and `accompany`: what is taken out of a piece, by which
// rule, and what an output has left of the rest.
//
// Everything is told on the metric grid: instruments are programs (several tracks of one program
// are one), bars are those of metrics/piece.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "metrics/piece.h"

namespace sage {

enum class HoleTask { kInfill, kAccompany };
std::string_view to_string(HoleTask task);
std::optional<HoleTask> hole_task(std::string_view name);

enum class HoleKind {
  kBars,    // all instruments, in a range of bars
  kTracks,  // some instruments, two at least, in a range of bars
  kPart,    // one instrument in a range of bars
  kOthers,  // accompaniment: all instruments but one, which alone is given
};
std::string_view to_string(HoleKind kind);
std::optional<HoleKind> hole_kind(std::string_view name);

struct PieceHole {
  HoleKind kind = HoleKind::kBars;
  std::size_t first_bar = 0, bars = 0;  // from 0
  std::vector<int> programs;            // that play in the hole and are to be written, ascending
  std::optional<int> given;             // kOthers: all that is known of the piece
  friend bool operator==(const PieceHole&, const PieceHole&) = default;
};

/// What the task asks, in one sentence.
std::string describe(HoleTask task, std::size_t bars);

/// How many bars a hole of the task has where nobody says so.
std::size_t default_bars(HoleTask task);

/// The hole of a piece, a function of piece and seed:
///
/// Infill: `bars` bars, with as many or more before them and one or more behind. The kind is drawn
/// among those that the piece allows (kTracks needs three instruments that play there, of which at
/// least one stays; kPart needs two), then the first bar among all at which it is possible, then
/// the instruments among those that play there.
///
/// Accompany: a window of `bars` bars (of a shorter piece all). The given part is drawn among the
/// pitched instruments that begin notes in at least half of the window's bars; the others that play
/// there are to be written. The window is drawn among all that have such a part and others.
///
/// Refuses a piece in which no such hole can be made.
Result<PieceHole> make_hole(const Piece& piece, HoleTask task, std::size_t bars,
                            std::uint64_t seed);

/// Whether the hole lies in the piece and what is to be written is there; `piece` may be any.
Result<void> check_hole(const Piece& piece, const PieceHole& hole);

/// What a system is given: the score without the hole; for kOthers the given part alone. `piece` is
/// the same music on the metric grid.
Score with_hole(const Score& score, const Piece& piece, const PieceHole& hole);

/// What is compared: the hole's instruments in its bars, those that are silent as well, and bars
/// that the piece does not reach as silent ones.
Piece in_hole(const Piece& piece, const PieceHole& hole);

/// What sounds in the hole's bars and is not to be written, in time of in_hole(): notes that begin
/// before the hole and still sound in it included; for kOthers the given part alone.
Piece beside_hole(const Piece& piece, const PieceHole& hole);

/// Notes outside the hole that an output should have left as they were.
struct Rest {
  std::size_t notes = 0;    // there are in the reference
  std::size_t lost = 0;     // that the output lacks
  std::size_t added = 0;    // that only the output has
  std::size_t changed = 0;  // of another length
  std::size_t violations() const { return lost + added + changed; }
  Rest& operator+=(const Rest& other);
};
/// For kOthers only the given part is looked at: what else plays outside the hole is nobody's
/// business.
Rest compare_rest(const Piece& output, const Piece& reference, const PieceHole& hole);

}  // namespace sage
