// Makes the models of a study: prepares the music of a kind, learns its merges, trains.
#include <algorithm>
#include <cmath>
#include <map>

#include "apps/shared/files.h"
#include "apps/study/commands.h"
#include "apps/train/running.h"
#include "base/file.h"
#include "base/hash.h"
#include "data/prepare.h"
#include "heads/merge.h"
#include "heads/meter.h"
#include "midi/reader.h"
#include "study/file_lock.h"
#include "tokens/bpe/trainer.h"
#include "tokens/tokenizer_file.h"
#include "train/checkpoint.h"
#include "train/note_rate.h"
#include "train/run_curves.h"

namespace sage::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kCurvePoints = 40;
constexpr std::size_t kMeasuredPieces = 40;  // for merging heads

/// A short name for a tokenizer without merges.
std::string tokens_word(const TokenizerConfig& tokenizer) {
  return Sha256().update(to_json(tokenizer).dump()).hex().substr(0, 8);
}

class TrainingWorkshop final : public Workshop {
 public:
  explicit TrainingWorkshop(WorkshopOptions options) : options_(std::move(options)) {
    keep_memory();
  }

  Result<TrainedArm> train(const ArmSpec& arm, std::uint64_t seed,
                           const std::function<void(double)>& share) override {
    auto train_options = plan_run(arm, seed);
    if (!train_options) return tl::unexpected(train_options.error());
    if (auto trained = made_before(*train_options)) return *std::move(trained);
    if (!arm.merged_from.empty()) {
      auto merged = merge(arm, seed, train_options->run, share);
      if (!merged) return tl::unexpected(merged.error());
      train_options->init = *std::move(merged);
      const auto weights = Weights::load(train_options->init);
      if (!weights) return tl::unexpected(weights.error());
      train_options->model = (*weights)->config();
    }
    train_options->resume = newest_checkpoint(train_options->run).has_value();
    if (!train_options->resume) {  // a run that was killed before its first checkpoint
      std::error_code error;
      fs::remove(train_options->run / "model.safetensors", error);
    }
    TrainHooks hooks;
    hooks.stop = &stop_requested();
    hooks.report_every = 5;
    hooks.progress = [&](const TrainProgress& p) {
      share(static_cast<double>(p.step) / static_cast<double>(train_options->steps));
    };
    const auto summary = sage::train(*train_options, hooks);
    if (!summary) return tl::unexpected(summary.error());
    if (summary->stopped) return fail(ErrorCode::kInterrupted, "interrupted");
    return finish(*train_options, *summary, rates_.at(arm.name));
  }

 private:
  /// The folder of prepared data for the arm's music and base tokens.
  Result<fs::path> prepared(const ArmSpec& arm) const {
    const fs::path folder =
        options_.work / "data" / (music_word(arm.music) + "-" + tokens_word(arm.tokenizer));
    PrepareOptions prepare_options;
    const auto& files = options_.training.of(arm.music);
    const auto& held_out = options_.held_out.of(arm.music);
    const std::string key = files.sha256 + " " + held_out.sha256;
    std::error_code error;
    if (const auto made = read_text(folder / "study-data"); made && *made == key) return folder;
    fs::remove_all(folder, error);
    prepare_options.sources = files.paths;
    prepare_options.validation = held_out.paths;
    prepare_options.output = folder;
    prepare_options.tokenizer = arm.tokenizer;
    prepare_options.threads = options_.threads;
    prepare_options.restart = true;
    const auto summary = prepare(prepare_options, [&](const PrepareProgress& p) {
      show_progress("preparing " + std::string(music_kind_name(arm.music)) + ": file " +
                    std::to_string(p.files) + " of " + std::to_string(p.total_files));
      return !stop_requested();
    });
    end_progress();
    if (!summary) return tl::unexpected(summary.error());
    if (auto ok = write_text(folder / "study-data", key); !ok) return tl::unexpected(ok.error());
    return folder;
  }

  /// The most merges that any arm of this music and boundary wants: fewer are the first of them.
  int most_merges(const ArmSpec& arm) const {
    int most = 0;
    for (const ArmSpec& other : options_.plan.arms)
      if (other.music == arm.music && other.boundary == arm.boundary &&
          other.tokenizer == arm.tokenizer)
        most = std::max(most, other.merges);
    return most;
  }

  Result<std::vector<Merge>> learn(const ArmSpec& arm, const fs::path& data, int merges) const {
    const auto shards = ShardSet::open(data / "train");
    if (!shards) return tl::unexpected(shards.error());
    const auto base = Tokenizer::create(arm.tokenizer);
    if (!base) return tl::unexpected(base.error());
    BpeTrainer trainer({.base_size = base->size(),
                        .merges = merges,
                        .threads = options_.threads,
                        .progress =
                            [&](int done, int all) {
                              show_progress("learning merge " + std::to_string(done) + " of " +
                                            std::to_string(all));
                            },
                        .stop = &stop_requested()});
    const Segmenter segmenter(base->tokenization(), base->config(), base->vocabulary(),
                              arm.boundary);
    std::vector<std::uint32_t> ends;
    for (std::size_t i = 0; i < shards->piece_count(); ++i) {
      if (stop_requested()) return fail(ErrorCode::kInterrupted, "interrupted");
      const auto piece = shards->read(i);
      if (!piece) return tl::unexpected(piece.error());
      segmenter.words(piece->tokens, ends);
      if (auto added = trainer.add(piece->tokens, ends); !added)
        return tl::unexpected(added.error());
    }
    auto learned = trainer.learn();
    end_progress();
    if (!learned) return tl::unexpected(learned.error());
    return std::move(learned->merges);
  }

