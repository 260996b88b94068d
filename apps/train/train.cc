// sage-music train: a model from prepared data; runs can be interrupted and resumed.
#include <malloc.h>
#include "apps/shared/cli.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <tuple>

#include "apps/train/running.h"
#include "nn/weights.h"
#include "tokens/tokenizer_file.h"
#include "train/precision.h"
#include "train/trainer.h"

namespace sage::cli {

bool has_trainer() { return true; }

void keep_memory() {
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 2'147'483'647);
  mallopt(M_TOP_PAD, 256 << 20);
}

TrainHooks console_hooks() {
  install_stop_handler();
  TrainHooks hooks;
  hooks.stop = &stop_requested();
  hooks.progress = [](const TrainProgress& p) {
    show_progress("step " + grouped(p.step) + ", " +
                  fixed(static_cast<double>(p.tokens) * 1e-6, 2) + " M tokens, loss " +
                  fixed(p.loss, 4) + ", " + fixed(p.tokens_per_second, 0) + " tokens/s, " +
                  time_left(p.seconds_left));
  };
  hooks.validation = [](const Validation& v) {
    end_progress();
    say("step " + grouped(v.step) + ": validation " + fixed(v.nats_per_note, 4) + " nats a note, " +
        fixed(v.nats_per_token, 4) + " a token");
  };
  return hooks;
}

namespace {

struct TrainCommandOptions {
  TrainOptions train;
  std::string shape = "small";
  // Above 0: overrides the shape.
  int d_model = 0, layers = 0, heads = 0, d_ff = 0, kv_heads = 0;
  int context = 512;
  std::string attention = "as-kvhs-query";
  std::string output = "flat";
  bool ff_banks = false;
  std::string tokenizer;                    // file; empty: the data's own
  std::vector<std::string> source_weights;  // name=weight
  const CLI::App* command = nullptr;        // knows which options were given

