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

namespace sage::capi {

inline sage_note to_c(int program, const Note& note) {
  return {note.onset.count, note.duration.count, program, note.pitch, note.velocity, {0, 0}};
}
inline Note from_c(const sage_note& note) {
  return {{note.onset}, {note.duration}, note.pitch, note.velocity};
}

}  // namespace sage::capi