  /// With the merges that the arm has.
  Result<TokenizerConfig> tokenizer_of(const ArmSpec& arm, const fs::path& data) const {
    TokenizerConfig config = arm.tokenizer;
    if (arm.merges == 0) return config;
    const int most = most_merges(arm);
    const fs::path file = data / ("merges-" + std::string(boundary_name(arm.boundary)) + "-" +
                                  std::to_string(most) + ".json");
    auto kept = read_tokenizer_file(file);
    if (!kept) {
      auto learned = learn(arm, data, most);
      if (!learned) return tl::unexpected(learned.error());
      config.merges = {arm.boundary, *std::move(learned)};
      kept = Tokenizer::create(config);
      if (!kept) return tl::unexpected(kept.error());
      if (auto ok = write_tokenizer_file(file, *kept, {}); !ok) return tl::unexpected(ok.error());
    }
    config = kept->config();
    auto& pairs = config.merges.pairs;
    pairs.resize(std::min(pairs.size(), static_cast<std::size_t>(arm.merges)));
    return config;
  }

  /// The data and the tokenizer of a run. Several processes may want the same: one makes it.
  Result<void> find_data(const ArmSpec& arm, TrainOptions& run) const {
    const auto lock = FileLock::wait(options_.work / "locks" / "data", stop_requested());
    if (!lock) return fail(ErrorCode::kInterrupted, "interrupted");
    auto data = prepared(arm);
    if (!data) return tl::unexpected(data.error());
    auto tokenizer = tokenizer_of(arm, *data);
    if (!tokenizer) return tl::unexpected(tokenizer.error());
    run.data = *std::move(data);
    run.tokenizer = *std::move(tokenizer);
    return {};
  }

  /// The run of an arm: its folder, its batch and its number of updates.
  Result<TrainOptions> plan_run(const ArmSpec& arm, std::uint64_t seed) {
    TrainOptions run;
    if (auto ok = find_data(arm, run); !ok) return tl::unexpected(ok.error());
    run.model = arm.model;
    const StudySettings& s = options_.settings;
    if (auto own = rate_of(arm, run); !own) return tl::unexpected(own.error());  // for finish()
    const auto pace = pace_of(arm, run);
    if (!pace) return tl::unexpected(pace.error());
    const double notes =
        static_cast<double>(s.notes) * (arm.merged_from.empty() ? 1 : s.train_on_share);
    run.batch =
        std::max<std::int64_t>(1, std::llround(static_cast<double>(s.notes_per_update) / *pace));
    run.steps =
        std::max<std::int64_t>(1, std::llround(notes / (static_cast<double>(run.batch) * *pace)));
    run.optimiser = s.optimiser;
    run.schedule.peak = s.learning_rate;
    run.schedule.warmup_steps =
        std::max<std::int64_t>(1, std::llround(s.warmup_share * static_cast<double>(run.steps)));
    run.schedule.decay_share = s.decay_share;
    run.weight_decay = s.weight_decay;
    run.bf16 = s.bf16;
    run.seed = seed;
    run.threads = 1;
    run.device = options_.cuda ? TrainDevice::kCuda : TrainDevice::kCpu;
    run.validate_every = 0;
    run.validation_examples = 16;  // measured later, on whole pieces
    run.checkpoint_minutes = 1;
    run.licence = "not for release: a study's model";
    run.command = options_.command;
    const std::string key =
        arm_key(arm, seed, s,
                {options_.training.of(arm.music).sha256, options_.held_out.of(arm.music).sha256});
    run.run = options_.work / "runs" / work_name(arm.name, seed, key);
    return run;
  }

  /// Notes of an example as the budget counts them: of an arm that is paced by another one, that
  /// one's.
  Result<double> pace_of(const ArmSpec& arm, const TrainOptions& run) {
    const ArmSpec* other = options_.plan.find(arm.paced_by);
    if (other == nullptr) return rate_of(arm, run);
    TrainOptions run_of_other;
    if (auto ok = find_data(*other, run_of_other); !ok) return tl::unexpected(ok.error());
    run_of_other.model = other->model;
    return rate_of(*other, run_of_other);
  }

