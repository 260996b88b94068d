// What train() is asked for: data, model, budget, optimisation, and this process among others.
// Plain values.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "nn/config.h"
#include "train/dataset.h"
#include "train/schedule.h"

namespace sage {

enum class TrainDevice { kCpu, kCuda };

inline constexpr std::int64_t kMostPasses = 4096;      // an update, over all processes
inline constexpr std::int64_t kMostExamples = 65'536;  // a pass

/// This process among those that train one model together.
struct Placement {
  int rank = 0;
  int processes = 1;
  int local_rank = 0;                 // on its machine; which GPU it takes
  std::string address = "127.0.0.1";  // where the first one, or the launcher, listens
  std::uint16_t port = 29'500;
  bool store_is_running = false;  // the launcher listens there already
  friend bool operator==(const Placement&, const Placement&) = default;
};

struct TrainOptions {
  std::filesystem::path data;  // a folder that prepare() wrote
  std::filesystem::path run;
  /// Shape, attention and output; the vocabulary and the number of fields come from the data.
  /// Examples are config.context steps long; a token is a field of a step wherever tokens are
  /// counted.
  ModelConfig model;
  /// A model file whose weights the run starts from, instead of random ones. `model` must then
  /// have its shape and attention (the context and the window may be others), and the data its
  /// tokenizer. The model is validated before the first step. Empty: none.
  std::filesystem::path init;
  /// Go on from the newest checkpoint in `run`. With the budget used up already this only
  /// validates once more and writes the model file, with the metadata of these options.
  bool resume = false;

  // The budget: whichever of the two is given (above 0) and used up first. Time counts over all
  // sessions.
  std::int64_t steps = 0;
  double minutes = 0;

  std::int64_t batch = 16;      // examples a pass
  std::int64_t accumulate = 1;  // passes an update, of each process
  std::string optimiser = "adamw";
  ScheduleOptions schedule;
  double weight_decay = 0.1;  // on matrices
  double beta2 = 0.95;
  double clip = 1.0;  // largest norm of the gradient; 0: any
  double dropout = 0.0;
  /// Products in bfloat16 or in float; unset: what the device is faster in. Master weights are
  /// float always.
  std::optional<bool> bf16;
  std::uint64_t seed = 1;
  /// The loss counts tokens of this attribute alone: the model learns to predict them among given
  /// others. Unset: all tokens.
  std::optional<Attribute> only;
  WindowOptions windows;
  /// Unset: the data's own. Else it may differ from that in its merges and its order of programs.
  std::optional<TokenizerConfig> tokenizer;

  std::int64_t validate_every = 500;  // steps; 0: only at the end
  std::int64_t validation_examples = 256;
  /// Above 0: stop after this many validations without improvement; the model is then the best.
  std::int64_t patience = 0;
  double checkpoint_minutes = 5;
  int threads = 0;  // 0: leave libtorch's choice
  TrainDevice device = TrainDevice::kCpu;
  /// With others: the same options in every process. The first one alone writes the run's folder.
  Placement placement;

  std::string licence;  // of the weights, and the command line, for the model file's metadata
  std::string command;
};

}  // namespace sage
