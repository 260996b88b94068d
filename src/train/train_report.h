// What train() reports while it runs and when it ends. Plain values.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>

namespace sage {

struct TrainProgress {
  std::int64_t step = 0;
  std::int64_t tokens = 0;
  double loss = 0;  // nats a token, mean since the last report
  double learning_rate = 0;
  double gradient_norm = 0;
  double tokens_per_second = 0;
  double seconds = 0;
  double seconds_left = 0;
};

struct Validation {
  std::int64_t step = 0;
  double nats_per_token = 0;
  double nats_per_note = 0;  // all tokens' nats over the number of notes that they write
};

struct TrainHooks {
  std::int64_t report_every = 20;  // steps
  std::function<void(const TrainProgress&)> progress;
  std::function<void(const Validation&)> validation;
  /// Set from outside (such as a signal handler of the program): write a checkpoint and return.
  const std::atomic<bool>* stop = nullptr;
};

struct TrainSummary {
  std::int64_t steps = 0;
  std::int64_t tokens = 0;
  double seconds = 0;
  double train_loss = 0;
  bool validates = false;  // whether the data has pieces to validate with
  Validation validation;
  bool stopped = false;          // by TrainHooks::stop, before the budget was used up
  bool out_of_patience = false;  // see TrainOptions::patience
  std::filesystem::path model;
};

}  // namespace sage
