// One MIDI file as prepare() wants it: cleaned, quantised, tokenised, indexed. Private to this
// layer.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tokens/tokenizer.h"
#include "train/prepare.h"
#include "train/shard.h"

namespace sage {

struct Piece {
  std::string dropped;  // why it is not used; empty for a good piece
  std::uint64_t fingerprint =
      0;             // the same for transpositions and other tempi of one note sequence
  PieceEntry entry;  // its place and source are the writer's to fill in
  PieceData data;
};

Piece read_piece(const std::filesystem::path& path, const Tokenizer& tokenizer,
                 const PrepareOptions& options);

}  // namespace sage
