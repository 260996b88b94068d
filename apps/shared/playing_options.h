// The options by which commands choose how new notes are played.
#pragma once

#include <memory>
#include <string>

#include "apps/shared/cli.h"
#include "feel/feel.h"
#include "generate/performer.h"

namespace sage::cli {

struct PlayingChoice {
  std::string performer;  // a model file, rules or none; empty: the bundled model, else rules
  std::string feel = "none";
};

/// --performer and --feel.
void add_playing_options(CLI::App& command, PlayingChoice& choice);
/// --performer alone.
void add_performer_option(CLI::App& command, std::string& performer);
/// --feel alone.
void add_feel_option(CLI::App& command, std::string& feel);

/// Plays the new notes of a score.
class Rendition {
 public:
  /// Opens the performer. A model that writes velocities itself has none.
  static Result<Rendition> open(const PlayingChoice& choice, const Engine& model);

  /// Gives loudness to the notes that `kept` does not have, then the feel to those from tick `from`
  /// on. A score that is a beginning goes on `until` then. Precondition: `kept` has as many ticks a
  /// quarter as the score, or no notes.
  Result<void> play(Score& score, const Score& kept, Tick from, std::uint64_t seed,
                    Tick until = {}) const;
  /// Whether rules give the loudness; they take microseconds a bar.
  bool is_by_rules() const { return by_rules_; }

 private:
  std::shared_ptr<const Engine> performer_;
  bool by_rules_ = false;
  const Feel* feel_ = nullptr;  // none: nullptr
};

}  // namespace sage::cli
