// How likely a model finds a piece: the figure by which models of different tokenizations compare.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "base/error.h"
#include "generate/engine.h"

namespace sage {

struct Likelihood {
  double nats = 0;                                   // of all tokens after BOS's step
  std::array<double, kAttributeCount> nats_of = {};  // of these, by the token's attribute
  double nats_legal = 0;   // the same, with the probability shared among legal tokens only
  std::size_t tokens = 0;  // that these are the nats of
  std::size_t notes = 0;

  Likelihood& operator+=(const Likelihood& other) {
    nats += other.nats;
    for (std::size_t i = 0; i < nats_of.size(); ++i) nats_of[i] += other.nats_of[i];
    nats_legal += other.nats_legal;
    tokens += other.tokens;
    notes += other.notes;
    return *this;
  }
};

/// Scores a whole encoded piece. Beyond the model's context it sees what a generator would: the
/// header and the latest bars, never less than about half a context. Of a compound model all fields
/// of a step are scored, so that nats a note compare; PAD fields follow from the first one and cost
/// nothing. Legal tokens are those that a generator would choose among: where fields are delayed,
/// what the steps before allow as far as they are chosen. Refuses tokens that the grammar does not
/// allow.
Result<Likelihood> likelihood(const Engine& engine, std::span<const TokenId> ids,
                              Workspace& workspace);

}  // namespace sage
