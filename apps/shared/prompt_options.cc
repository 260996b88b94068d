#include "apps/shared/prompt_options.h"

namespace sage::cli {

void add_prompt_options(CLI::App& command, PromptOptions& options) {
  add_model_options(command, options.model);
  command.add_option("--data", options.data, "folder of MIDI files with prompts")->required();
  command.add_option("--bars", options.generation.scope.bars, "bars to write")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  command.add_option("--limit", options.limit, "maximum number of prompts (approximate); 0: all")
      ->check(CLI::Range(0, 10'000'000))
      ->capture_default_str();
  command.add_option("-s,--seed", options.generation.seed, "random seed")->check(not_negative());
  command.add_flag("--json", options.json, "print JSON");
}

Json skipped_json(const std::vector<Skipped>& skipped) {
  Json json = Json::array();
  for (const Skipped& s : skipped) json.push_back({{"name", s.name}, {"why", s.why}});
  return json;
}

void say_skipped(const Json& skipped) {
  for (const Json& s : skipped)
    say("skipped " + printable(s["name"].get<std::string>()) + ": " + s["why"].get<std::string>());
}

}  // namespace sage::cli
