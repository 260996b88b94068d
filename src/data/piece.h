// One MIDI file as prepare() wants it: judged, quantised, tokenised, indexed. Internal to data.
#pragma once

#include <cstdint>
#include <span>

#include "data/likeness.h"
#include "data/prepare_options.h"
#include "data/quality.h"
#include "data/shard.h"
#include "tokens/tokenizer.h"

namespace sage {

struct Piece {
  Drop drop = Drop::kNone;  // with a reason all the rest is empty
  Likeness likeness;
  PieceEntry entry;  // its place and source are the writer's to fill in
  PieceData data;
};

Piece read_piece(std::span<const std::uint8_t> midi, const Tokenizer& tokenizer,
                 const PrepareOptions& options);

}  // namespace sage
