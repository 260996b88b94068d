#include "train/trainer.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "base/file.h"
#include "base/hash.h"
#include "nn/safetensors.h"
#include "train/checkpoint.h"
#include "train/initial_model.h"
#include "train/learner.h"
#include "train/optimiser.h"
#include "train/process_group.h"
#include "train/run_folder.h"

namespace sage {
namespace {

using nlohmann::json;
using Clock = std::chrono::steady_clock;

class Trainer {
 public:
  /// The folder is the first process's alone.
  Trainer(const TrainOptions& options, const TrainHooks& hooks, std::optional<RunFolder> folder,
          const ProcessGroup& group, Dataset training, std::optional<Dataset> validation,
          std::string data_summary)
      : options_(options),
        hooks_(hooks),
        folder_(std::move(folder)),
        group_(group),
        training_(std::move(training)),
        validation_(std::move(validation)),
        data_summary_(std::move(data_summary)),
        learner_(options, group) {}

  /// Takes the weights of a model file, unless the run is past its beginning already.
  Result<void> start_from(const InitialModel& initial, bool fresh);
  Result<void> resume(const std::filesystem::path& checkpoint);
  /// Brings all processes to the state of the first one.
  void share();
  Result<TrainSummary> run();

 private:
  double session_seconds() const {
    return std::chrono::duration<double>(Clock::now() - begin_).count();
  }
  bool out_of_patience() const {
    return options_.patience > 0 && state_.validations_since >= options_.patience;
  }
  double progress() const;
  bool goes_on();
  void log(const json& line) {
    if (folder_) folder_->log(line);
  }
  Result<void> step();
  void report();
  Result<void> validate();
  Result<void> advance();
  Result<void> save();
  std::string training_summary() const;