  /// Notes of an example; the same for every seed.
  Result<double> rate_of(const ArmSpec& arm, const TrainOptions& run) {
    if (const auto at = rates_.find(arm.name); at != rates_.end()) return at->second;
    const auto data = Dataset::open(run.data / "train", run.windows, run.tokenizer);
    if (!data) return tl::unexpected(data.error());
    const int fields = run.model.output == "flat" ? 1 : data->tokenizer().stride();
    auto rate = notes_per_example(*data, run.model.context, fields);
    if (rate && *rate <= 0)
      return fail(ErrorCode::kInvalidArgument,
                  "the examples of arm " + arm.name + " hold no notes");
    if (rate) rates_[arm.name] = *rate;
    return rate;
  }

  /// A finished run is marked by trained.json.
  std::optional<TrainedArm> made_before(const TrainOptions& run) const {
    const auto text = read_text(run.run / "trained.json");
    if (!text) return std::nullopt;
    const auto json = nlohmann::json::parse(*text, nullptr, /*allow_exceptions=*/false);
    std::error_code error;
    const fs::path model = run.run / "model.safetensors";
    if (!json.is_object() || !fs::exists(model, error)) return std::nullopt;
    TrainedArm out{model, {}};
    try {
      out.training.updates = json.at("updates");
      out.training.batch = json.at("batch");
      out.training.notes_per_example = json.at("notes_per_example");
      out.training.tokens = json.at("tokens");
      out.training.seconds = json.at("seconds");
      for (const auto& point : json.at("curve"))
        out.training.curve.emplace_back(point.at(0), point.at(1));
    } catch (const nlohmann::json::exception&) {
      return std::nullopt;
    }
    return out;
  }

  /// `rate`: notes of an example.
  Result<TrainedArm> finish(const TrainOptions& run, const TrainSummary& summary, double rate) {
    TrainedArm out{summary.model, {}};
    ArmTraining& training = out.training;
    training.updates = summary.steps;
    training.batch = run.batch;
    training.tokens = summary.tokens;
    training.seconds = summary.seconds;
    training.notes_per_example = rate;
    const auto curves = read_curves(run.run);
    if (!curves) return tl::unexpected(curves.error());
    const double tokens_per_note =
        static_cast<double>(summary.tokens) / static_cast<double>(summary.steps * run.batch) / rate;
    const auto& points = curves->training;
    const std::size_t group = std::max<std::size_t>(1, points.size() / kCurvePoints);
    for (std::size_t i = 0; i + group <= points.size(); i += group) {
      double nats = 0;
      for (std::size_t k = i; k < i + group; ++k)
        nats += points[k].nats / static_cast<double>(group);
      training.curve.emplace_back(
          static_cast<double>(points[i + group - 1].step * run.batch) * rate,
          nats * tokens_per_note);
    }
    Json curve = Json::array();
    for (const auto& [notes, nats] : training.curve) curve.push_back({notes, nats});
    const Json json = {{"updates", training.updates},
                       {"batch", training.batch},
                       {"notes_per_example", training.notes_per_example},
                       {"tokens", training.tokens},
                       {"seconds", training.seconds},
                       {"curve", curve}};
    if (auto ok = write_text(run.run / "trained.json", json.dump()); !ok)
      return tl::unexpected(ok.error());
    while (const auto checkpoint = newest_checkpoint(run.run)) {  // ten times the model's size
      std::error_code error;
      if (!fs::remove(*checkpoint, error)) break;
    }
    return out;
  }

  /// The trained mha model with its heads merged, as a file for the run to begin from.
  Result<fs::path> merge(const ArmSpec& arm, std::uint64_t seed, const fs::path& run,
                         const std::function<void(double)>& share) {
    const fs::path file = run.string() + ".merged.safetensors";
    std::error_code error;
    if (fs::exists(file, error)) return file;
    const ArmSpec* mha = options_.plan.find(arm.merged_from);
    const auto trained = train(*mha, seed, share);
    if (!trained) return tl::unexpected(trained.error());
    const auto engine = Engine::open(trained->model);
    if (!engine) return tl::unexpected(engine.error());
    HeadMeter meter(**engine);
    // On music that it was trained on: the held-out pieces are for measuring.
    for (const auto& path : thin(options_.training.of(arm.music).paths, kMeasuredPieces)) {
      const auto midi = read_midi_file(path);
      const auto ids = midi ? (*engine)->tokenizer().encode(midi->score)
                            : Result<std::vector<TokenId>>(tl::unexpected(midi.error()));
      if (ids && !ids->empty()) meter.add(*ids);
    }
    const auto tables =
        cluster_heads(meter.result(), {.kv_heads = arm.model.kv_heads * arm.model.layers});
    if (!tables) return tl::unexpected(tables.error());
    const auto merged = merge_heads((*engine)->weights(), *tables, "measured");
    if (!merged) return tl::unexpected(merged.error());
    if (auto ok = (*merged)->save(file); !ok) return tl::unexpected(ok.error());
    return file;
  }

  WorkshopOptions options_;
  std::map<std::string, double> rates_;
};

}  // namespace

Result<std::unique_ptr<Workshop>> open_workshop(const WorkshopOptions& options) {
  return std::make_unique<TrainingWorkshop>(options);
}

}  // namespace sage::cli
