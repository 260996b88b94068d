// The token stage of the study of byte pair encoding: merges are learnt from music of one kind and
// measured on held-out music of the same kind, for each boundary and number of merges.
//
// Merges are nested: the first 500 of 20,000 are what 500 would have been. So an arm is one kind
// with one boundary, learnt once and measured at every size. Arms are kept as JSON files, and one
// that is there already, for the same data and settings, is not learnt again.
#pragma once

#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "statistics/statistics.h"
#include "study/crossings.h"
#include "study/token_corpus.h"
#include "tokens/bpe/analysis.h"

namespace sage {

struct TokenStudyOptions {
  TokenizerConfig tokenizer;                                                // without merges
  std::vector<int> merges = {0, 500, 1'000, 2'000, 5'000, 10'000, 20'000};  // ascending
  std::vector<Boundary> boundaries = {kBoundaries.begin(), kBoundaries.end()};
  std::filesystem::path arms;  // folder that keeps them
  int threads = 1;
  std::function<void(const std::string& what, double share)> progress;
  const std::atomic<bool>* stop = nullptr;  // becomes true: kInterrupted; finished arms are kept
};

/// One number of merges, measured on held-out pieces.
struct TokenMeasures {
  int merges = 0;                   // asked for
  int learned = 0;                  // there were
  MeanInterval tokens_per_note;     // after START; intervals over pieces
  MeanInterval tokens_per_quarter;  // that is, a beat of n/4
  double merges_used = 0;           // share of the merged tokens that occur at all
  double bits_per_token = 0;        // entropy of single tokens
  double bits_per_note = 0;         // the same a note: what a memoryless code would need
  double longest = 0;               // base tokens of the longest merged token
  MergeComposition table;           // every merge once
  MergeComposition use;             // every held-out token as often as it occurs, base tokens too
  Crossings crossings;              // of every held-out token after START, in context
};

struct TokenArm {
  MusicKind kind = MusicKind::kOther;
  Boundary boundary = Boundary::kNone;
  double seconds = 0;  // to learn the merges
  std::uint64_t training_pieces = 0, training_notes = 0, training_tokens = 0;
  std::uint64_t held_out_pieces = 0, held_out_notes = 0;
  std::vector<TokenMeasures> sizes;  // as asked for
};

/// The kinds that have both training and held-out pieces, in the order of MusicKind, without
/// kOther; each with every boundary.
Result<std::vector<TokenArm>> study_tokens(const SortedCorpora& training,
                                           const SortedCorpora& held_out,
                                           const TokenStudyOptions& options);

nlohmann::ordered_json to_json(const MergeComposition& composition);
nlohmann::ordered_json to_json(const TokenArm& arm);
std::optional<TokenArm> token_arm_from_json(const nlohmann::json& json);

}  // namespace sage
