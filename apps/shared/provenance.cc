#include "apps/shared/provenance.h"

#include <utility>

#include "generate/wishes_json.h"

namespace sage::cli {

std::string provenance(const Engine& engine, std::string_view command, std::uint64_t seed,
                       const Wishes& wishes, std::string_view form) {
  Json json = {{"program", "sage-music"},
               {"version", SAGE_VERSION},
               {"command", command},
               {"model", engine.weights().hash()},
               {"seed", seed}};
  if (wishes != Wishes{}) json["wishes"] = to_json(wishes);
  if (!form.empty()) json["form"] = form;
  return json.dump();
}

void add_provenance_option(CLI::App& command, bool& left_out) {
  command.add_flag("--no-provenance", left_out,
                   "do not write where the music comes from into the file");
}

void sign(Score& score, std::string text) {
  if (text.empty()) return;
  score.texts.insert(score.texts.begin(), {{0}, 1, std::move(text)});
}

std::vector<Json> provenance_of(const Score& score) {
  std::vector<Json> found;
  for (const Text& text : score.texts) {
    if (text.text.starts_with("sage-music ")) {
      found.push_back({{"program", "sage-music"}, {"text", text.text}});
      continue;
    }
    Json json = Json::parse(text.text, nullptr, /*allow_exceptions=*/false);
    if (json.is_object() && json.value("program", Json()) == "sage-music")
      found.push_back(std::move(json));
  }
  return found;
}

}  // namespace sage::cli
