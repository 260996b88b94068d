// A MIDI file gone on with: new bars after the first ones of a document, which stay as they
// are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "generate/casting.h"
#include "generate/new_bars.h"
#include "generate/request.h"
#include "generate/rewriting.h"
#include "midi/document.h"

namespace sage {

/// Who is to play in the new bars.
struct Players {
  std::vector<std::size_t> parts;  // of the document, ascending
  std::vector<int> added;          // programs of new parts, 0..128
  Casting casting;
};

/// Chosen parts and added programs made ready; without any, all parts that the prompt's bars have
/// and that are in force at their end. Errors: parts that there are not.
Result<Players> players_of(const midi::Document& document, std::vector<std::size_t> parts,
                           std::vector<int> added, int prompt_bars);

/// Fills in the request's prompt, its end, and the programs that may play.
void ask_players(const midi::Document& document, const Players& players, Request& request);

struct ContinueOptions {
  bool only_new = false;  // without the prompt
  std::string signature;  // see midi::NewMusic
  PlayNotes play;         // of the new notes; none: as the model writes them
};

struct ContinuedFile {
  std::vector<std::uint8_t> bytes;
  std::vector<WrittenPart> parts;  // players, in their order
};

/// Precondition: the bars continue a prompt that ask_players() made of this document. Errors: the
/// player's.
Result<ContinuedFile> continue_document(const midi::Document& document, const Players& players,
                                        const NewBars& bars, const ContinueOptions& options);

}  // namespace sage
