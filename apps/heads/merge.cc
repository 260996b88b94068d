// sage-music heads merge: an mha model with fewer K/V heads, to be trained on.
#include <memory>

#include "apps/heads/commands.h"
#include "base/file.h"
#include "generate/engine.h"
#include "heads/measurement_file.h"
#include "heads/merge.h"

namespace sage::cli {
namespace {

struct HeadsMergeOptions {
  std::string model, measurement, output, grouping = "measured";
  MergeBudget budget;
  double distance = -1;
};

Result<HeadTables> group(const HeadsMergeOptions& options, const Weights& weights) {
  if (options.grouping == "neighbours")
    return neighbouring_heads(weights.config().layers, weights.config().heads, options.budget);
  const auto measured = read_measurement(options.measurement);
  if (!measured) return tl::unexpected(measured.error());
  if (auto ok = check_measured(*measured, weights); !ok)
    return fail(options.measurement, ok.error());
  return cluster_heads(*measured, options.budget);
}

/// "{0 2} {1} {3}"
std::string in_words(const std::vector<int>& table) {
  std::string text;
  for (int kv_head = 0;; ++kv_head) {
    std::string members;
    for (std::size_t head = 0; head < table.size(); ++head)
      if (table[head] == kv_head) members += (members.empty() ? "" : " ") + std::to_string(head);
    if (members.empty()) return text;
    text += (text.empty() ? "{" : " {") + members + "}";
  }
}

Result<void> act(const HeadsMergeOptions& given) {
  HeadsMergeOptions options = given;
  if (options.distance >= 0) options.budget.distance = options.distance;
  if (auto ok = check_writable(options.output); !ok) return ok;
  const auto engine = Engine::open(options.model);
  if (!engine) return tl::unexpected(engine.error());
  const Weights& mha = (*engine)->weights();
  if (auto ok = check_mergeable(mha.config()); !ok) return fail(options.model, ok.error());
  const auto tables = group(options, mha);
  if (!tables) return tl::unexpected(tables.error());
  const auto merged = merge_heads(mha, *tables, options.grouping);
  if (!merged) return fail(options.model, merged.error());
  if (auto done = (*merged)->save(options.output); !done) return done;
  for (std::size_t layer = 0; layer < tables->size(); ++layer)
    say("layer " + std::to_string(layer) + ": " + in_words((*tables)[layer]));
  const auto bytes = [](const ModelConfig& config) {
    return grouped(static_cast<long long>(KvCache(config).bytes_per_token()));
  };
  say(options.output + ": " + describe((*merged)->config()) + "; " + bytes((*merged)->config()) +
      " bytes of f32 cache a token, " + bytes(mha.config()) + " before");
  return {};
}

Result<void> check(const HeadsMergeOptions& options) {
  if (options.grouping == "measured" && options.measurement.empty())
    return fail(ErrorCode::kInvalidArgument,
                "give --measurement, the file that heads measure wrote, or --grouping neighbours");
  return {};
}

}  // namespace

void add_heads_merge(CLI::App& heads, Cli& cli) {
  auto options = std::make_shared<HeadsMergeOptions>();
  MergeBudget& budget = options->budget;
  CLI::App* command = add_command(
      heads, cli, "merge", "Let heads with similar attention share K/V heads (mha models)",
      "  sage-music heads merge mha.safetensors --measurement heads.json --kv-heads 8 -o "
      "merged.safetensors\n"
      "  sage-music train --data prepared -o trained_on --init merged.safetensors --steps 200",
      [options] { return act(*options); });
  command->add_option("model", options->model, "model file; its attention must be mha")->required();
  command->add_option("--measurement", options->measurement, "file written by `heads measure`");
  command->add_option("--kv-heads", budget.kv_heads, "total number of K/V heads to keep")
      ->check(CLI::Range(1, 65'536));
  command
      ->add_option("--layer-heads", budget.layer_heads,
                   "K/V heads to keep per layer: one number, or a list such as 2,1,3")
      ->delimiter(',');
  command
      ->add_option("--distance", options->distance,
                   "join heads closer than this Jensen-Shannon distance, 0 to 1")
      ->check(CLI::Range(0.0, 1.0));
  command
      ->add_option("--grouping", options->grouping,
                   "measured, or neighbours: consecutive heads, as in GQA, for comparison")
      ->check(CLI::IsMember({"measured", "neighbours"}))
      ->capture_default_str();
  command->add_option("-o,--output", options->output, "model file to write")->required();
  check_usage(*command, [options] { return check(*options); });
}

}  // namespace sage::cli
