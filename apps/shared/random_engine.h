// An engine with random weights, for benchmarks.
#pragma once

#include <memory>
#include <string>

#include "base/error.h"
#include "generate/engine.h"

namespace sage::cli {

struct RandomModel {
  std::string shape = "small";
  std::string attention = "as-kvhs";
  int kv_heads = 0;  // 0: the member's usual number
  std::string type = "f32";
  std::string cache;   // empty: like the weights
  int context = 1024;  // tokens that it must hold
};

/// Random weights over the default vocabulary; speed does not depend on their values.
Result<std::shared_ptr<const Engine>> random_engine(const RandomModel& model);

}  // namespace sage::cli
