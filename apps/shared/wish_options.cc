#include "apps/shared/wish_options.h"

#include <sstream>

#include "base/file.h"
#include "generate/wishes_json.h"
#include "score/program_names.h"

namespace sage::cli {
namespace {

/// "medium" as it is, "piano=12,bass=sparse" as an object.
nlohmann::json by_instrument(const std::string& text) {
  nlohmann::json json;
  std::stringstream list(text);
  for (std::string part; std::getline(list, part, ',');) {
    const std::size_t sign = part.find('=');
    if (sign != std::string::npos)
      json[part.substr(0, sign)] = part.substr(sign + 1);
    else if (text.find('=') != std::string::npos)
      json["all"] = part;
    else
      return text;
  }
  return json;
}

}  // namespace

void add_wish_options(CLI::App& command, WishOptions& options) {
  command.add_option("--key", options.key, "key, such as C, \"Eb major\" or \"A minor\"");
  command
      .add_option("--chromatic", options.chromatic,
                  "with --key: share of notes that may lie outside it (default: 0)")
      ->check(CLI::Range(0.0, 1.0));
  command.add_option("--chords", options.chords,
                     "chords by bars, repeated, such as \"Cmaj7 | Dm7 G7 | %\"");
  command.add_option("--density", options.density,
                     "notes a bar of an instrument: very-sparse, sparse, medium, dense, very-dense "
                     "or a number; for single ones piano=12,bass=sparse");
  command
      .add_option("--surprise", options.surprise,
                  "mean entropy of a choice in nats: lower is more ordinary, higher more daring")
      ->check(CLI::Range(0.0, 6.0));
  command.add_option("--range", options.range, "lowest and highest pitch, such as flute=C4-C7");
  command.add_option("--polyphony", options.polyphony,
                     "notes that sound at once, such as 4 or piano=6,flute=1");
  command.add_option("--rhythm", options.rhythm,
                     "bars of x (a note begins), o (may begin) and . (none), such as "
                     "\"bass=x..x..x.|x...x...\"");
  command.add_flag("--playable", options.playable,
                   "only what players can play: ranges, voices, two hands, six strings");
  command.add_option("--wishes", options.file, "JSON file of wishes (docs/wishes.md)");
}

Result<Wishes> wishes_of(const WishOptions& options, std::span<const int> programs) {
  nlohmann::json json = nlohmann::json::object();
  if (!options.file.empty()) {
    const auto text = read_text(options.file);
    if (!text) return tl::unexpected(text.error());
    json = nlohmann::json::parse(*text, nullptr, /*allow_exceptions=*/false);
    if (!json.is_object())
      return fail(ErrorCode::kMalformed, options.file + ": not a JSON object of wishes");
  }
  if (!options.key.empty()) json["key"] = options.key;
  if (options.chromatic) json["chromatic"] = *options.chromatic;
  if (!options.chords.empty()) json["chords"] = options.chords;
  if (!options.density.empty()) json["density"] = by_instrument(options.density);
  if (options.surprise) json["surprise"] = *options.surprise;
  if (!options.range.empty()) json["range"] = by_instrument(options.range);
  if (!options.polyphony.empty()) json["polyphony"] = by_instrument(options.polyphony);
  if (!options.rhythm.empty()) json["rhythm"] = by_instrument(options.rhythm);
  if (options.playable) json["playable"] = true;
  auto wishes = wishes_from_json(json, programs);
  if (!wishes && !options.file.empty()) return fail(options.file, wishes.error());
  return wishes;
}

Json to_json(std::span<const WishLoss> losses) {
  Json json = Json::array();
  for (const WishLoss& loss : losses)
    json.push_back({{"wish", loss.word},
                    {"bar", loss.bar + 1},
                    {"program", loss.program},
                    {"reason", loss.reason}});
  return json;
}

void note_losses(std::span<const WishLoss> losses) {
  constexpr std::size_t kMostLines = 5;
  for (std::size_t i = 0; i < std::min(losses.size(), kMostLines); ++i)
    note(losses[i].word + " not kept in bar " + std::to_string(losses[i].bar + 1) + ": " +
         losses[i].reason);
  if (losses.size() > kMostLines)
    note("... and " + std::to_string(losses.size() - kMostLines) + " more");
}

}  // namespace sage::cli
