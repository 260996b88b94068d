#include "live/mode.h"

namespace sage::live {

const ModeWord* find_mode(std::string_view name) {
  for (const ModeWord* word : mode_registry())
    if (word->name == name) return word;
  return nullptr;
}

}  // namespace sage::live
