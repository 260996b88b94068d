// sage-music bench: how fast the engine is on this machine, and how fast it could be.
#include <sys/resource.h>

#include <algorithm>
#include <memory>

#include "apps/bench/kernels.h"
#include "apps/shared/cli.h"
#include "apps/shared/model_choice.h"
#include "apps/shared/random_engine.h"
#include "eval/bench_runner.h"
#include "nn/tensor_spec.h"
#include "statistics/quantiles.h"

namespace sage::cli {
namespace {

Json summary(const std::vector<double>& values) {
  return {{"median", median(values)},
          {"min", *std::min_element(values.begin(), values.end())},
          {"max", *std::max_element(values.begin(), values.end())}};
}

Result<BenchRunner> runner_of(const std::shared_ptr<const Engine>& engine,
                              BenchRunner::Options options) {
  options.cache = engine->cache_type();
  // The model is a part of the engine, which lives as long as it is used.
  return BenchRunner::create(std::shared_ptr<const Model>(engine, &engine->model()), options);
}

// --------------------------------------------------------------------------------------------
// bench speed

struct BenchOptions {
  std::string model;  // path; empty: random weights
  RandomModel random;
  std::vector<std::string> types, attentions = {"as-kvhs"};
  std::vector<int> contexts = {1024}, threads = {1}, batches = {1};
  int tokens = 64;
  int repeats = 7;
  bool kernels = false;
  bool json = false;
};

/// One cell of the sweep.
struct BenchCase {
  std::string type, attention;
  int threads, context, batch;
};

Result<Json> measure(BenchRunner& runner, const Engine& engine, const BenchOptions& options,
                     const BenchCase& what) {
  std::vector<double> prefill, decode;
  for (int repeat = 0; repeat < options.repeats + 1; ++repeat) {  // the first one warms up
    // Reading a long context takes far longer than decoding: a few times will do.
    const double prefilled = repeat < 4 ? runner.prefill() : 0;
    const double decoded = runner.decode();
    if (repeat == 0) continue;
    if (prefilled > 0) prefill.push_back(prefilled);
    decode.push_back(decoded);
  }
  struct rusage usage {};
  getrusage(RUSAGE_SELF, &usage);
  const ModelConfig& config = engine.model().config();
  Team team(what.threads);
  const double bandwidth = read_bandwidth(engine.model().kernels(), team, runner.bytes_read_once());
  const double bound = what.batch * bandwidth / static_cast<double>(runner.bytes_read_once());
  const Json rates = summary(decode);
  Json result = {{"model", options.model.empty() ? options.random.shape : options.model},
                 {"attention", config.attention},
                 {"kv_heads", config.kv_heads},
                 {"output", config.output},
                 {"type", to_string(engine.weights().type())},
                 {"cache", to_string(engine.cache_type())},
                 {"parameters", parameter_count(config)},
                 {"threads", what.threads},
                 {"context", what.context},
                 {"batch", what.batch},
                 {"instruction_set", engine.model().kernels().name},
                 {"decode_tokens_per_second", rates},
                 {"prefill_tokens_per_second", summary(prefill)},
                 {"bytes_per_token", runner.bytes_read_once()},
                 {"read_bytes_per_second", bandwidth},
                 {"bound_tokens_per_second", bound},
                 {"share_of_bound", rates["max"].get<double>() / bound},
                 {"kv_bytes_per_token", runner.kv_bytes_per_token()},
                 {"weight_bytes", engine.weights().bytes()},
                 {"peak_memory_bytes", usage.ru_maxrss * 1024LL}};
  if (options.kernels)
    result["kernels"] = bench_kernels(engine, runner.cache(), what.context, team);
  return result;
}

Result<Json> measure(const BenchOptions& options, const BenchCase& what) {
  RandomModel random = options.random;
  random.attention = what.attention;
  random.context = what.context + options.tokens;
  if (!what.type.empty()) random.type = what.type;
  auto engine =
      options.model.empty()
          ? random_engine(random)
          : open_engine({.model = options.model, .type = what.type, .cache = random.cache});
  if (!engine) return tl::unexpected(engine.error());
  auto runner = runner_of(*engine, {.context = what.context,
                                    .tokens = options.tokens,
                                    .threads = what.threads,
                                    .batch = what.batch});
  if (!runner) return tl::unexpected(runner.error());
  return measure(*runner, **engine, options, what);
}

void say_plain(const Json& result) {
  for (const auto& [key, value] : result.items()) {
    if (value.is_object())
      say(key + ": median " + fixed(value["median"], 1) + ", min " + fixed(value["min"], 1) +
          ", max " + fixed(value["max"], 1));
    else if (!value.is_array())
      say(key + ": " + (value.is_string() ? value.get<std::string>() : value.dump()));
  }
}

void say_speed_table(const Json& rows) {
  say("| model | attention | weights | cache | threads | context | batch | decode tokens/s, median "
      "(best) | bound | best of bound | prefill tokens/s |");
  say("|---|---|---|---|---|---|---|---|---|---|---|");
  for (const Json& row : rows) {
    const auto text = [&](const char* key) { return row[key].get<std::string>(); };
    const Json& rate = row["decode_tokens_per_second"];
    say("| " + text("model") + " | " + text("attention") + " | " + text("type") + " | " +
        text("cache") + " | " + row["threads"].dump() + " | " + row["context"].dump() + " | " +
        row["batch"].dump() + " | " + fixed(rate["median"], 0) + " (" + fixed(rate["max"], 0) +
        ") | " + fixed(row["bound_tokens_per_second"], 0) + " | " +
        fixed(100 * row["share_of_bound"].get<double>(), 0) + " % | " +
        fixed(row["prefill_tokens_per_second"]["median"], 0) + " |");
  }
}

void say_kernel_table(const Json& row) {
  say("");
  say("| kernel, " + row["type"].get<std::string>() + ", " + row["threads"].dump() +
      " threads, context " + row["context"].dump() +
      " | KB | us | GB/s | only reading GB/s | share |");
  say("|---|---|---|---|---|---|");
  for (const Json& kernel : row["kernels"])
    say("| " + kernel["kernel"].get<std::string>() + " | " +
        fixed(kernel["bytes"].get<double>() * 1e-3, 0) + " | " + fixed(kernel["microseconds"], 1) +
        " | " + fixed(kernel["bytes_per_second"].get<double>() * 1e-9, 1) + " | " +
        fixed(kernel["read_bytes_per_second"].get<double>() * 1e-9, 1) + " | " +
        fixed(100 * kernel["share_of_reading"].get<double>(), 0) + " % |");
}

Result<void> bench_speed(const BenchOptions& options) {
  std::vector<BenchCase> cases;
  const std::vector<std::string> as_stored = {""};
  for (const std::string& attention : options.attentions)
    for (const std::string& type : options.types.empty() ? as_stored : options.types)
      for (const int threads : options.threads)
        for (const int context : options.contexts)
          for (const int batch : options.batches)
            cases.push_back({type, attention, threads, context, batch});
  Json rows = Json::array();
  for (const BenchCase& what : cases) {
    auto row = measure(options, what);
    if (!row) return tl::unexpected(row.error());
    rows.push_back(*std::move(row));
    if (!options.json && cases.size() > 1)
      show_progress(std::to_string(rows.size()) + " of " + std::to_string(cases.size()));
  }
  end_progress();
  if (options.json) {
    say_json(rows.size() == 1 ? rows[0] : rows);
    return {};
  }
  if (rows.size() == 1)
    say_plain(rows[0]);
  else
    say_speed_table(rows);
  if (options.kernels)
    for (const Json& row : rows) say_kernel_table(row);
  return {};
}

void add_speed(CLI::App& bench, Cli& cli) {
  auto options = std::make_shared<BenchOptions>();
  CLI::App* command = add_command(
      bench, cli, "speed", "Tokens a second in decoding and prefill, beside the memory bound",
      "  sage-music bench speed --shape base --type int8 --threads 1,2 --context 256,1024,4096\n"
      "  sage-music bench speed --shape base --attention mha,as-kvhs --type int8 --kernels\n"
      "  sage-music bench speed --model models/sage-music.safetensors --context 256",
      [options] { return bench_speed(*options); });
  command->add_option("-m,--model", options->model, "model file (default: random weights)");
  command
      ->add_option("--shape", options->random.shape,
                   "random weights: tiny, small, base or large; not with --model")
      ->check(is_shape())
      ->excludes("--model")
      ->capture_default_str();
  command
      ->add_option("-a,--attention", options->attentions,
                   "members of the attention family; not with --model")
      ->delimiter(',')
      ->check(is_attention())
      ->excludes("--model")
      ->capture_default_str();
  command
      ->add_option("--kv-heads", options->random.kv_heads,
                   "K/V heads; 0: the member's default; not with --model")
      ->check(not_negative())
      ->excludes("--model");
  command
      ->add_option("--type", options->types,
                   "type of the weights: f32, bf16, int8, int4 (default: as stored, or f32)")
      ->delimiter(',')
      ->check(is_weight_type());
  command
      ->add_option("--cache", options->random.cache,
                   "type of the K/V cache: f32, bf16 or int8 (default: like the weights)")
      ->check(is_cache_type());
  command->add_option("--threads", options->threads, "threads for the model")
      ->delimiter(',')
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  command->add_option("-c,--context", options->contexts, "tokens in the cache while decoding")
      ->delimiter(',')
      ->check(CLI::Range(1, 65'536))
      ->capture_default_str();
  command
      ->add_option("--batch", options->batches,
                   "sequences decoded in one pass; tokens/s are the total")
      ->delimiter(',')
      ->check(CLI::Range(1, 32))
      ->capture_default_str();
  command->add_option("--tokens", options->tokens, "tokens of one decoding run")
      ->check(CLI::Range(1, 4'096))
      ->capture_default_str();
  command->add_option("--repeats", options->repeats, "measured runs")
      ->check(CLI::Range(1, 1'000))
      ->capture_default_str();
  command->add_flag("--kernels", options->kernels,
                    "measure each kernel, beside only reading its bytes");
  command->add_flag("--json", options->json, "print JSON");
}

// --------------------------------------------------------------------------------------------
// bench attention

struct AttentionOptions {
  std::vector<std::string> shapes = {"small", "base"};
  std::vector<std::string> members = {"mha", "mqa", "as-kvhs"};
  std::vector<int> contexts = {256, 1024, 4096};
  std::vector<int> threads = {1, 2};
  std::string type = "f32", cache;
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
                                 .cache = options.cache,
                                 .context = context + options.tokens});
    if (!engine) return tl::unexpected(engine.error());
    auto runner =
        runner_of(*engine, {.context = context, .tokens = options.tokens, .threads = threads});
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
                    {"bound_of_ratio", static_cast<double>(runners[0].bytes_read_once()) /
                                           static_cast<double>(runners[i].bytes_read_once())},
                    {"prefill_tokens_per_second", prefill[i]},
                    {"kv_bytes_per_token", runners[i].kv_bytes_per_token()},
                    {"weight_bytes", runners[i].model().weights().bytes()}});
  return rows;
}

void say_rows(const Json& rows, const std::string& first) {
  say("| shape | type | threads | context | attention | decode tokens/s | times " + first +
      " (min to max) | bound by bytes | prefill tokens/s | K/V bytes a token | weights MB |");
  say("|---|---|---|---|---|---|---|---|---|---|---|");
  for (const Json& row : rows) {
    const Json& ratio = row["ratio_to_first"];
    const auto text = [&](const char* key) { return row[key].get<std::string>(); };
    say("| " + text("shape") + " | " + text("type") + " | " + row["threads"].dump() + " | " +
        row["context"].dump() + " | " + text("attention") + " | " +
        fixed(row["decode_tokens_per_second"]["median"], 0) + " | " + fixed(ratio["median"], 2) +
        " (" + fixed(ratio["min"], 2) + " to " + fixed(ratio["max"], 2) + ") | " +
        fixed(row["bound_of_ratio"], 2) + " | " + fixed(row["prefill_tokens_per_second"], 0) +
        " | " + row["kv_bytes_per_token"].dump() + " | " +
        fixed(row["weight_bytes"].get<double>() * 1e-6, 1) + " |");
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
      add_command(bench, cli, "attention", "Compare members of the attention family, interleaved",
                  "  sage-music bench attention --type bf16\n"
                  "  sage-music bench attention --members mha,gqa,as-kvhs --shapes base --contexts "
                  "1024 --threads 1",
                  [options] { return bench_attention(*options); });
  command->add_option("--shapes", options->shapes, "tiny, small, base, large")
      ->delimiter(',')
      ->check(is_shape())
      ->capture_default_str();
  command->add_option("--members", options->members, "members to compare; ratios are to the first")
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
  command->add_option("--type", options->type, "f32, bf16, int8 or int4")
      ->check(is_weight_type())
      ->capture_default_str();
  command
      ->add_option("--cache", options->cache,
                   "type of the K/V cache: f32, bf16 or int8 (default: like the weights)")
      ->check(is_cache_type());
  command->add_option("--tokens", options->tokens, "tokens per round")
      ->check(CLI::Range(1, 4'096))
      ->capture_default_str();
  command->add_option("--rounds", options->rounds, "measured rounds")
      ->check(CLI::Range(1, 1'000))
      ->capture_default_str();
  command->add_flag("--json", options->json, "print JSON");
}

}  // namespace

void add_bench_drafts(CLI::App& bench, Cli& cli);   // drafts.cc
void add_bench_latency(CLI::App& bench, Cli& cli);  // latency.cc
void add_bench_wishes(CLI::App& bench, Cli& cli);   // wishes.cc
void add_bench_streams(CLI::App& bench, Cli& cli);  // streams.cc

void add_bench(Cli& cli) {
  CLI::App* bench = cli.app.add_subcommand("bench", "Measure speed on this machine");
  bench->require_subcommand(1);
  add_speed(*bench, cli);
  add_attention(*bench, cli);
  add_bench_latency(*bench, cli);
  add_bench_drafts(*bench, cli);
  add_bench_streams(*bench, cli);
  add_bench_wishes(*bench, cli);
}

}  // namespace sage::cli
