// sage-music provenance: where the music of a file comes from, as the file says.
#include "apps/shared/provenance.h"

#include <memory>

#include "apps/shared/music_file.h"

namespace sage::cli {
namespace {

struct ProvenanceOptions {
  std::string input;
  bool json = false;
};

Result<void> act(const ProvenanceOptions& options) {
  const auto document = read_quietly(options.input);
  if (!document) return tl::unexpected(document.error());
  const auto found = provenance_of(document->music().score);
  if (options.json) {
    say_json(Json(found));
    return {};
  }
  if (found.empty()) say(options.input + ": nothing says that sage-music wrote in it");
  for (const Json& entry : found) {
    if (entry.contains("text")) {
      say(printable(entry["text"].get<std::string>()));
      continue;
    }
    std::string line;
    for (const auto& [name, value] : entry.items())
      line += (line.empty() ? "" : ", ") + name + " " +
              (value.is_string() ? value.get<std::string>() : value.dump());
    say(printable(line));
  }
  return {};
}

}  // namespace

void add_provenance(Cli& cli) {
  auto options = std::make_shared<ProvenanceOptions>();
  CLI::App* command = add_command(
      cli.app, cli, "provenance", "Show which program, model, seed and wishes wrote a MIDI file",
      "  sage-music provenance song.mid", [options] { return act(*options); });
  command->add_option("input", options->input, "MIDI file; - is standard input")->required();
  command->add_flag("--json", options->json, "print JSON");
}

}  // namespace sage::cli