  TrainOptions options_;
  TrainHooks hooks_;
  std::optional<RunFolder> folder_;
  ProcessGroup group_;
  Dataset training_;
  std::optional<Dataset> validation_;
  std::string data_summary_;
  std::string init_hash_;  // of the model file that the run started from
  Learner learner_;
  TrainState state_;
  double earlier_seconds_ = 0;  // of the sessions before this one
  Clock::time_point begin_ = Clock::now();
  std::int64_t validated_step_ = -1;
  bool stopped_ = false;
  double progress_ = 0;  // all processes' opinion of progress()
  // Since the last report:
  double loss_sum_ = 0;
  std::int64_t reported_steps_ = 0;
  double report_seconds_ = 0;  // the session's time at it
  // Of the last step:
  double rate_ = 0, gradient_norm_ = 0;
};

Result<void> Trainer::start_from(const InitialModel& initial, bool fresh) {
  init_hash_ = initial.hash;
  if (fresh && !learner_.load(initial.weights->tensors()))
    return fail(ErrorCode::kMalformed, options_.init.string() + ": tensors are missing");
  return {};
}

Result<void> Trainer::resume(const std::filesystem::path& checkpoint) {
  const auto file = MappedFile::open(checkpoint);
  if (!file) return tl::unexpected<Error>(file.error());
  const auto parsed = parse_safetensors(file->bytes());
  if (!parsed) return fail(checkpoint.string(), parsed.error());
  const auto text = [&](std::string_view key) {
    const auto at = parsed->metadata.find(std::string(key));
    return at == parsed->metadata.end() ? std::string() : at->second;
  };
  const auto refuse = [&](ErrorCode code, const char* why) {
    return fail(code, checkpoint.string() + ": " + why);
  };
  if (text("sage.model") != to_json(options_.model).dump())
    return refuse(ErrorCode::kMismatch,
                  "made with another model shape; resume with the options that the run was "
                  "started with");
  if (text("sage.tokenizer") != to_json(training_.tokenizer().config()).dump())
    return refuse(ErrorCode::kMismatch, "made with another tokenizer than the data");
  const auto state = state_from_text(text(kStateKey));
  if (!state) return fail(checkpoint.string(), state.error());
  if (!learner_.restore(parsed->tensors))
    return refuse(ErrorCode::kMalformed, "tensors are missing");
  state_ = *state;
  earlier_seconds_ = state_.seconds;
  return {};
}

void Trainer::share() {
  learner_.share();
  const auto text = state_to_text(state_);
  torch::Tensor shared = torch::zeros({1024}, torch::kUInt8);
  std::copy_n(text.begin(), std::min<std::size_t>(text.size(), 1023),
              shared.data_ptr<std::uint8_t>());
  shared = shared.to(device_of(options_.placement, options_.device));
  group_.broadcast(shared);
  shared = shared.cpu();
  state_ = state_from_text(reinterpret_cast<const char*>(shared.data_ptr())).value();
  earlier_seconds_ = state_.seconds;
}

double Trainer::progress() const {
  double share = 0;
  if (options_.steps > 0)
    share = static_cast<double>(state_.step) / static_cast<double>(options_.steps);
  if (options_.minutes > 0)
    share = std::max(share, (earlier_seconds_ + session_seconds()) / (60 * options_.minutes));
  return share;
}

/// Whether there is another step, which all processes decide together: the first one's clock
/// counts, and whoever is told to stop stops all.
bool Trainer::goes_on() {
  constexpr double kStop = 2;
  const bool stop = hooks_.stop != nullptr && hooks_.stop->load();
  const double own = stop ? kStop : group_.is_first() ? std::min(progress(), 1.0) : 0.0;
  progress_ = group_.largest(own);
  stopped_ = progress_ == kStop;
  return progress_ < 1 && !out_of_patience();
}

Result<void> Trainer::step() {
  rate_ = learning_rate(options_.schedule, state_.step, progress_);
  const auto update = learner_.update(training_, state_.step, rate_);
  if (!update) return tl::unexpected<Error>(update.error());
  gradient_norm_ = update->gradient_norm;
  loss_sum_ += update->loss;
  ++reported_steps_;
  ++state_.step;
  state_.tokens += learner_.tokens_per_update();
  return {};
}

void Trainer::report() {
  const double now = session_seconds();
  TrainProgress p;
  p.step = state_.step;
  p.tokens = state_.tokens;
  p.loss = state_.train_loss = loss_sum_ / static_cast<double>(reported_steps_);
  p.learning_rate = rate_;
  p.gradient_norm = gradient_norm_;
  p.tokens_per_second = static_cast<double>(reported_steps_ * learner_.tokens_per_update()) /
                        std::max(1e-9, now - report_seconds_);
  p.seconds = earlier_seconds_ + now;
  const double done = progress();
  p.seconds_left = done > 0 ? p.seconds * std::max(0.0, 1.0 - done) / done : 0;
  log({{"step", p.step},
       {"tokens", p.tokens},
       {"loss", p.loss},
       {"learning_rate", p.learning_rate},
       {"gradient_norm", p.gradient_norm},
       {"tokens_per_second", p.tokens_per_second},
       {"seconds", p.seconds}});
  if (hooks_.progress) hooks_.progress(p);
  loss_sum_ = 0;
  reported_steps_ = 0;
  report_seconds_ = now;
}

Result<void> Trainer::validate() {
  if (!validation_ || validated_step_ == state_.step) return {};
  const double begin = session_seconds();
  const auto evaluated = learner_.evaluate(*validation_);
  if (!evaluated) return tl::unexpected<Error>(evaluated.error());
  Validation result = *evaluated;
  result.step = validated_step_ = state_.step;
  state_.valid_nats_per_token = result.nats_per_token;
  state_.valid_nats_per_note = result.nats_per_note;
  log({{"step", result.step},
       {"valid_nats_per_token", result.nats_per_token},
       {"valid_nats_per_note", result.nats_per_note},
       {"seconds", earlier_seconds_ + session_seconds()}});
  if (hooks_.validation) hooks_.validation(result);
  report_seconds_ += session_seconds() - begin;  // reported speed is the speed of training
  ++state_.validations_since;
  if (state_.best_step >= 0 && !(result.nats_per_note < state_.best_nats_per_note)) return {};
  state_.best_step = state_.step;
  state_.best_nats_per_note = result.nats_per_note;
  state_.validations_since = 0;
  return options_.patience > 0 ? save() : Result<void>();
}

/// A step and what is due after it.
Result<void> Trainer::advance() {
  if (auto stepped = step(); !stepped) return stepped;
  if (state_.step % std::max<std::int64_t>(1, hooks_.report_every) == 0) report();
  if (options_.validate_every > 0 && state_.step % options_.validate_every == 0) return validate();
  return {};
}

std::string Trainer::training_summary() const {
  json summary = {{"steps", state_.step},
                  {"tokens", state_.tokens},
                  {"seconds", state_.seconds},
                  {"train_nats_per_token", state_.train_loss},
                  {"batch_tokens", learner_.tokens_per_update()},
                  {"learning_rate", options_.schedule.peak},
                  {"seed", options_.seed},
                  {"command", options_.command}};
  if (!init_hash_.empty()) summary["init"] = init_hash_;
  if (validation_) {
    summary["valid_nats_per_token"] = state_.valid_nats_per_token;
    summary["valid_nats_per_note"] = state_.valid_nats_per_note;
  }
  return summary.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<void> Trainer::save() {
  state_.seconds = earlier_seconds_ + session_seconds();
  if (!folder_) return {};
  return folder_->save(state_,
                       {{"sage.format", "1"},
                        {"sage.model", to_json(options_.model).dump()},
                        {"sage.tokenizer", to_json(training_.tokenizer().config()).dump()},
                        {"sage.licence", options_.licence},
                        {"sage.data", data_summary_},
                        {"sage.training", training_summary()}},
                       learner_.snapshot().views(),
                       options_.patience == 0 || state_.best_step == state_.step);
}

Result<TrainSummary> Trainer::run() {
  begin_ = Clock::now();
  double saved_at = 0;
  Result<void> going;  // until the data on disk turn out damaged
  if (!init_hash_.empty() && state_.step == 0) going = validate();
  while (going && goes_on()) {
    going = advance();
    if (going && session_seconds() - saved_at > 60 * options_.checkpoint_minutes) {
      if (auto saved = save(); !saved) return tl::unexpected<Error>(saved.error());
      saved_at = session_seconds();
    }
  }
  if (reported_steps_ > 0) report();
  if (going && !stopped_) going = validate();
  if (auto saved = save(); !saved) return tl::unexpected<Error>(saved.error());
  if (!going) return tl::unexpected<Error>(going.error());
  TrainSummary summary;
  summary.stopped = stopped_;
  summary.out_of_patience = out_of_patience();
  summary.steps = state_.step;
  summary.tokens = state_.tokens;
  summary.seconds = state_.seconds;
  summary.train_loss = state_.train_loss;
  summary.validation = {state_.step, state_.valid_nats_per_token, state_.valid_nats_per_note};
  summary.model = options_.run / "model.safetensors";
  return summary;
}

/// What a model file says of its data: the manifest's hash and its counts.
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
  if (options.steps <= 0 && options.minutes <= 0)
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
  if (options.dropout < 0 || options.dropout >= 1) return refuse("dropout must be in [0, 1)");
  if (options.schedule.peak <= 0) return refuse("the learning rate must be above 0");
  if (options.windows.drum_weight < 0) return refuse("the weight of drums must not be negative");
  for (const SourceWeight& source : options.windows.source_weights)
    if (!(source.weight >= 0 && source.weight <= 1e9))
      return refuse("the weight of a source must be 0 to 1e9");
  if (options.model.context > options.model.window)
    return refuse("the context must fit the attention window: the trainer never slides it");
  if (options.device == TrainDevice::kCuda && !torch::cuda::is_available())
    return refuse("this libtorch sees no CUDA device");
  return {};
}

/// Of what all processes must have in common.
std::string fingerprint(const TrainOptions& options, const std::string& data_summary) {
  const json common = {{"model", to_json(options.model)},  {"batch", options.batch},
                       {"accumulate", options.accumulate}, {"seed", options.seed},
                       {"optimiser", options.optimiser},   {"data", data_summary}};
  return Sha256().update(common.dump()).hex();
}

Result<void> agree(const ProcessGroup& group, const std::string& fingerprint) {
  const auto number = static_cast<double>(std::stoull(fingerprint.substr(0, 12), nullptr, 16));
  const double highest = group.largest(number), lowest = -group.largest(-number);
  if (highest == lowest) return {};
  return fail(ErrorCode::kMismatch,
              "the processes were started with different options or different data");
}

/// Whether a run of this model can begin with its weights.
bool has_shape(const InitialModel& initial, const ModelConfig& model) {
  ModelConfig own = initial.weights->config();
  own.context = model.context;
  own.window = model.window;
  return own == model;
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
  const Tokenizer& tokenizer = training->tokenizer();
  options.model.vocab_size = tokenizer.size();
  options.model.attributes = kAttributeCount;
  options.model.token_attributes = tokenizer.attributes();
  if (auto set = set_fields(tokenizer, options.model); !set)
    return tl::unexpected<Error>(set.error());
  if (auto valid = validate(options.model); !valid) return tl::unexpected<Error>(valid.error());
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
  try {
    auto group = ProcessGroup::join(options.placement, options.device);
    if (!group) return tl::unexpected<Error>(group.error());
    if (auto agreed = agree(*group, fingerprint(options, *summary)); !agreed)
      return tl::unexpected<Error>(agreed.error());
    Trainer trainer(options, hooks, std::move(folder), *group, *std::move(training),
                    std::move(validation), *std::move(summary));
    if (initial)
      if (auto begun = trainer.start_from(*initial, !checkpoint); !begun)
        return tl::unexpected<Error>(begun.error());
    if (checkpoint) {
      if (auto resumed = trainer.resume(*checkpoint); !resumed)
        return tl::unexpected<Error>(resumed.error());
    }
    if (options.placement.processes > 1) trainer.share();
    return trainer.run();
  } catch (
      const c10::Error& failure) {  // out of memory, mostly; libtorch has no other way to say it
    return fail(ErrorCode::kLimit, std::string("libtorch: ") + failure.what_without_backtrace());
  } catch (const std::exception& failure) {
    if (options.placement.processes == 1) return fail(ErrorCode::kLimit, failure.what());
    return fail(ErrorCode::kIo, "another process of this run ended; start all again with --resume");
  }
}

}  // namespace sage
