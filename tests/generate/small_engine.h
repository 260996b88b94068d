// An engine with a small random model, for tests that need tokens rather than music.
#pragma once

#include "generate/engine.h"

namespace sage::test {

inline std::shared_ptr<const Engine> small_engine(const TokenizerConfig& tokenizer_config = {},
                                                  int context = 160, std::uint64_t seed = 1,
                                                  std::string_view output = "flat") {
  auto tokenizer = Tokenizer::create(tokenizer_config).value();
  ModelConfig config = shape_config("tiny").value();
  config.context = config.window = context;
  config.output = output;
  describe_vocabulary(tokenizer, config);
  auto weights = Weights::random(config, WeightType::kF32, seed).value();
  return Engine::create(std::move(tokenizer), std::move(weights)).value();
}

/// Two bars of 4/4 at 480 ticks: a scale on the piano over a held bass note.
inline Score small_song() {
  Score score;
  score.meters = {{{0}, {4, 4}}};
  score.tempos = {{{0}, 600'000}};
  score.tracks.resize(2);
  score.tracks[1].program = 32;
  for (int i = 0; i < 16; ++i)
    score.tracks[0].notes.push_back({{240 * i}, {200}, static_cast<std::uint8_t>(60 + i), 90});
  for (int bar = 0; bar < 2; ++bar) score.tracks[1].notes.push_back({{1920 * bar}, {1900}, 36, 70});
  return score;
}

}  // namespace sage::test
