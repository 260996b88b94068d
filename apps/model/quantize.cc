// sage-music quantize: a model with narrower weights, and what that costs in nats a note.
#include <memory>

#include "apps/shared/cli.h"
#include "apps/shared/files.h"
#include "apps/shared/model_choice.h"
#include "generate/likelihood.h"
#include "midi/reader.h"

namespace sage::cli {
namespace {

struct QuantizeOptions {
  std::string input, output, type = "int8";
  std::vector<std::string> data;
  int limit = 100;
  int threads = 1;
  bool json = false;
};

/// Weights and cache of one row of the table, the first being what the others are compared with.
struct Pair {
  WeightType weights;
  DType cache;
};
constexpr Pair kPairs[] = {{WeightType::kF32, DType::kF32},
                           {WeightType::kBf16, DType::kBf16},
                           {WeightType::kI8, DType::kBf16},
                           {WeightType::kI8, DType::kI8},
                           {WeightType::kI4, DType::kI8}};

Result<std::vector<std::vector<TokenId>>> read_pieces(const QuantizeOptions& options,
                                                      const Tokenizer& tokenizer) {
  auto files = midi_files(options.data);
  if (!files) return tl::unexpected(files.error());
  std::vector<std::vector<TokenId>> pieces;
  for (const auto& path : thin(*std::move(files), options.limit)) {
    auto score = read_midi_file(path);
    auto ids = score ? tokenizer.encode(score->score)
                     : Result<std::vector<TokenId>>(tl::unexpected(score.error()));
    if (ids && !ids->empty()) pieces.push_back(*std::move(ids));
  }
  if (pieces.empty()) return fail(ErrorCode::kInvalidArgument, "no file could be scored");
  return pieces;
}

/// One row: nats a note with these types.
Result<Json> measure(const QuantizeOptions& options, const Engine& stored, const Pair& pair,
                     const std::vector<std::vector<TokenId>>& pieces) {
  auto engine =
      Engine::create(stored.tokenizer(), stored.weights().convert(pair.weights), pair.cache);
  if (!engine) return tl::unexpected(engine.error());
  const Model& model = (*engine)->model();
  Workspace workspace(model.config(), {.threads = options.threads});
  Likelihood total;
  std::size_t done = 0;
  const std::string name = std::string(to_string(pair.weights)) + " with a cache of " +
                           std::string(to_string(pair.cache));
  for (const auto& ids : pieces) {
    if (stop_requested()) return fail(ErrorCode::kInterrupted, "interrupted");
    auto one = likelihood(**engine, ids, workspace);
    if (!one) return tl::unexpected(one.error());
    total += *one;
    if (!options.json)
      show_progress(name + ": " + std::to_string(++done) + " of " + std::to_string(pieces.size()));
  }
  return Json{
      {"weights", to_string(pair.weights)},
      {"cache", to_string(pair.cache)},
      {"weight_bytes", (*engine)->weights().bytes()},
      {"kv_bytes_per_token", KvCache(model.config(), {.type = pair.cache}).bytes_per_token()},
      {"notes", total.notes},
      {"nats_per_note", total.nats / static_cast<double>(total.notes)}};
}

Result<Json> compare(const QuantizeOptions& options, const Engine& stored) {
  auto pieces = read_pieces(options, stored.tokenizer());
  if (!pieces) return tl::unexpected(pieces.error());
  install_stop_handler();
  Json rows = Json::array();
  for (const Pair& pair : kPairs) {
    auto row = measure(options, stored, pair, *pieces);
    if (!row) return tl::unexpected(row.error());
    const double first = rows.empty() ? (*row)["nats_per_note"].get<double>()
                                      : rows[0]["nats_per_note"].get<double>();
    (*row)["change_percent"] = 100 * ((*row)["nats_per_note"].get<double>() / first - 1);
    rows.push_back(*std::move(row));
  }
  end_progress();
  return rows;
}

void say_types(const Json& rows) {
  say("| weights | cache | weights MB | K/V bytes a token | nats a note | change |");
  say("|---|---|---|---|---|---|");
  for (const Json& row : rows)
    say("| " + row["weights"].get<std::string>() + " | " + row["cache"].get<std::string>() + " | " +
        fixed(row["weight_bytes"].get<double>() * 1e-6, 2) + " | " +
        row["kv_bytes_per_token"].dump() + " | " + fixed(row["nats_per_note"], 4) + " | " +
        fixed(row["change_percent"], 2) + " % |");
}

Result<void> act(const QuantizeOptions& options) {
  auto engine = Engine::open(options.input);
  if (!engine) return tl::unexpected(engine.error());
  const Weights& stored = (*engine)->weights();
  Json result = {{"model", stored.hash()}};
  if (!options.data.empty()) {
    auto rows = compare(options, **engine);
    if (!rows) return tl::unexpected(rows.error());
    result["types"] = *std::move(rows);
    if (!options.json) say_types(result["types"]);
  }
  if (!options.output.empty()) {
    const auto narrowed = stored.convert(*type_of(options.type));
    if (auto done = narrowed->save(options.output); !done) return done;
    result["output"] = options.output;
    result["type"] = options.type;
    result["weight_bytes"] = narrowed->bytes();
    if (!options.json)
      say(options.output + ": " + options.type + ", " +
          grouped(static_cast<long long>(narrowed->bytes())) + " bytes of weights, " +
          grouped(static_cast<long long>(stored.bytes())) + " before");
  }
  if (options.json) say_json(result);
  return {};
}

}  // namespace

void add_quantize(Cli& cli) {
  auto options = std::make_shared<QuantizeOptions>();
  CLI::App* command = add_command(
      cli.app, cli, "quantize",
      "Quantise the weights of a model; with --data, measure the loss in nats a note",
      "  sage-music quantize models/small.safetensors -o out/int8.safetensors\n"
      "  sage-music quantize models/small.safetensors --data folder_of_midi --limit 100",
      [options] { return act(*options); });
  command->add_option("file", options->input, "model file")->required();
  command->add_option("-o,--output", options->output, "model file to write");
  command->add_option("--type", options->type, "weight type of the output: f32, bf16, int8 or int4")
      ->check(is_weight_type())
      ->capture_default_str();
  command->add_option("-d,--data", options->data,
                      "MIDI files or folders to measure the loss of every type");
  command->add_option("--limit", options->limit, "maximum number of files (approximate); 0: all")
      ->check(not_negative())
      ->capture_default_str();
  command->add_option("--threads", options->threads, "threads for the model")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  command->add_flag("--json", options->json, "print JSON");
  check_usage(*command, [options]() -> Result<void> {
    if (options->output.empty() && options->data.empty())
      return fail(ErrorCode::kInvalidArgument,
                  "give --output to write a model, --data to measure the loss, or both");
    return check_apart({options->input}, {options->output});
  });
}

}  // namespace sage::cli
