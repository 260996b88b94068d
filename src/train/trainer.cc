#include "train/trainer.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "base/file.h"
#include "base/hash.h"
#include "ops/torch_ops.h"
#include "train/initial_model.h"
#include "train/optimiser.h"
#include "train/precision.h"
#include "train/process_group.h"
#include "train/run_folder.h"
#include "train/training_run.h"

namespace sage {
namespace {

using nlohmann::json;

/// The data entry of a model file: the manifest's hash and its counts.
Result<std::string> summarise_data(const std::filesystem::path& folder) {
  const auto text = read_text(folder / "manifest.json");
  if (!text)
    return fail(
        ErrorCode::kInvalidArgument,
        folder.string() + ": no manifest.json; make the data with `sage-music data prepare`");
  const json manifest = json::parse(*text, nullptr, /*allow_exceptions=*/false);
  if (!manifest.is_object() || !manifest.contains("train") || !manifest.contains("valid"))
    return fail(ErrorCode::kMalformed, (folder / "manifest.json").string() + ": damaged");
  json summary = {{"manifest_sha256", Sha256().update(*text).hex()},
                  {"train", manifest["train"]},
                  {"valid", manifest["valid"]}};
  for (const char* part : {"train", "valid"})
    if (summary[part].is_object())
      summary[part].erase("shards");  // the manifest's hash covers them
  return summary.dump();
}

/// The number of fields that the model's output writes with this tokenizer.
Result<void> set_fields(const Tokenizer& tokenizer, ModelConfig& model) {
  const auto output = make_output(model.output);
  if (!output) return tl::unexpected<Error>(output.error());
  model.fields = output->compound ? tokenizer.stride() : 1;
  if (!output->compound) return {};
  if (tokenizer.stride() == 1)
    return fail(ErrorCode::kInvalidArgument,
                "output " + model.output + " writes compound steps, and scheme " +
                    tokenizer.config().scheme +
                    " has none; prepare the data with --scheme mmt or cp, or take output flat");
  if (tokenizer.has_merges())
    return fail(ErrorCode::kInvalidArgument,
                "output " + model.output +
                    " writes compound steps, which merged tokens cannot cross; take output flat");
  return {};
}

Result<void> check(const TrainOptions& options) {
  const auto refuse = [](const char* why) { return fail(ErrorCode::kInvalidArgument, why); };
  if (!(options.steps > 0 || (options.minutes > 0 && std::isfinite(options.minutes))))
    return refuse("give a number of steps or minutes");
  if (options.batch < 1 || options.batch > kMostExamples)
    return refuse("the batch must be 1 to 65536");
  const Placement& place = options.placement;
  if (place.processes < 1 || place.rank < 0 || place.rank >= place.processes ||
      place.local_rank < 0)
    return refuse("the rank of a process must lie below the number of processes");
  if (options.accumulate < 1 || options.accumulate > kMostPasses / place.processes)
    return refuse("an update takes 1 to 4096 passes");
  const auto known = optimiser_registry();
  if (std::none_of(known.begin(), known.end(),
                   [&](const auto* rule) { return rule->name() == options.optimiser; }))
    return refuse("there is no such optimiser");
  if (options.patience < 0) return refuse("patience must not be negative");
  if (options.validation_examples < 1) return refuse("validation needs at least one example");
  if (!(options.dropout >= 0 && options.dropout < 1)) return refuse("dropout must be in [0, 1)");
  if (!(options.schedule.peak > 0 && options.schedule.peak < 1e3))
    return refuse("the learning rate must lie between 0 and 1000");
  if (!(options.weight_decay >= 0 && options.clip >= 0 && options.validate_every >= 0 &&
        options.checkpoint_minutes >= 0))
    return refuse(
        "weight decay, the norm to clip at, steps between validations and minutes between "
        "checkpoints must not be negative");
  if (!(options.windows.drum_weight >= 0 && options.windows.drum_weight <= 1e9))
    return refuse("the weight of drums must lie between 0 and 1e9");
  for (const SourceWeight& source : options.windows.source_weights)
    if (!(source.weight >= 0 && source.weight <= 1e9))
      return refuse("the weight of a source must be 0 to 1e9");
  if (options.model.context > options.model.window)
    return refuse("the context must fit the attention window: the trainer never slides it");
  if (options.device == TrainDevice::kCuda && !torch::cuda::is_available())
    return refuse("this libtorch sees no CUDA device");
  return {};
}

/// Whether the loss counts anything.
Result<void> check_only(const TrainOptions& options) {
  if (!options.only) return {};
  if (options.model.fields > 1)
    return fail(ErrorCode::kUnsupported, "only a flat model can learn one attribute alone");
  const auto& attributes = options.model.token_attributes;
  if (std::find(attributes.begin(), attributes.end(), static_cast<std::uint8_t>(*options.only)) ==
      attributes.end())
    return fail(ErrorCode::kInvalidArgument,
                "the data have no token of the attribute " +
                    std::string(attribute_name(*options.only)) +
                    "; prepare them with --velocity on if that is meant");
  return {};
}

/// Of all that decides which steps are made and how: processes that differ in it would drift apart,
/// or wait for each other for ever.
std::string fingerprint(const TrainOptions& options, const TokenizerConfig& tokenizer,
                        const std::string& data_summary, const std::string& init_hash) {
  const WindowOptions& w = options.windows;
  json weights = json::array();
  for (const SourceWeight& source : w.source_weights)
    weights.push_back({source.name, source.weight});
  const ScheduleOptions& schedule = options.schedule;
  const json common = {to_json(options.model),
                       to_json(tokenizer),
                       data_summary,
                       init_hash,
                       options.steps,
                       options.minutes,
                       options.batch,
                       options.accumulate,
                       options.optimiser,
                       static_cast<int>(schedule.shape),
                       schedule.peak,
                       schedule.warmup_steps,
                       schedule.decay_share,
                       options.weight_decay,
                       options.beta2,
                       options.clip,
                       options.dropout,
                       options.seed,
                       options.only ? static_cast<int>(*options.only) : -1,
                       w.header_probability,
                       w.first_bar_probability,
                       w.lowest_shift,
                       w.highest_shift,
                       w.tempo_shift,
                       w.velocity_shift,
                       w.hole_probability,
                       w.drum_weight,
                       weights,
                       options.validate_every,
                       options.validation_examples,
                       options.patience};
  return Sha256().update(common.dump()).hex();
}

/// Whether all processes have the same number.
bool is_common(const ProcessGroup& group, double number) {
  return group.largest(number) == -group.largest(-number);
}

Result<void> agree(const ProcessGroup& group, const std::string& fingerprint, bool bf16) {
  if (!is_common(group, static_cast<double>(std::stoull(fingerprint.substr(0, 12), nullptr, 16))))
    return fail(ErrorCode::kMismatch,
                "the processes were started with different options or different data");
  if (!is_common(group, bf16 ? 1 : 0))
    return fail(ErrorCode::kMismatch,
                "the processes would multiply in different types; give all the same --type");
  return {};
}

/// Whether a run of this model can begin with its weights.
bool has_shape(const InitialModel& initial, const ModelConfig& model) {
  ModelConfig own = initial.weights->config();
  own.context = model.context;
  own.window = model.window;
  return own == model;
}

/// Out of memory, mostly; of several processes, mostly that another one is gone.
Error failed(const TrainOptions& options, const std::exception& failure) {
  const auto* torch_error = dynamic_cast<const c10::Error*>(&failure);
  std::string why = torch_error != nullptr ? torch_error->what_without_backtrace() : failure.what();
  why = why.substr(0, why.find('\n'));
  if (options.placement.processes == 1) return {ErrorCode::kLimit, "libtorch: " + why};
  return {ErrorCode::kIo, "another process of this run ended, or libtorch failed (" + why +
                              "); start all again with --resume"};
}

}  // namespace

std::vector<std::pair<std::string, std::string>> list_optimisers() {
  std::vector<std::pair<std::string, std::string>> list;
  for (const OptimiserRule* rule : optimiser_registry())
    list.emplace_back(rule->name(), rule->summary());
  return list;
}

Result<TrainSummary> train(const TrainOptions& given, const TrainHooks& hooks) {
  TrainOptions options = given;
  if (auto checked = check(options); !checked) return tl::unexpected<Error>(checked.error());
  std::optional<InitialModel> initial;
  if (!options.init.empty()) {
    auto opened = open_initial_model(options.init);
    if (!opened) return tl::unexpected<Error>(opened.error());
    initial = *std::move(opened);
    if (options.tokenizer && *options.tokenizer != initial->tokenizer)
      return fail(ErrorCode::kMismatch, options.init.string() + ": its tokenizer is " +
                                            describe(initial->tokenizer) +
                                            ", not the one given beside it; give none");
    options.tokenizer = initial->tokenizer;
  }
  auto summary = summarise_data(options.data);
  if (!summary) return tl::unexpected<Error>(summary.error());
  auto training = Dataset::open(options.data / "train", options.windows, options.tokenizer);
  if (!training) return tl::unexpected<Error>(training.error());
  std::optional<Dataset> validation;
  WindowOptions unweighted = options.windows;  // a source may have no piece that validates
  unweighted.source_weights.clear();
  if (auto opened = Dataset::open(options.data / "valid", unweighted, options.tokenizer)) {
    validation = std::move(*opened);
  } else if (opened.error().code != ErrorCode::kInvalidArgument) {  // that is: no pieces in it
    return tl::unexpected<Error>(opened.error());
  }
  if (options.patience > 0 && !validation)
    return fail(ErrorCode::kInvalidArgument,
                options.data.string() + ": no pieces validate, and patience needs some");
  const Tokenizer tokenizer = training->tokenizer();
  options.model.vocab_size = tokenizer.size();
  options.model.attributes = kAttributeCount;
  options.model.token_attributes = tokenizer.attributes();
  if (auto set = set_fields(tokenizer, options.model); !set)
    return tl::unexpected<Error>(set.error());
  if (auto valid = validate(options.model); !valid) return tl::unexpected<Error>(valid.error());
  if (auto checked = check_only(options); !checked) return tl::unexpected<Error>(checked.error());
  if (initial && !has_shape(*initial, options.model))
    return fail(ErrorCode::kMismatch,
                options.init.string() +
                    ": its shape or attention is not the one asked for; leave these options out");
  std::optional<RunFolder> folder;
  if (options.placement.rank == 0) {
    auto opened = RunFolder::open(options.run, options.resume);
    if (!opened) return tl::unexpected<Error>(opened.error());
    folder = *std::move(opened);
  }
  const auto checkpoint = folder ? folder->checkpoint() : std::nullopt;
  if (options.threads > 0) torch::set_num_threads(options.threads);
  const std::string print =
      fingerprint(options, tokenizer.config(), *summary, initial ? initial->hash : std::string());
  try {
    auto group = ProcessGroup::join(options.placement, options.device);
    if (!group) return tl::unexpected<Error>(group.error());
    if (auto agreed = agree(*group, print, multiplies_in_bf16(options)); !agreed)
      return tl::unexpected<Error>(agreed.error());
    TrainingRun run(options, hooks, std::move(folder), *group, *std::move(training),
                    std::move(validation), *std::move(summary));
    if (initial)
      if (auto begun = run.start_from(*initial, !checkpoint); !begun)
        return tl::unexpected<Error>(begun.error());
    if (checkpoint) {
      if (auto resumed = run.resume(*checkpoint); !resumed)
        return tl::unexpected<Error>(resumed.error());
    }
    if (options.placement.processes > 1) run.share();
    return run.run();
  } catch (const std::exception& failure) {  // libtorch reports errors only by exceptions
    return tl::unexpected(failed(options, failure));
  }
}

}  // namespace sage
