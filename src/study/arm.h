// One arm of a training study: what is trained, and what was measured of it. Plain values and their
// JSON; an arm with a seed is the unit that is kept and never made twice.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "eval/corpus.h"
#include "metrics/similarity.h"
#include "nn/config.h"
#include "study/token_corpus.h"
#include "tokens/bpe/analysis.h"

namespace sage {

using Json = nlohmann::ordered_json;

/// What is trained.
struct ArmSpec {
  std::string name;     // of files and in tables: letters, digits, '-' and '.'
  std::string summary;  // one line
  MusicKind music = MusicKind::kMultitrack;
  TokenizerConfig tokenizer;  // without merges
  int merges = 0;             // learnt from the arm's own training music
  Boundary boundary = Boundary::kNone;
  ModelConfig model;  // its vocabulary is set from the tokenizer
  /// Of as-kvhs-merged: the mha arm whose trained heads are merged and trained on. Empty: the arm
  /// is trained from nothing.
  std::string merged_from;
  /// The arm whose updates and examples it has, and so whose tokens: with merges these hold more
  /// notes. Empty: the budget is notes, as for all.
  std::string paced_by;
};

/// What every arm of a study has in common: the budget, the optimiser, and how it is measured.
struct StudySettings {
  // The budget is notes, for tokenizations differ in how many tokens a note takes. An update sees
  // about `notes_per_update` of them: as many examples (of one context each) as come nearest; then
  // as many updates as reach `notes`. So all arms see equally many notes in about equally many
  // updates.
  std::int64_t notes = 1'000'000;
  std::int64_t notes_per_update = 2'000;
  double train_on_share = 0.05;  // of `notes`, after heads were merged; on top of the budget

  std::string optimiser = "muon";
  double learning_rate = 3e-3;
  double warmup_share = 0.05, decay_share = 0.3;  // of the updates
  double weight_decay = 0.1;
  bool bf16 = true;

  std::size_t likelihood_pieces = 50;    // of the held-out ones, evenly spread
  std::size_t continuation_pieces = 50;  // ... the same, of those that have bars after the prompt
  Scope scope{4, 16};                    // bars of the prompt, and of the continuation
  double top_p = 0.95;

  friend bool operator==(const StudySettings&, const StudySettings&);
};
Json to_json(const StudySettings& settings);
Result<StudySettings> study_settings_from_json(const nlohmann::json& json);

/// How an arm was trained.
struct ArmTraining {
  std::int64_t updates = 0;
  std::int64_t batch = 0;        // examples an update
  double notes_per_example = 0;  // mean, see note_rate
  std::int64_t tokens = 0;
  double seconds = 0;
  /// Notes seen, and nats a note since the point before.
  std::vector<std::pair<double, double>> curve;

  double notes() const { return static_cast<double>(updates * batch) * notes_per_example; }
};

/// Nats of one held-out piece. Without notes: it could not be scored.
struct PieceNats {
  double nats = 0;
  std::int64_t notes = 0;
  std::int64_t tokens = 0;
};

struct ArmResult {
  std::string arm;
  std::uint64_t seed = 0;
  std::string key;    // of everything that it follows from, see arm_key()
  ModelConfig model;  // the attributes of its tokens are not kept
  std::int64_t parameters = 0, embedding_parameters = 0;
  std::string model_hash;
  ArmTraining training;
  std::vector<PieceNats> pieces;          // HeldOut::likelihood
  std::vector<Similarity> continuations;  // HeldOut::continuation
  std::int64_t unanswered = 0;            // continuations that are missing or cannot be read
  std::int64_t written_notes = 0;         // by the continuations
  double writing_seconds = 0;
  /// What NMSI means on these pieces: that of another piece, and of the prompt repeated.
  double other_piece_nmsi = 0, repeated_prompt_nmsi = 0;
  std::optional<MergeComposition> merges;
  double seconds = 0;  // training and measuring
  std::string machine;
};
Json to_json(const ArmResult& result);
/// Nothing for what is no whole result.
std::optional<ArmResult> arm_result_from_json(const nlohmann::json& json);

/// Which music an arm was trained and measured on: hashes of the files' contents.
struct MusicHashes {
  std::string training, held_out;
  friend bool operator==(const MusicHashes&, const MusicHashes&) = default;
};

/// A hash of everything that an arm's result follows from, but for the machine.
std::string arm_key(const ArmSpec& arm, std::uint64_t seed, const StudySettings& settings,
                    const MusicHashes& music);

/// "multi-track.2k.seed3"
std::string run_name(const std::string& arm, std::uint64_t seed);

/// The same with the beginning of the key, for a work folder that studies with other settings may
/// share: "multi-track.2k.seed3-1f0c9a27"
std::string work_name(const std::string& arm, std::uint64_t seed, const std::string& key);

/// One word, for names: "piano-scores", "piano-performances", "multi-track".
std::string music_word(MusicKind kind);

}  // namespace sage
