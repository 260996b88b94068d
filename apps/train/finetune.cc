// sage-music finetune: from a model and a folder of MIDI files to a model that knows that music,
// with a report of what changed.
#include <algorithm>
#include <cmath>
#include <memory>

#include "apps/shared/files.h"
#include "apps/shared/model_choice.h"
#include "apps/shared/report_outputs.h"
#include "apps/train/running.h"
#include "base/file.h"
#include "data/prepare.h"
#include "data/shard_set.h"
#include "generate/generator.h"
#include "generate/likelihood.h"
#include "metrics/metric.h"
#include "midi/reader.h"
#include "midi/writer.h"
#include "train/checkpoint.h"
#include "train/run_curves.h"

namespace sage::cli {
namespace {

namespace fs = std::filesystem;

struct FinetuneOptions {
  std::vector<std::string> music, reference;
  std::string model;  // empty: the one that comes with the program
  fs::path output;
  double minutes = 10;
  double rate = 3e-4;
  std::int64_t batch = 8;
  int threads = 0;
  int pieces = 20;
  std::uint64_t seed = 1;
  std::string licence = "not stated";
  std::string command;

  fs::path data() const { return output / "data"; }
  fs::path run() const { return output / "run"; }
};

/// What a started fine-tuning and this command must have in common.
std::string key_of(const FinetuneOptions& options, const std::string& model_hash) {
  return Json{{"model", model_hash},        {"music", options.music},
              {"minutes", options.minutes}, {"learning_rate", options.rate},
              {"batch", options.batch},     {"seed", options.seed}}
      .dump(2);
}

Result<void> check_output(const fs::path& key_path, const std::string& key) {
  std::error_code error;
  if (!fs::exists(key_path, error)) return {};
  const auto earlier = read_text(key_path);
  if (!earlier) return tl::unexpected(earlier.error());
  if (*earlier == key) return {};
  return fail(ErrorCode::kMismatch, key_path.parent_path().string() +
                                        ": contains a fine-tuning with other options; repeat its "
                                        "command to continue it, or choose another folder");
}

/// Prepares the music and holds out some of it for validation.
Result<void> prepare_music(const FinetuneOptions& options, const TokenizerConfig& tokenizer) {
  PrepareOptions prepare_options;
  prepare_options.sources.assign(options.music.begin(), options.music.end());
  prepare_options.output = options.data();
  prepare_options.tokenizer = tokenizer;
  prepare_options.tokenizer.merges = {};
  prepare_options.validation_share = 0.1;
  prepare_options.threads = options.threads;
  prepare_options.restart = true;  // it takes no time to read a musician's files again
  const auto summary = prepare(prepare_options, [](const PrepareProgress& progress) {
    show_progress("reading " + std::to_string(progress.files) + " of " +
                  std::to_string(progress.total_files) + " files");
    return !stop_requested();
  });
  end_progress();
  if (!summary) return tl::unexpected(summary.error());
  if (summary->valid.pieces == 0)
    return fail(ErrorCode::kInvalidArgument,
                "fine-tuning needs two pieces that differ at least: one to learn from and one to "
                "measure with");
  say("to learn from: " + grouped(static_cast<long long>(summary->train.pieces)) + " pieces, " +
      grouped(static_cast<long long>(summary->train.notes)) +
      " notes; held out for validation: " + grouped(static_cast<long long>(summary->valid.pieces)));
  return {};
}

/// Prepares the music and makes the folder's key, which marks a started fine-tuning; or finds
/// both.
Result<void> begin(const FinetuneOptions& options, const Engine& engine) {
  const fs::path key_path = options.output / "finetune.json";
  const std::string key = key_of(options, engine.weights().hash());
  if (auto ok = check_output(key_path, key); !ok) return ok;
  std::error_code error;
  if (fs::exists(key_path, error) && fs::exists(options.data() / "manifest.json", error)) return {};
  if (auto ok = prepare_music(options, engine.tokenizer().config()); !ok) return ok;
  fs::create_directories(options.output / "samples", error);
  if (error)
    return fail(ErrorCode::kIo,
                "cannot make the folder " + options.output.string() + ": " + error.message());
  return write_text(key_path, key);
}

Result<void> train_on(const FinetuneOptions& options, const fs::path& model,
                      const std::shared_ptr<const Engine>& engine) {
  TrainOptions train_options;
  train_options.data = options.data();
  train_options.run = options.run();
  train_options.init = model;
  train_options.model = engine->weights().config();
  train_options.minutes = options.minutes;
  train_options.batch = options.batch;
  train_options.schedule = {.peak = options.rate, .warmup_steps = 20, .decay_share = 0.5};
  train_options.dropout = 0.1;
  train_options.seed = options.seed;
  train_options.threads = options.threads;
  train_options.validate_every = 25;
  train_options.validation_examples = 32;
  train_options.patience = 10;
  train_options.checkpoint_minutes = 1;
  train_options.licence = options.licence;
  train_options.command = options.command;
  train_options.resume = newest_checkpoint(options.run()).has_value();
  keep_memory();
  const auto summary = train(train_options, console_hooks());
  end_progress();
  if (!summary) return tl::unexpected(summary.error());
  if (summary->stopped)
    return fail(ErrorCode::kInterrupted, "interrupted at step " + grouped(summary->steps) +
                                             "; the same command continues from there");
  return {};
}

/// Nats a note of all pieces that the training did not see.
Result<double> held_back_nats(const Engine& engine, const fs::path& data, Workspace& workspace) {
  const auto shards = ShardSet::open(data / "valid");
  if (!shards) return tl::unexpected(shards.error());
  Likelihood total;
  for (std::size_t i = 0; i < shards->piece_count(); ++i) {
    if (stop_requested()) return fail(ErrorCode::kInterrupted, "interrupted");
    const auto piece = shards->read(i);
    if (!piece) return tl::unexpected(piece.error());
    const std::vector<TokenId> base(piece->tokens.begin(), piece->tokens.end());
    const auto one = likelihood(engine, engine.tokenizer().merge(base), workspace);
    if (!one) return tl::unexpected(one.error());
    total += *one;
  }
  return total.nats / static_cast<double>(std::max<std::size_t>(1, total.notes));
}

/// Nats a note of MIDI files; those that cannot be read are passed over.
Result<double> nats_of(const Engine& engine, const std::vector<fs::path>& files,
                       Workspace& workspace) {
  Likelihood total;
  for (const fs::path& path : files) {
    if (stop_requested()) return fail(ErrorCode::kInterrupted, "interrupted");
    const auto midi = read_midi_file(path);
    const auto ids = midi ? engine.tokenizer().encode(midi->score)
                          : Result<std::vector<TokenId>>(tl::unexpected(midi.error()));
    if (!ids) continue;
    const auto one = likelihood(engine, *ids, workspace);
    if (!one) return fail(path.string(), one.error());
    total += *one;
  }
  if (total.notes == 0) return fail(ErrorCode::kInvalidArgument, "no reference file could be read");
  return total.nats / static_cast<double>(total.notes);
}

/// Sums of metrics over pieces.
class Means {
 public:
  void add(const Score& score) {
    const auto piece = on_grid(score);
    if (!piece) return;
    for (std::size_t i = 0; i < sums_.size(); ++i) {
      const double value = all_metrics()[i].of(*piece);
      if (!std::isfinite(value)) continue;
      sums_[i] += value;
      ++counts_[i];
    }
  }
  double of(std::size_t metric) const {
    return counts_[metric] > 0 ? sums_[metric] / counts_[metric] : std::nan("");
  }

