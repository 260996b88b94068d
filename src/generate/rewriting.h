// Parts of a MIDI file written again in some bars, and parts added to it: infill() on a document,
// of which all else stays as it is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "generate/infill.h"
#include "generate/played.h"
#include "midi/document.h"

namespace sage {

struct RewriteRequest {
  std::vector<std::size_t> replaced;  // parts of the document, ascending
  std::vector<int> added;             // programs of new parts, 0..128
  bool named = true;  // a person named the parts: one that stays silent is worth a word
  /// Bars, sampler, seed, threads, way and takes; its piece, programs and end are filled in.
  InfillRequest infill;
  /// Maximum number of attempts. All parts are written again while a requested part stays silent.
  int attempts = 3;
  PlayNotes play;         // of the new notes; none: as the model writes them
  std::string signature;  // see midi::NewMusic
};

/// What became of one part that was asked for.
struct WrittenPart {
  std::optional<std::size_t> part;  // of the document; none: added
  std::string title;                // as midi::part_title(); of an added one its instrument
  int program = 0;                  // 0..128
  std::size_t removed = 0;          // old notes
  std::size_t written = 0;          // new ones
  std::size_t kept = 0;             // old ones in these bars that stay, see InfillRequest::kept
  bool expected = true;             // to play
};

struct RewrittenFile {
  std::vector<std::uint8_t> bytes;
  std::vector<WrittenPart> parts;  // replaced, then added
  std::size_t notes = 0;           // new ones
  std::size_t stretches = 0;
  std::vector<WishLoss> losses;
  int attempts = 1;
};

/// Those that should play and have no note.
std::vector<std::string> silent_titles(const std::vector<WrittenPart>& parts);

/// The parts that are meant where only bars are named: those with notes, but for those whose
/// channel another part has taken over there. Bars as in InfillRequest.
std::vector<std::size_t> parts_in_bars(const midi::Document& document, int first_bar, int bars);

/// Asked for nothing, it gives the bytes of the document. Precondition: midi::editable() made the
/// document. Errors: as infill()'s; parts that there are not.
Result<RewrittenFile> rewrite_parts(std::shared_ptr<const Engine> engine,
                                    const midi::Document& document, const RewriteRequest& request,
                                    const InfillCallback& callback = {});

}  // namespace sage
