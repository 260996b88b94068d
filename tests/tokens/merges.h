// Tokenizers with merges, learnt from a little made-up band music.
#pragma once

#include <cstdlib>
#include <vector>

#include "base/random.h"
#include "score/transform.h"
#include "tokens/bpe/trainer.h"
#include "tokens/tokenizer.h"

namespace sage::test {

/// Eight bars of piano chords, a bass and drums, in patterns that come again and again.
inline Score band_score(std::uint64_t seed) {
  Random random(seed);
  Score score;
  score.ticks_per_quarter = 12;
  score.meters = {{{0}, {4, 4}}};
  score.tracks.resize(3);
  score.tracks[1].program = 33;
  score.tracks[2].is_drum = true;
  const auto add = [&](int track, std::int64_t at, std::int64_t length, std::uint32_t pitch) {
    score.tracks[static_cast<std::size_t>(track)].notes.push_back(
        {{at},
         {length},
         static_cast<std::uint8_t>(pitch),
         static_cast<std::uint8_t>(64 + 4 * track)});
  };
  for (std::int64_t bar = 0; bar < 8; ++bar) {
    const std::uint32_t root = 48 + 5 * random.below(3);
    for (const std::uint32_t third : {0U, 4U, 7U}) add(0, 48 * bar, 24, root + third);
    for (std::int64_t beat = 0; beat < 4; ++beat) {
      add(1, 48 * bar + 12 * beat, 12, root - 12 + (random.below(4) == 0 ? 7 : 0));
      add(2, 48 * bar + 12 * beat, 6, beat % 2 == 0 ? 36 : 38);
      add(2, 48 * bar + 12 * beat + 6, 6, 42);
    }
  }
  normalise(score);
  return score;
}

/// `base` with up to `count` merges.
inline Tokenizer with_merges(const Tokenizer& base, Boundary boundary, int count = 200) {
  BpeTrainer trainer({.base_size = base.size(), .merges = count});
  const Segmenter segmenter(base.tokenization(), base.config(), base.vocabulary(), boundary);
  std::vector<std::uint32_t> ends;
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    const auto encoded = base.encode(band_score(seed)).value();
    const std::vector<std::uint16_t> ids(encoded.begin(), encoded.end());
    segmenter.words(ids, ends);
    if (!trainer.add(ids, ends)) std::abort();
  }
  TokenizerConfig config = base.config();
  config.merges = {boundary, trainer.learn().value().merges};
  return Tokenizer::create(config).value();
}

}  // namespace sage::test
