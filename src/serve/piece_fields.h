// What several routes share: the piece of a request, and the answer's form.
#pragma once

#include <optional>
#include <string>

#include "midi/document.h"
#include "serve/answer.h"
#include "serve/band.h"
#include "serve/fields.h"
#include "serve/music_json.h"

namespace sage::serve {

/// The piece of a request: a MIDI file ("midi", Base64) or music as JSON ("music").
struct Piece {
  std::optional<midi::Document> document;
  Music music;
};

/// Nothing where the request has no piece. Errors are noted in `fields`.
std::optional<Piece> read_piece(Fields& fields);

/// The score of an outcome in the form in which the piece came: a file in which nothing else has
/// changed, or music; a new file where there was no piece.
Result<Json> piece_json(const std::optional<Piece>& piece, const Score& score);

/// One thing that was written as an event's data.
Json written_json(const Written& written, int take);
std::string_view event_name(const Written& written);

/// Tells a listener's notes as events of a take, counts them, and stops with the call.
Listener listener_for(struct Call& call, int take);

/// For who was told the notes as events: the loudness that the whole piece gives them.
void add_velocities(Json& json, struct Call& call, const Outcome& outcome);

/// The seed, the model and the number of notes of an outcome.
void add_facts(Json& json, struct Call& call, std::uint64_t seed, std::size_t notes);

// Parts of JSON schemas that several routes share.
#define SAGE_PIECE_SCHEMA                                                                        \
  R"("midi":{"type":"string","contentEncoding":"base64","description":"a Standard MIDI File"},)" \
  R"("music":{"$ref":"#/components/schemas/Music"})"
#define SAGE_SAMPLER_SCHEMA                                                              \
  R"("wishes":{"type":"object","description":"as in a wishes file, docs/wishes.md"},)"   \
  R"("seed":{"type":"integer","minimum":0,"description":"the same seed gives the same )" \
  R"(music"},"temperature":{"type":"number","minimum":0,"maximum":10,"default":1},)"     \
  R"("top_k":{"type":"integer","minimum":0,"default":0},)"                               \
  R"("top_p":{"type":"number","minimum":0,"maximum":1,"default":0.98},)"                 \
  R"("min_p":{"type":"number","minimum":0,"maximum":1,"default":0},)"                    \
  R"("repeat_penalty":{"type":"number","minimum":0,"default":0},)"                       \
  R"("repeat_allowed":{"type":"integer","minimum":1,"default":64})"
#define SAGE_INSTRUMENTS_SCHEMA                                                             \
  R"("instruments":{"type":"array","items":{"oneOf":[{"type":"string"},{"type":"integer",)" \
  R"("minimum":0,"maximum":128}]},"description":"General MIDI names, or numbers, 128 for drums"})"

}  // namespace sage::serve