 private:
  std::vector<double> sums_ = std::vector<double>(all_metrics().size());
  std::vector<int> counts_ = std::vector<int>(all_metrics().size());
};

/// What the model writes from nothing, seeds 1 to `pieces`; the first three go to files.
Result<Means> listen_to(const std::shared_ptr<const Engine>& engine, const FinetuneOptions& options,
                        const std::string& name) {
  Means means;
  for (int seed = 1; seed <= options.pieces; ++seed) {
    if (stop_requested()) return fail(ErrorCode::kInterrupted, "interrupted");
    show_progress(name + ": writing piece " + std::to_string(seed) + " of " +
                  std::to_string(options.pieces));
    Request request;
    request.seed = static_cast<std::uint64_t>(seed);
    request.max_notes = 2000;
    auto generator = Generator::create(engine, request, {.threads = options.threads});
    if (!generator) return tl::unexpected(generator.error());
    while (generator->next().type != ReadEvent::Type::kEnd) {
    }
    const Score score = generator->score();
    means.add(score);
    if (seed > 3) continue;
    const auto path = options.output / "samples" / (name + "-" + std::to_string(seed) + ".mid");
    if (auto ok = write_midi_file(score, path); !ok) return tl::unexpected(ok.error());
  }
  end_progress();
  return means;
}

Means means_of(const std::vector<fs::path>& files) {
  Means means;
  for (const fs::path& path : files)
    if (const auto midi = read_midi_file(path)) means.add(midi->score);
  return means;
}

struct Change {
  double before = 0, after = 0;
};

Result<void> write_report(const FinetuneOptions& options, const RunCurves& curves,
                          const Change& own, const std::optional<Change>& reference,
                          const Means& music, const Means& before, const Means& after) {
  const auto row = [](const std::string& name, const Change& change) {
    const double percent = 100 * (change.after - change.before) / change.before;
    return "| " + name + " | " + fixed(change.before, 3) + " | " + fixed(change.after, 3) + " | " +
           (percent > 0 ? "+" : "") + fixed(percent, 1) + " % |\n";
  };
  std::string text = "# What fine-tuning changed\n\n`" + options.command + "`\n\n";
  text += "## How well the model knows music\n\nNats a note; less is better.\n\n";
  text += "| | before | after | change |\n| --- | ---: | ---: | ---: |\n";
  text += row("your held-out pieces", own);
  if (reference) text += row("other music (`--reference`)", *reference);
  text += "\n![losses](loss.svg)\n\n";
  if (!curves.training.empty())
    text += "Trained for " + fixed(curves.training.back().minutes, 1) + " minutes, " +
            grouped(curves.training.back().step) +
            " steps; the model is that of the best validation.\n\n";
  text += "## What it writes\n\nMeans over " + std::to_string(options.pieces) +
          " pieces from nothing (seeds 1 to " + std::to_string(options.pieces) +
          ") beside your music. Three of each lie in `samples/`.\n\n";
  text += "| | your music | before | after |\n| --- | ---: | ---: | ---: |\n";
  Json metrics = Json::object();
  for (std::size_t i = 0; i < all_metrics().size(); ++i) {
    const Metric& metric = all_metrics()[i];
    const auto cell = [](double value) { return std::isfinite(value) ? fixed(value, 3) : "-"; };
    text += "| " + std::string(metric.title) + " | " + cell(music.of(i)) + " | " +
            cell(before.of(i)) + " | " + cell(after.of(i)) + " |\n";
    metrics[std::string(metric.name)] = {
        {"music", music.of(i)}, {"before", before.of(i)}, {"after", after.of(i)}};
  }
  const auto pair = [](const Change& change) {
    return Json{{"before", change.before}, {"after", change.after}};
  };
  Json report = {{"command", options.command}, {"held_back_nats_per_note", pair(own)}};
  if (reference) report["reference_nats_per_note"] = pair(*reference);
  report["metrics"] = metrics;
  const fs::path& folder = options.output;
  const RunCurves named = {"fine-tuning", curves.training, curves.validation, {}};
  for (const auto& [name, content] : {std::pair<const char*, std::string>{"report.md", text},
                                      {"report.json", report.dump(2) + "\n"},
                                      {"loss.svg", curves_svg({&named, 1}, CurveAxis::kSteps)}})
    if (auto ok = write_text(folder / name, content); !ok) return ok;
  return {};
}

Result<void> act(const FinetuneOptions& given) {
  FinetuneOptions options = given;
  if (options.threads == 0) options.threads = std::min(default_jobs(), 64);
  auto files = midi_files(options.music);
  if (!files) return tl::unexpected(files.error());
  std::vector<fs::path> references;
  if (!options.reference.empty()) {
    auto found = midi_files(options.reference);
    if (!found) return tl::unexpected(found.error());
    references = thin(*std::move(found), 50);
  }
  const auto model = options.model.empty() ? default_model() : Result<fs::path>(options.model);
  if (!model) return tl::unexpected(model.error());
  const auto before = Engine::open(*model);
  if (!before) return tl::unexpected(before.error());
  install_stop_handler();
  if (auto ok = begin(options, **before); !ok) return ok;
  if (auto ok = train_on(options, *model, *before); !ok) return ok;

  const fs::path tuned = options.output / "model.safetensors";
  const auto bytes = read_file(options.run() / "model.safetensors");
  if (!bytes) return tl::unexpected(bytes.error());
  if (auto written = write_file(tuned, *bytes); !written) return written;
  const auto after = Engine::open(tuned);
  if (!after) return tl::unexpected(after.error());
  Change own;
  std::optional<Change> other;
  if (!references.empty()) other.emplace();
  for (const bool first : {true, false}) {
    const Engine& engine = first ? **before : **after;
    const auto place = [&](Change& change) -> double& {
      return first ? change.before : change.after;
    };
    Workspace workspace(engine.model().config(), {.threads = options.threads});
    show_progress(std::string("measuring the model ") + (first ? "before" : "after"));
    const auto nats = held_back_nats(engine, options.data(), workspace);
    if (!nats) return tl::unexpected(nats.error());
    place(own) = *nats;
    if (!other) continue;
    const auto known = nats_of(engine, references, workspace);
    if (!known) return tl::unexpected(known.error());
    place(*other) = *known;
  }
  end_progress();
  const auto wrote_before = listen_to(*before, options, "before");
  if (!wrote_before) return tl::unexpected(wrote_before.error());
  const auto wrote_after = listen_to(*after, options, "after");
  if (!wrote_after) return tl::unexpected(wrote_after.error());
  const auto curves = read_curves(options.run());
  if (!curves) return tl::unexpected(curves.error());
  if (auto ok = write_report(options, *curves, own, other, means_of(thin(*files, 200)),
                             *wrote_before, *wrote_after);
      !ok)
    return ok;
  say("held-back pieces: " + fixed(own.before, 3) + " nats a note before, " + fixed(own.after, 3) +
      " after");
  if (other)
    say("other music: " + fixed(other->before, 3) + " before, " + fixed(other->after, 3) +
        " after");
  say("wrote " + tuned.string() + ", report.md, loss.svg and samples/ beside it");
  return {};
}

}  // namespace

void add_finetune(Cli& cli) {
  auto options = std::make_shared<FinetuneOptions>();
  CLI::App* command = add_command(
      cli.app, cli, "finetune", "Fine-tune a model on your own music",
      "  sage-music finetune my_music -o mine --minutes 10\n"
      "  sage-music generate --model mine/model.safetensors -o new.mid\n\n"
      "Some pieces are held out for validation. After an interruption the same command continues.",
      [options] { return act(*options); });
  options->command = cli.command_line;
  command->add_option("music", options->music, "MIDI files or folders")->required();
  command->add_option("-o,--output", options->output, "folder for model, report and samples")
      ->required();
  command->add_option("-m,--model", options->model,
                      "model to start from (default: the bundled one)");
  command->add_option("--minutes", options->minutes, "maximum training time in minutes")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--lr", options->rate, "highest learning rate")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--batch", options->batch, "examples an update")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str();
  command->add_option("--reference", options->reference,
                      "other music, to report forgetting (50 files at most)");
  command
      ->add_option("--pieces", options->pieces, "pieces to write before and after, for the report")
      ->check(CLI::Range(0, 1000))
      ->capture_default_str();
  command->add_option("--threads", options->threads, "threads; 0: one per processor")
      ->check(CLI::Range(0, 64))
      ->capture_default_str();
  command->add_option("-s,--seed", options->seed)->check(not_negative())->capture_default_str();
  command
      ->add_option("--licence", options->licence,
                   "licence of the new weights, stored in the model file")
      ->capture_default_str();
  check_usage(*command, [options]() -> Result<void> {
    for (const auto* read : {&options->music, &options->reference})
      for (const std::string& folder : *read)
        if (auto ok = check_outside(options->output.string(), folder); !ok) return ok;
    return {};
  });
}

}  // namespace sage::cli
