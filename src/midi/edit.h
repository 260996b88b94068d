// New music in a file that is there: bars of some parts written again, parts added, a piece gone on
// with. All else stays as it is, in its tracks, channels, ports and order.
//
// How channels are left to new notes: pitch bend, modulation and pressure rest, and expression
// stands at the highest value that its channel has had. Where kept notes sound on the same channel
// nothing is changed, and behind a rewritten stretch everything stands as it would have.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "midi/document.h"
#include "score/score.h"

namespace sage::midi {

/// New notes of a part of the document, in its ticks. Where its channel plays another instrument by
/// then, they go to a new part with its name and instrument.
struct PartNotes {
  std::size_t part = 0;
  std::vector<Note> notes;
};

/// A part that the document lacks. It gets a channel that nobody uses, on a new port where there is
/// none; drums go to the drum channel.
struct AddedPart {
  int program = 0;  // 0..128
  std::string name;
  std::vector<Note> notes;
  std::uint8_t bank_high = 0, bank_low = 0;
};

struct NewMusic {
  std::vector<PartNotes> notes;
  std::vector<AddedPart> added;
  std::string signature;  // a text at the start; empty: none
};

/// Notes of a part that begin in [from, to).
struct PartSpan {
  std::size_t part = 0;
  Tick from, to;
};

/// Bars written again. Notes belong to the bars that they mean: an onset up to `early` ahead of a
/// line counts as on it.
struct Rewrite {
  Tick from, to;
  Tick early;
  std::vector<std::size_t> replaced;  // parts whose notes there go
  std::vector<PartSpan> kept;         // but for these
  NewMusic music;

  /// Whether a note of a part goes.
  bool takes(std::size_t part, Tick onset) const;
  /// Whether it stays because of `kept`.
  bool keeps(std::size_t part, Tick onset) const;
};

/// Everything before `cut`, then new music up to `end`. What stands exactly on the cut belongs to
/// what follows: tempos, meters, keys and controllers there stay. Notes that sound over it keep
/// their length, at most up to `end`. Pedals are lifted.
struct Continuation {
  Tick cut, end;
  Tick early;
  std::vector<TempoChange> tempos;  // of the new music
  std::vector<MeterChange> meters;
  bool only_new = false;  // the new music alone, from tick 0 on, on channels set up as they were
  NewMusic music;
};

/// What was written: new notes may not have found a place beside old ones of their pitch.
struct Edited {
  std::vector<std::uint8_t> bytes;
  std::size_t removed = 0;              // old notes
  std::size_t written = 0;              // new ones
  std::vector<std::size_t> written_by;  // the same by part: NewMusic::notes, then those added
};

Edited rewrite(const Document& document, const Rewrite& wishes);
Edited continued(const Document& document, const Continuation& wishes);

/// Whether a part's channel plays its instrument at a time: another of its parts may have taken
/// over.
bool is_in_force(const Document& document, std::size_t part, Tick time);

/// A document whose events can be edited: the sequences of a type 2 file are first laid one after
/// the other.
Result<Document> editable(Document document);

}  // namespace sage::midi
