// What the opaque handles of sage.h are. Internal to capi.
#pragma once

#include <sage/sage.h>

#include <memory>
#include <string>

#include "generate/engine.h"
#include "score/score.h"

struct sage_engine {
  std::shared_ptr<const sage::Engine> engine;
  std::string info;
};

struct sage_score {
  sage::Score score;
};
