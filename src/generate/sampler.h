// From logits to one token: a chain of small steps over the candidates that the grammar allows.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/random.h"
#include "tokens/mask.h"

namespace sage {

/// What the commands choose where nobody says otherwise: what comes of it has the pitches, scales
/// and grooves of real music (models/README.md), and the rest is mostly wrong notes.
inline constexpr double kUsualTopP = 0.98;

struct SamplerOptions {
  double temperature = 1.0;  // 0: always the likeliest token
  int top_k = 0;             // keep the k likeliest; 0: all
  double top_p = 1.0;  // keep the smallest set with this share of the probability (Holtzman 2020)
  double min_p = 0.0;  // drop tokens below this share of the likeliest one's probability
  // Against loops: a token that would repeat a run of more than `repeat_allowed` tokens for the
  // next token in turn has its logit lowered by repeat_penalty * 1.2^(run - repeat_allowed). 0:
  // off.
  double repeat_penalty = 0.0;
  int repeat_allowed = 64;
  int repeat_window = 1024;  // how far back repeats are looked for, in tokens
};

/// Refuses options outside their meaning, naming the one that is wrong.
Result<void> validate(const SamplerOptions& options);

struct Candidate {
  TokenId id = 0;
  double logit = 0.0;
};

/// Owns the scratch of one stream of samples. Allocates only up to the largest number of candidates
/// seen.
class Sampler {
 public:
  explicit Sampler(const SamplerOptions& options, int vocabulary_size);

  /// `logits` holds one value for each id of the legal ranges, in order; `history` the tokens so
  /// far. Draws with one number of `random`, so that equal seeds give equal tokens. Precondition:
  /// some id is legal.
  TokenId sample(std::span<const IdRange> legal, std::span<const float> logits,
                 std::span<const TokenId> history, Random& random);

  /// From here on so much is added to the logits of these ids, where they are legal.
  void favour(std::span<const Candidate> bonuses);
  /// From here on the temperature is multiplied by this, and the entropy of choices is measured.
  void set_heat(double heat);
  /// Of the last choice among several tokens, in nats; nothing where there was none since the last
  /// call, or none is measured.
  std::optional<double> take_entropy() { return std::exchange(entropy_, std::nullopt); }

  const SamplerOptions& options() const { return options_; }

 private:
  void add_bonuses();
  void penalise_repeats(std::span<const TokenId> history);
  void keep_top_k();
  double total_mass() const;
  void drop_tail(double mass);
  void keep_top_p(double mass);
  void drop_below_min_p();
  TokenId draw(Random& random);

  SamplerOptions options_;
  std::vector<Candidate> candidates_;
  std::vector<Candidate> bonuses_;
  std::optional<double> entropy_;
  double heat_ = 1;
  bool measures_entropy_ = false;
  std::vector<int> run_of_;  // by token id: the longest run that the token would repeat
};

}  // namespace sage
