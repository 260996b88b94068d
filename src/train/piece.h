// One MIDI file as prepare() wants it: judged, quantised, tokenised, indexed. Private to this
// layer.
#pragma once

#include <cstdint>
#include <span>

#include "tokens/tokenizer.h"
#include "train/likeness.h"
#include "train/prepare.h"
#include "train/quality.h"
#include "train/shard.h"

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