  bool given(const std::string& option) const { return command->count(option) > 0; }
};

/// A number that the launcher of several processes left in the environment; `otherwise` where none
/// of the names is set.
Result<int> from_launcher(std::initializer_list<const char*> names, int otherwise) {
  for (const char* name : names) {
    const char* text = std::getenv(name);
    if (text == nullptr) continue;
    int value = 0;
    const char* end = text + std::strlen(text);
    const auto [rest, code] = std::from_chars(text, end, value);
    if (code == std::errc() && rest == end) return value;
    return fail(ErrorCode::kInvalidArgument,
                std::string("the environment's ") + name + " is not a number: " + text);
  }
  return otherwise;
}

/// The environment of this process by torchrun, mpirun (Open MPI) or a hand-written launcher.
Result<Placement> placement() {
  Placement place;
  const auto processes = from_launcher({"WORLD_SIZE", "OMPI_COMM_WORLD_SIZE", "PMI_SIZE"}, 1);
  const auto rank = from_launcher({"RANK", "OMPI_COMM_WORLD_RANK", "PMI_RANK"}, 0);
  const auto local = from_launcher({"LOCAL_RANK", "OMPI_COMM_WORLD_LOCAL_RANK"}, 0);
  const auto port = from_launcher({"MASTER_PORT"}, place.port);
  for (const auto& number : {processes, rank, local, port})
    if (!number) return tl::unexpected(number.error());
  if (*port < 1 || *port > 65'535)
    return fail(ErrorCode::kInvalidArgument, "the environment variable MASTER_PORT is not a port");
  place.processes = *processes;
  place.rank = *rank;
  place.local_rank = *local;
  place.port = static_cast<std::uint16_t>(*port);
  if (const char* address = std::getenv("MASTER_ADDR")) place.address = address;
  const char* agent = std::getenv("TORCHELASTIC_USE_AGENT_STORE");
  place.store_is_running = agent != nullptr && std::string_view(agent) == "True";
  return place;
}

void set_sizes(ModelConfig& config, const TrainCommandOptions& options) {
  const auto set = [](int& member, int value) {
    if (value > 0) member = value;
  };
  set(config.d_model, options.d_model);
  set(config.layers, options.layers);
  set(config.heads, options.heads);
  set(config.d_ff, options.d_ff);
}

/// The model of --init. Options of the shape may repeat what it is, and not contradict.
Result<void> take_initial_model(TrainCommandOptions& options) {
  const std::filesystem::path& file = options.train.init;
  const auto weights = Weights::load(file);
  if (!weights) return tl::unexpected(weights.error());
  ModelConfig& config = options.train.model = (*weights)->config();
  ModelConfig asked = config;
  if (options.given("--shape")) {
    const auto shape = shape_config(options.shape);
    if (!shape) return tl::unexpected(shape.error());
    std::tie(asked.d_model, asked.layers, asked.heads, asked.d_ff) =
        std::tie(shape->d_model, shape->layers, shape->heads, shape->d_ff);
  }
  set_sizes(asked, options);
  if (options.given("--attention")) asked.attention = options.attention;
  if (options.given("--output")) asked.output = options.output;
  if (options.kv_heads > 0) asked.kv_heads = options.kv_heads;
  if (options.ff_banks) asked.ff_banks = true;
  if (asked != config)
    return fail(ErrorCode::kMismatch,
                file.string() + ": the options of the shape contradict the model of --init (" +
                    describe(config) + "); leave them out");
  if (options.given("--context")) {
    config.context = options.context;
    config.window = std::max(config.window, config.context);
  }
  return {};
}

Result<void> complete_model(TrainCommandOptions& options) {
  if (!options.train.init.empty()) return {};  // taken from the file, later
  auto config = shape_config(options.shape);
  if (!config) return tl::unexpected(config.error());
  set_sizes(*config, options);
  if (options.attention == "as-kvhs-merged")
    return fail(ErrorCode::kInvalidArgument,
                "as-kvhs-merged cannot be trained from scratch: train mha, then `sage-music heads "
                "measure` and `heads merge`, then train with --init");
  auto attention =
      make_attention(options.attention, config->heads, options.kv_heads, kAttributeCount);
  if (!attention) return tl::unexpected(attention.error());
  config->attention = options.attention;
  config->kv_heads = attention->kv_heads;
  if (auto output = make_output(options.output); !output) return tl::unexpected(output.error());
  config->output = options.output;
  config->ff_banks = options.ff_banks;
  config->context = config->window = options.context;
  options.train.model = *config;
  return {};
}

Result<void> complete(TrainCommandOptions& options) {
  if (!options.command->get_subcommands().empty()) return {};  // which has its own options
  for (const char* option : {"--data", "--run"})
    if (!options.given(option))
      return fail(ErrorCode::kInvalidArgument, std::string(option) + " is required");
  if (options.train.steps <= 0 && options.train.minutes <= 0)
    return fail(ErrorCode::kInvalidArgument, "no training budget; give --minutes N or --steps N");
  for (const std::string& text : options.source_weights) {
    const std::size_t at = text.rfind('=');  // a name may hold '=' itself
    double weight = 0;
    if (at == std::string::npos || at == 0 ||
        !CLI::detail::lexical_cast(text.substr(at + 1), weight))
      return fail(ErrorCode::kInvalidArgument,
                  "--source-weight takes NAME=WEIGHT, such as CC0-1.0=2; not \"" + text + "\"");
    options.train.windows.source_weights.push_back({text.substr(0, at), weight});
  }
  return complete_model(options);
}

Result<void> act(const TrainCommandOptions& given) {
  TrainCommandOptions options = given;
  if (!options.tokenizer.empty()) {
    auto tokenizer = read_tokenizer_file(options.tokenizer);
    if (!tokenizer) return tl::unexpected(tokenizer.error());
    options.train.tokenizer = tokenizer->config();
  }
  if (!options.train.init.empty())
    if (auto taken = take_initial_model(options); !taken) return taken;
  auto place = placement();
  if (!place) return tl::unexpected(place.error());
  options.train.placement = *place;
  keep_memory();
  TrainHooks hooks = console_hooks();
  if (place->rank > 0) {  // the first process speaks for all
    hooks.progress = nullptr;
    hooks.validation = nullptr;
    const auto summary = train(options.train, hooks);
    return summary ? Result<void>() : tl::unexpected(summary.error());
  }
  auto summary = train(options.train, hooks);
  end_progress();
  if (!summary) return tl::unexpected(summary.error());
  if (summary->out_of_patience)
    say("no better validation for " + grouped(options.train.patience) + " times: ended at step " +
        grouped(summary->steps) + "; the model is the best one");
  else if (summary->stopped)
    say("interrupted at step " + grouped(summary->steps) +
        "; the same command with --resume continues from there");
  else
    say("done: " + grouped(summary->steps) + " steps, " + grouped(summary->tokens) + " tokens, " +
        fixed(summary->seconds / 60.0, 1) + " minutes, products in " +
        (multiplies_in_bf16(options.train) ? "bf16" : "f32"));
  if (!summary->validates) note("the data has no validation pieces, so the model is not validated");
  say("wrote " + summary->model.string());
  return {};
}

void add_model_shape(CLI::App& command, TrainCommandOptions& options) {
  command.add_option("--shape", options.shape, "tiny, small, base or large")->capture_default_str();
  command.add_option("-a,--attention", options.attention, "member of the attention family")
      ->capture_default_str();
  command.add_option("--kv-heads", options.kv_heads, "K/V heads; 0: the member's default")
      ->check(not_negative());
  command.add_option("--d-model", options.d_model, "override the shape")->check(not_negative());
  command.add_option("--layers", options.layers, "override the shape")->check(not_negative());
  command.add_option("--heads", options.heads, "override the shape")->check(not_negative());
  command.add_option("--d-ff", options.d_ff, "override the shape")->check(not_negative());
  command.add_flag("--ff-banks", options.ff_banks, "feed-forward weights by attribute");
  command
      .add_option("--output", options.output,
                  "step format: flat; for the schemes mmt and cp also parallel, nested or delay")
      ->capture_default_str();
  command.add_option("--context", options.context, "steps (flat: tokens) of an example")
      ->check(CLI::Range(16, 65'536))
      ->capture_default_str();
}

void add_schedule(CLI::App& command, TrainOptions& train) {
  static const std::map<std::string, Schedule> kShapes = {{"stable", Schedule::kStableDecay},
                                                          {"cosine", Schedule::kCosine}};
  command.add_option("--minutes", train.minutes, "budget of time; the schedule ends with it")
      ->check(not_negative());
  command.add_option("--steps", train.steps, "budget of steps")->check(not_negative());
  command
      .add_option("--schedule", train.schedule.shape, "stable (warm-up, stable, decay) or cosine")
      ->transform(one_of(kShapes))
      ->option_text("stable|cosine");
  command.add_option("--lr", train.schedule.peak, "highest learning rate")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command.add_option("--warmup", train.schedule.warmup_steps, "warm-up steps")
      ->check(not_negative())
      ->capture_default_str();
  command.add_option("--decay", train.schedule.decay_share, "share of the run that decays")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
}

void add_optimisation(CLI::App& command, TrainOptions& train) {
  static const std::map<std::string, bool> kTypes = {{"bf16", true}, {"f32", false}};
  static const std::map<std::string, TrainDevice> kDevices = {{"cpu", TrainDevice::kCpu},
                                                              {"cuda", TrainDevice::kCuda}};
  command.add_option("--batch", train.batch, "examples a pass")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  command.add_option("--accumulate", train.accumulate, "passes an update")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  std::vector<std::string> rules;
  std::string described;
  for (const auto& [name, summary] : list_optimisers()) {
    rules.push_back(name);
    described += (described.empty() ? "" : "; ") + name + ": " + summary;
  }
  command.add_option("--optimiser", train.optimiser, described)
      ->check(CLI::IsMember(rules))
      ->capture_default_str();
  command.add_option("--weight-decay", train.weight_decay, "weight decay of matrices")
      ->check(not_negative())
      ->capture_default_str();
  command.add_option("--clip", train.clip, "maximum gradient norm; 0: no clipping")
      ->check(not_negative())
      ->capture_default_str();
  command.add_option("--dropout", train.dropout, "share of activations dropped")
      ->check(CLI::Range(0.0, 0.9))
      ->capture_default_str();
  command
      .add_option("--type", train.bf16,
                  "type of matrix products: bf16 or f32 (default: the faster one)")
      ->transform(one_of(kTypes))
      ->option_text("bf16|f32");
  command.add_option("--device", train.device, "cpu or cuda (default: cpu)")
      ->transform(one_of(kDevices))
      ->option_text("cpu|cuda");
  command.add_option("--threads", train.threads, "threads; 0: one per processor")
      ->check(not_negative())
      ->capture_default_str();
  command.add_option("-s,--seed", train.seed, "seed of weights, batches and dropout")
      ->check(not_negative())
      ->capture_default_str();
}

}  // namespace

void add_train(Cli& cli) {
  auto options = std::make_shared<TrainCommandOptions>();
  TrainOptions& train = options->train;
  CLI::App* command =
      add_command(cli.app, cli, "train", "Train a model on prepared data",
                  "  sage-music train --data prepared -o run --shape small --minutes 60\n"
                  "  sage-music train --data prepared -o run --shape small --minutes 60 --resume\n"
                  "  sage-music train --data mine -o tuned --init model.safetensors --minutes 10",
                  [options] { return act(*options); });
  command->require_subcommand(0, 1);
  options->command = command;
  add_train_plot(*command, cli);
  add_train_scaling(*command, cli);
  train.command = cli.command_line;
  train.licence = "CC-BY-4.0";
  command->add_option("--data", train.data, "folder from `data prepare` (required)");
  command->add_option("-o,--run", train.run,
                      "folder of the run: checkpoints, metrics, model (required)");
  command->add_option("--init", train.init,
                      "start from this model file: its weights, shape, attention and tokenizer");
  command->add_flag("--resume", train.resume, "continue from the newest checkpoint of the run");
  command->add_option("--tokenizer", options->tokenizer,
                      "tokenizer file from `bpe train`; its merges replace those of the data");
  static const std::map<std::string, ProgramOrder> kOrders = {{"number", ProgramOrder::kNumber},
                                                              {"header", ProgramOrder::kHeader}};
  command
      ->add_option("--order", train.windows.order,
                   "order of the programs at a position: by number, or as the header lists them, "
                   "in a random order for each example (default: the tokenizer's own)")
      ->transform(one_of(kOrders))
      ->option_text("number|header");
  std::map<std::string, Attribute> attributes;
  for (int i = 0; i < kAttributeCount; ++i)
    attributes.emplace(attribute_name(static_cast<Attribute>(i)), static_cast<Attribute>(i));
  command
      ->add_option("--only", train.only,
                   "learn to predict tokens of this attribute alone, among given others")
      ->transform(one_of(attributes))
      ->option_text("ATTRIBUTE");
  add_model_shape(*command, *options);
  add_schedule(*command, train);
  add_optimisation(*command, train);
  command
      ->add_option("--drum-weight", train.windows.drum_weight,
                   "sampling weight of pieces with drums")
      ->capture_default_str();
  command
      ->add_option("--source-weight", options->source_weights,
                   "sampling weight of a source or licence: NAME=WEIGHT; repeatable")
      ->allow_extra_args(false);
  command
      ->add_option("--infill", train.windows.hole_probability,
                   "share of examples with holes: tracks, bars, or both")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command
      ->add_option("--tempo-shift", train.windows.tempo_shift,
                   "maximum random tempo shift, in vocabulary steps (about 5 % each)")
      ->check(CLI::Range(0, 20))
      ->capture_default_str();
  command
      ->add_option("--velocity-shift", train.windows.velocity_shift,
                   "maximum random velocity shift, in 32 vocabulary steps")
      ->check(CLI::Range(0, 16))
      ->capture_default_str();
  command
      ->add_option("--validate-every", train.validate_every,
                   "steps between validations; 0: only at the end")
      ->check(not_negative())
      ->capture_default_str();
  command
      ->add_option(
          "--patience", train.patience,
          "stop after this many validations without improvement and keep the best model; 0: never")
      ->check(not_negative())
      ->capture_default_str();
  command->add_option("--validation-examples", train.validation_examples)
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--checkpoint-minutes", train.checkpoint_minutes)
      ->check(not_negative())
      ->capture_default_str();
  command
      ->add_option("--licence", train.licence, "licence of the weights, stored in the model file")
      ->capture_default_str();
  check_usage(*command, [options] { return complete(*options); });
}

}  // namespace sage::cli
