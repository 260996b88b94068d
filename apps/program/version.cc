// sage-music version: what this program is and can do on this machine.
#include <memory>

#include "apps/shared/cli.h"
#include "kernels/kernel_table.h"
#include "nn/attention_spec.h"
#include "tokens/tokenization.h"

namespace sage::cli {
namespace {

Result<void> act(bool json) {
  Json tokenizations = Json::array(), attentions = Json::array();
  for (const Tokenization* scheme : tokenization_registry())
    tokenizations.push_back(scheme->name());
  for (const AttentionFamily* family : attention_registry()) attentions.push_back(family->name());
  const Json facts = {{"version", SAGE_VERSION},
                      {"instruction_set", default_kernels().name},
                      {"tokenizations", tokenizations},
                      {"attention", attentions},
                      {"trainer", has_trainer()}};
  if (json) {
    say_json(facts);
    return {};
  }
  say("sage-music " SAGE_VERSION);
  for (const auto& [key, value] : facts.items())
    if (key != "version")
      say("  " + key + ": " + (value.is_string() ? value.get<std::string>() : value.dump()));
  return {};
}

}  // namespace

void add_version(Cli& cli) {
  auto json = std::make_shared<bool>(false);
  CLI::App* command =
      add_command(cli.app, cli, "version", "Show version, instruction set, variants", "",
                  [json] { return act(*json); });
  command->add_flag("--json", *json, "print JSON");
}

}  // namespace sage::cli
