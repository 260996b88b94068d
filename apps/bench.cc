// sage-music bench: how fast the engine is on this machine.
#include <sys/resource.h>

#include <algorithm>
#include <memory>

#include "base/stats.h"
#include "bench_runner.h"
#include "cli.h"
#include "model_choice.h"
#include "nn/tensor_spec.h"

namespace sage::cli {
namespace {

Json summary(const std::vector<double>& values) {
  return {{"median", median(values)},
          {"min", *std::min_element(values.begin(), values.end())},
          {"max", *std::max_element(values.begin(), values.end())}};
}

// --------------------------------------------------------------------------------------------
// bench speed

struct SpeedOptions {
  ModelChoice model;
  RandomModel random;
  int context = 1024;
  int tokens = 64;
  int repeats = 7;
  bool json = false;
};

Result<Json> measure(BenchRunner& runner, const SpeedOptions& options) {
  std::vector<double> prefill, decode;
  for (int repeat = 0; repeat < options.repeats + 1; ++repeat) {  // the first one warms up
    const double prefilled = runner.prefill();
    const double decoded = runner.decode();
    if (repeat == 0) continue;
    prefill.push_back(prefilled);
    decode.push_back(decoded);
  }
  struct rusage usage {};
  getrusage(RUSAGE_SELF, &usage);
  const Engine& engine = runner.engine();
  const ModelConfig& config = engine.model().config();
  return Json{{"model", options.model.model.empty() ? options.random.shape : options.model.model},
              {"attention", config.attention},
              {"kv_heads", config.kv_heads},
              {"type", std::string(to_string(engine.weights().type()))},
              {"parameters", parameter_count(config)},
              {"threads", options.model.threads},
              {"context", options.context},
              {"instruction_set", engine.model().kernels().name},
              {"decode_tokens_per_second", summary(decode)},
              {"prefill_tokens_per_second", summary(prefill)},
              {"kv_bytes_per_token", runner.kv_bytes_per_token()},
              {"weight_bytes", engine.weights().bytes()},
              {"peak_memory_bytes", usage.ru_maxrss * 1024LL}};
}

Result<void> bench_speed(SpeedOptions& options) {
  options.random.context = options.context + options.tokens;
  if (!options.model.type.empty()) options.random.type = options.model.type;
  auto engine =
      options.model.model.empty() ? random_engine(options.random) : open_engine(options.model);
  if (!engine) return tl::unexpected(engine.error());
  auto runner =
      BenchRunner::create(*engine, options.context, options.tokens, options.model.threads);
  if (!runner) return tl::unexpected(runner.error());
  auto result = measure(*runner, options);
  if (!result) return tl::unexpected(result.error());
  if (options.json) {
    say_json(*result);
    return {};
  }
  for (const auto& [key, value] : result->items()) {
    if (value.is_object())
      say(key + ": median " + fixed(value["median"], 1) + ", min " + fixed(value["min"], 1) +
          ", max " + fixed(value["max"], 1));
    else
      say(key + ": " + (value.is_string() ? value.get<std::string>() : value.dump()));
  }
  return {};
}

void add_speed(CLI::App& bench, Cli& cli) {
  auto options = std::make_shared<SpeedOptions>();
  CLI::App* command = add_command(
      bench, cli, "speed", "Tokens a second of decoding (batch 1) and of prefill",
      "  sage-music bench speed --shape base --attention mqa --type bf16 --threads 2 --json\n"
      "  sage-music bench speed --model models/sage-music.safetensors --context 256",
      [options] { return bench_speed(*options); });
  add_model_options(*command, options->model);
  command
      ->add_option("--shape", options->random.shape,
                   "random weights: tiny, small, base or large; not with --model")
      ->check(is_shape())
      ->excludes("--model")
      ->capture_default_str();
  command
      ->add_option("-a,--attention", options->random.attention,
                   "member of the attention family; not with --model")
      ->check(is_attention())
      ->excludes("--model")
      ->capture_default_str();
  command
      ->add_option("--kv-heads", options->random.kv_heads,
                   "0: the member's usual number; not with --model")
      ->check(not_negative())
      ->excludes("--model");
  command->add_option("-c,--context", options->context, "tokens in the cache while decoding")
      ->check(CLI::Range(1, 65'536))
      ->capture_default_str();
  command->add_option("--tokens", options->tokens, "tokens of one decoding run")
      ->check(CLI::Range(1, 4'096))
      ->capture_default_str();
  command->add_option("--repeats", options->repeats, "runs that are counted")
      ->check(CLI::Range(1, 1'000))
      ->capture_default_str();
  command->add_flag("--json", options->json, "as JSON");
}

// ---------------------------------------------------------------------------------------- bench
// attention

struct AttentionOptions {
  std::vector<std::string> shapes = {"small", "base"};
  std::vector<std::string> members = {"mha", "mqa", "as-kvhs"};
  std::vector<int> contexts = {256, 1024, 4096};
  std::vector<int> threads = {1, 2};
  std::string type = "f32";
  int tokens = 32;
  int rounds = 15;
  bool json = false;
};

/// The members take turns within each round, so that a ratio compares neighbours in time.
Result<Json> compare_members(const AttentionOptions& options, const std::string& shape, int context,
                             int threads) {
  std::vector<BenchRunner> runners;
  for (const std::string& member : options.members) {
    auto engine = random_engine({.shape = shape,
                                 .attention = member,
                                 .type = options.type,
                                 .context = context + options.tokens});
    if (!engine) return tl::unexpected(engine.error());
    auto runner = BenchRunner::create(*engine, context, options.tokens, threads);
    if (!runner) return tl::unexpected(runner.error());
    runners.push_back(*std::move(runner));
  }
  std::vector<double> prefill;
  for (BenchRunner& runner : runners) {
    prefill.push_back(runner.prefill());
    runner.decode();
  }
  std::vector<std::vector<double>> rates(runners.size()), ratios(runners.size());
  for (int round = 0; round < options.rounds; ++round) {
    for (std::size_t i = 0; i < runners.size(); ++i) {
      rates[i].push_back(runners[i].decode());
      ratios[i].push_back(rates[i].back() / rates[0].back());
    }
  }
  Json rows = Json::array();
  for (std::size_t i = 0; i < runners.size(); ++i)
    rows.push_back({{"shape", shape},
                    {"attention", options.members[i]},
                    {"type", options.type},
                    {"threads", threads},
                    {"context", context},
                    {"decode_tokens_per_second", summary(rates[i])},
                    {"ratio_to_first", summary(ratios[i])},
                    {"prefill_tokens_per_second", prefill[i]},
                    {"kv_bytes_per_token", runners[i].kv_bytes_per_token()},
                    {"weight_bytes", runners[i].engine().weights().bytes()}});
  return rows;
}

void say_rows(const Json& rows, const std::string& first) {
  say("| shape | type | threads | context | attention | decode tokens/s | times " + first +
      " (min to max) | prefill tokens/s | K/V bytes a token | weights MB |");
  say("|---|---|---|---|---|---|---|---|---|---|");
  for (const Json& row : rows) {
    const Json& ratio = row["ratio_to_first"];
    const auto text = [&](const char* key) { return row[key].get<std::string>(); };
    say("| " + text("shape") + " | " + text("type") + " | " + row["threads"].dump() + " | " +
        row["context"].dump() + " | " + text("attention") + " | " +
        fixed(row["decode_tokens_per_second"]["median"], 0) + " | " + fixed(ratio["median"], 2) +
        " (" + fixed(ratio["min"], 2) + " to " + fixed(ratio["max"], 2) + ") | " +
        fixed(row["prefill_tokens_per_second"], 0) + " | " + row["kv_bytes_per_token"].dump() +
        " | " + fixed(row["weight_bytes"].get<double>() * 1e-6, 1) + " |");
  }
}

Result<void> bench_attention(const AttentionOptions& options) {
  Json rows = Json::array();
  for (const std::string& shape : options.shapes)
    for (const int threads : options.threads)
      for (const int context : options.contexts) {
        if (!options.json)
          show_progress(shape + ", " + std::to_string(threads) + " threads, context " +
                        std::to_string(context));
        auto some = compare_members(options, shape, context, threads);
        if (!some) return tl::unexpected(some.error());
        rows.insert(rows.end(), some->begin(), some->end());
      }
  end_progress();
  if (options.json)
    say_json(rows);
  else
    say_rows(rows, options.members.front());
  return {};
}

void add_attention(CLI::App& bench, Cli& cli) {
  auto options = std::make_shared<AttentionOptions>();
  CLI::App* command =
      add_command(bench, cli, "attention",
                  "Members of the attention family side by side, as ratios to the first",
                  "  sage-music bench attention --type bf16\n"
                  "  sage-music bench attention --members mha,gqa,as-kvhs --shapes base --contexts "
                  "1024 --threads 1",
                  [options] { return bench_attention(*options); });
  command->add_option("--shapes", options->shapes, "tiny, small, base, large")
      ->delimiter(',')
      ->check(is_shape())
      ->capture_default_str();
  command
      ->add_option("--members", options->members, "the first is what the others are compared with")
      ->delimiter(',')
      ->check(is_attention())
      ->capture_default_str();
  command->add_option("--contexts", options->contexts, "tokens in the cache while decoding")
      ->delimiter(',')
      ->check(CLI::Range(1, 65'536))
      ->capture_default_str();
  command->add_option("--threads", options->threads)
      ->delimiter(',')
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  command->add_option("--type", options->type, "f32, bf16 or int8")
      ->check(CLI::IsMember({"f32", "bf16", "int8"}))
      ->capture_default_str();
  command->add_option("--tokens", options->tokens, "tokens of one turn")
      ->check(CLI::Range(1, 4'096))
      ->capture_default_str();
  command->add_option("--rounds", options->rounds, "turns that are counted")
      ->check(CLI::Range(1, 1'000))
      ->capture_default_str();
  command->add_flag("--json", options->json, "as JSON");
}

}  // namespace

void add_bench(Cli& cli) {
  CLI::App* bench = cli.app.add_subcommand("bench", "Measure speed on this machine");
  bench->require_subcommand(1);
  add_speed(*bench, cli);
  add_attention(*bench, cli);
}

}  // namespace sage::cli
