#include "train/training_run.h"

#include <algorithm>
#include <cmath>

#include "base/file.h"
#include "nn/safetensors.h"
#include "train/precision.h"

namespace sage {

using nlohmann::json;
using Clock = std::chrono::steady_clock;

Result<void> TrainingRun::start_from(const InitialModel& initial, bool fresh) {
  init_hash_ = initial.hash;
  if (fresh && !learner_.load(initial.weights->tensors()))
    return fail(ErrorCode::kMalformed, options_.init.string() + ": tensors are missing");
  return {};
}

Result<void> TrainingRun::resume(const std::filesystem::path& checkpoint) {
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
    return refuse(ErrorCode::kMalformed,
                  "tensors are missing; was the run started with another optimiser?");
  state_ = *state;
  earlier_seconds_ = state_.seconds;
  return {};
}

void TrainingRun::share() {
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

double TrainingRun::progress() const {
  double share = 0;
  if (options_.steps > 0)
    share = static_cast<double>(state_.step) / static_cast<double>(options_.steps);
  if (options_.minutes > 0)
    share = std::max(share, (earlier_seconds_ + session_seconds()) / (60 * options_.minutes));
  return share;
}

/// Whether there is another step, which all processes decide together: the first one's clock
/// counts, and whoever is told to stop stops all.
bool TrainingRun::goes_on() {
  constexpr double kStop = 2;
  const bool stop = hooks_.stop != nullptr && hooks_.stop->load();
  const double own = stop ? kStop : group_.is_first() ? std::min(progress(), 1.0) : 0.0;
  progress_ = group_.largest(own);
  stopped_ = progress_ == kStop;
  return progress_ < 1 && !out_of_patience();
}

Result<void> TrainingRun::step() {
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

void TrainingRun::report() {
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

Result<void> TrainingRun::validate() {
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
  const bool had_best = state_.best_step >= 0 && std::isfinite(state_.best_nats_per_note);
  if (had_best && !(result.nats_per_note < state_.best_nats_per_note)) return {};
  state_.best_step = state_.step;
  state_.best_nats_per_note = result.nats_per_note;
  state_.validations_since = 0;
  return options_.patience > 0 ? save() : Result<void>();
}

/// A step and what is due after it.
Result<void> TrainingRun::advance() {
  if (auto stepped = step(); !stepped) return stepped;
  if (state_.step % std::max<std::int64_t>(1, hooks_.report_every) == 0) report();
  if (options_.validate_every > 0 && state_.step % options_.validate_every == 0) return validate();
  return {};
}

std::string TrainingRun::training_summary() const {
  json summary = {{"steps", state_.step},
                  {"tokens", state_.tokens},
                  {"seconds", state_.seconds},
                  {"train_nats_per_token", state_.train_loss},
                  {"batch_tokens", learner_.tokens_per_update()},
                  {"learning_rate", options_.schedule.peak},
                  {"optimiser", options_.optimiser},
                  {"products", multiplies_in_bf16(options_) ? "bf16" : "f32"},
                  {"infill", options_.windows.hole_probability},
                  {"seed", options_.seed},
                  {"command", options_.command}};
  if (options_.only) summary["only"] = attribute_name(*options_.only);
  if (!init_hash_.empty()) summary["init"] = init_hash_;
  if (validation_) {
    summary["valid_nats_per_token"] = state_.valid_nats_per_token;
    summary["valid_nats_per_note"] = state_.valid_nats_per_note;
  }
  return summary.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<void> TrainingRun::save() {
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

Result<TrainSummary> TrainingRun::run() {
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
  summary.validates = validation_.has_value();
  summary.validation = {state_.step, state_.valid_nats_per_token, state_.valid_nats_per_note};
  summary.model = options_.run / "model.safetensors";
  return summary;
}

}  // namespace sage
