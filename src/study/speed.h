// How fast the arms decode, at several lengths of context: interleaved, so that whatever
// else the machine does falls on all alike and the ratios hold.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "eval/scoring.h"
#include "nn/config.h"

namespace sage {

struct SpeedOptions {
  std::vector<int> contexts = {512, 1'024, 2'048, 4'096};  // steps in the cache
  int rounds = 15;
  int steps = 64;             // decoded a round
  std::string type = "int8";  // of weights and cache
  friend bool operator==(const SpeedOptions&, const SpeedOptions&) = default;
};

/// A model to be measured. Weights are random: speed does not depend on their values.
struct SpeedCase {
  std::string arm;
  ModelConfig model;  // with its vocabulary; the attributes of the tokens do not matter
};

struct SpeedRow {
  std::string arm;
  int context = 0;
  std::vector<double> seconds_per_step;  // one a round
  /// What a step must read at least: one bank of every weight, and the context's keys and values.
  std::size_t bytes_read_once = 0;
  std::size_t kv_bytes_per_token = 0;
};

struct SpeedSession {
  std::string shape;  // of the models, in words
  std::string machine, instruction_set;
  SpeedOptions options;
  std::vector<SpeedRow> rows;

  const SpeedRow* find(const std::string& arm, int context) const;
};

/// One thread. kInterrupted when `progress` returns false.
Result<SpeedSession> measure_speed(const std::vector<SpeedCase>& cases, const SpeedOptions& options,
                                   const Progress& progress);

nlohmann::ordered_json to_json(const SpeedSession& session);
std::optional<SpeedSession> speed_session_from_json(const nlohmann::json& json);

}  // namespace sage
