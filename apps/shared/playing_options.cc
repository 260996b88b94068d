#include "apps/shared/playing_options.h"

#include "apps/shared/model_choice.h"
#include "feel/accents.h"
#include "feel/rules.h"

namespace sage::cli {
namespace {

constexpr const char* kUsualDrummer = "rock";  // whose accents rules give; the most performances

const Feel* feel_of(const std::string& name) {
  const auto found = find_feel(name);
  return found ? *found : nullptr;
}

}  // namespace

void add_feel_option(CLI::App& command, std::string& feel) {
  std::string names;
  for (const Feel& one : feels()) names += one.name + ", ";
  command
      .add_option("--feel", feel,
                  "timing and accents of drummers (" + names + "none); seeded by --seed")
      ->check([](const std::string& name) {
        const auto found = find_feel(name);
        return name == "none" || found ? std::string() : found.error().message;
      })
      ->capture_default_str();
}

void add_performer_option(CLI::App& command, std::string& performer) {
  command.add_option("--performer", performer,
                     "who gives new notes their loudness: a model file, rules (rules of "
                     "performance, and drummers' accents), or none (default: the bundled "
                     "performer, else rules)");
}

void add_playing_options(CLI::App& command, PlayingChoice& choice) {
  add_performer_option(command, choice.performer);
  add_feel_option(command, choice.feel);
}

Result<Rendition> Rendition::open(const PlayingChoice& choice, const Engine& model) {
  Rendition rendition;
  rendition.feel_ = feel_of(choice.feel);
  if (choice.performer == "none" || model.tokenizer().config().velocity) return rendition;
  std::filesystem::path path = choice.performer;
  if (path.empty()) path = bundled("performer.safetensors").value_or("rules");
  rendition.by_rules_ = path == "rules";
  if (rendition.by_rules_) return rendition;
  auto engine = Engine::open(path);
  if (!engine)
    return fail(engine.error().code,
                "--performer is rules, none or a model file; " + engine.error().message);
  if (auto able = can_perform(**engine); !able) return fail(path.string(), able.error());
  rendition.performer_ = *std::move(engine);
  return rendition;
}

Result<void> Rendition::play(Score& score, const Score& kept, Tick from, std::uint64_t seed,
                             Tick until) const {
  const KeptNotes stay(kept);
  if (by_rules_) {
    perform_by_rules(score, seed, stay, until);
    accent_drums(score, feel_ != nullptr ? *feel_ : *feel_of(kUsualDrummer), seed, stay);
  } else if (performer_ != nullptr) {
    if (const auto given = perform(performer_, score, stay, {.seed = seed}); !given)
      return tl::unexpected(given.error());
  }
  if (feel_ != nullptr) apply_feel(score, *feel_, {.seed = seed, .from = from});
  return {};
}

}  // namespace sage::cli
