// What to generate, as plain data with defaults.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "generate/sampler.h"
#include "generate/wishes.h"
#include "score/score.h"

namespace sage {

struct Request {
  std::optional<Score> prompt;  // its first prompt_bars bars are kept and continued
  int prompt_bars = 4;
  Tick prompt_end;  // of the prompt's piece, where silent bars follow its last note

  int bars = 16;           // new bars to write (after the prompt)
  int max_notes = 0;       // maximum number of new notes; 0: no limit
  double max_seconds = 0;  // maximum length of the new part in seconds; 0: no limit

  /// The ensemble, 0..128. Empty: the prompt's own, or what the model chooses.
  std::vector<int> programs;
  /// From the first new bar on. Unset: the prompt's, or what the model chooses for the first bar.
  /// Kept throughout, unless changes are allowed. The file gets the exact tempo, the model the
  /// nearest it knows.
  std::optional<Meter> meter;
  std::optional<double> bpm;
  bool allow_meter_changes = false;
  bool allow_tempo_changes = false;
  /// An instrument of `programs`, or where there are none of the prompt, that has been silent for
  /// two bars of the new part, at its beginning or later, is favoured from then on: its program's
  /// logit is raised by `presence` nats a bar, until it plays. 0 disables this.
  double presence = 1.0;
  /// Number of candidate endings (the last two bars) to sample, in batches of 8. Sampling stops
  /// once the model finds an end likelier after them than another bar; the most likely one is kept.
  /// 0 disables the search. Refused if can_choose_endings() is false.
  int endings = 0;
  /// Of the new notes; hold from the first new bar on. See docs/wishes.md.
  Wishes wishes;

  SamplerOptions sampler;
  std::uint64_t seed = 0;
};

}  // namespace sage
