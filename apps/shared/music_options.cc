#include "apps/shared/music_options.h"

#include <sstream>

#include "score/program_names.h"

namespace sage::cli {

Result<std::vector<int>> parse_instruments(const std::string& text) {
  std::vector<int> programs;
  std::stringstream list(text);
  for (std::string name; std::getline(list, name, ',');) {
    const auto program = program_from_name(name);
    if (!program)
      return fail(ErrorCode::kInvalidArgument,
                  "no instrument is called '" + name +
                      "'; use General MIDI names such as piano, violin, acoustic bass, drums, or "
                      "numbers 0 to 127 (128 for drums)");
    programs.push_back(*program);
  }
  return programs;
}

void sign(Score& score, const Engine& engine, std::uint64_t seed) {
  score.texts.insert(score.texts.begin(),
                     {{0},
                      1,
                      "sage-music " SAGE_VERSION ", model " + engine.weights().hash() + ", seed " +
                          std::to_string(seed)});
}

}  // namespace sage::cli
