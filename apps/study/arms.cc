// The stage of training of the studies: sage-music study attention, and study bpe --stage train.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <set>

#include "apps/shared/files.h"
#include "apps/shared/machine.h"
#include "apps/shared/model_choice.h"
#include "apps/shared/tokenizer_options.h"
#include "apps/study/commands.h"
#include "base/file.h"
#include "study/report.h"

namespace sage::cli {
namespace {

namespace fs = std::filesystem;

/// The arms asked for; a word that is no arm's name may be the beginning of some ("multi-track.").
Result<std::vector<std::string>> wanted_arms(const StudyPlan& plan,
                                             const std::vector<std::string>& words) {
  std::vector<std::string> arms;
  const auto add_all = [&](const auto& wanted) {
    const std::size_t before = arms.size();
    for (const ArmSpec& arm : plan.arms)
      if (wanted(arm.name) && std::find(arms.begin(), arms.end(), arm.name) == arms.end())
        arms.push_back(arm.name);
    return arms.size() > before;
  };
  if (words.empty()) add_all([](const std::string&) { return true; });
  for (const std::string& word : words) {
    if (plan.find(word) != nullptr) {
      add_all([&](const std::string& name) { return name == word; });
      continue;
    }
    const bool beginning = word.ends_with('*');
    const std::string start = word.substr(0, word.size() - 1);
    if (!beginning || !add_all([&](const std::string& name) { return name.starts_with(start); })) {
      std::string names;
      for (const ArmSpec& arm : plan.arms) names += (names.empty() ? "" : ", ") + arm.name;
      return fail(ErrorCode::kInvalidArgument, "no arm is called " + word + "; there are " + names);
    }
  }
  return arms;
}

Result<SortedFiles> sort(const std::vector<std::string>& paths, const std::string& what,
                         const fs::path& cache, int threads) {
  const auto files = midi_files(paths);
  if (!files) return tl::unexpected(files.error());
  auto sorted = sort_files(*files, threads, cache, [&](std::size_t done, std::size_t total) {
    show_progress("sorting " + what + ": file " + std::to_string(done) + " of " +
                  std::to_string(total));
    return !stop_requested();
  });
  end_progress();
  return sorted;
}

/// Everything between the command line and the work.
struct Study {
  StudyPlan plan;
  std::vector<std::string> arms;
  StudyFolder folder;
  WorkshopOptions workshop;
  std::map<MusicKind, HeldOut> held_out;
};

Result<Study> set_up(const ArmOptions& options, const fs::path& work) {
  auto plan = make_plan(options.study, options.shape);
  if (!plan) return tl::unexpected(plan.error());
  auto arms = wanted_arms(*plan, options.arms);
  if (!arms) return tl::unexpected(arms.error());
  if (auto ok = check_writable(work / "file"); !ok) return tl::unexpected(ok.error());
  auto training = sort(options.data, "training files", work / "training.json", options.threads);
  if (!training) return tl::unexpected(training.error());
  auto held_out = sort(options.held_out, "held-out files", work / "held-out.json", options.threads);
  if (!held_out) return tl::unexpected(held_out.error());

  StudyFacts facts{options.study, options.command, options.shape, options.settings, {}};
  std::map<MusicKind, HeldOut> pieces;
  for (const std::string& name : *arms) {
    const MusicKind kind = plan->find(name)->music;
    if (pieces.contains(kind)) continue;
    if (training->of(kind).paths.empty() || held_out->of(kind).paths.empty())
      return fail(ErrorCode::kInvalidArgument,
                  "there are no " +
                      std::string(training->of(kind).paths.empty() ? "training" : "held-out") +
                      " files of " + std::string(music_kind_name(kind)) +
                      "; leave its arms out with --arms, or give more music");
    facts.music[kind] = {training->of(kind).sha256, held_out->of(kind).sha256};
    auto chosen = choose_held_out(held_out->of(kind).paths, options.settings);
    if (!chosen) return fail(std::string(music_kind_name(kind)), chosen.error());
    say(std::string(music_kind_name(kind)) + ": " +
        grouped(static_cast<long long>(training->of(kind).paths.size())) + " training files; of " +
        grouped(static_cast<long long>(held_out->of(kind).paths.size())) +
        " held-out files, nats of " + std::to_string(chosen->likelihood.size()) +
        " and continuations of " + std::to_string(chosen->continuation.size()));
    pieces.emplace(kind, *std::move(chosen));
  }
  auto folder = StudyFolder::open(options.output, std::move(facts));
  if (!folder) return tl::unexpected(folder.error());
  WorkshopOptions workshop{work,
                           *plan,
                           options.settings,
                           *std::move(training),
                           *std::move(held_out),
                           options.threads,
                           options.cuda,
                           options.command};
  return Study{*std::move(plan), *std::move(arms), *std::move(folder), std::move(workshop),
               std::move(pieces)};
}

Result<QueueSummary> work_through(const Study& study, const ArmOptions& options,
                                  const fs::path& work) {
  auto workshop = open_workshop(study.workshop);
  if (!workshop) return tl::unexpected(workshop.error());
  QueueOptions queue;
  queue.seeds.clear();
  for (int seed = 1; seed <= options.seeds; ++seed)
    queue.seeds.push_back(static_cast<std::uint64_t>(seed));
  queue.work = work;
  queue.budget_minutes = options.budget_minutes;
  queue.machine = machine_name();
  queue.stop = &stop_requested();
  queue.progress = [](const std::string& what, double share, double left) {
    show_progress(what + " " + fixed(100 * share, 0) + " %" +
                  (left > 0 ? ", all arms " + time_left(left) : ""));
  };
  queue.finished = [](const ArmResult& result) {
    end_progress();
    double nats = 0, notes = 0, nmsi = 0;
    for (const PieceNats& piece : result.pieces) {
      nats += piece.nats;
      notes += static_cast<double>(piece.notes);
    }
    for (const Similarity& one : result.continuations)
      nmsi += one.nmsi() / static_cast<double>(result.continuations.size());
    say(run_name(result.arm, result.seed) + ": " + fixed(nats / notes, 4) + " nats a note, NMSI " +
        fixed(nmsi, 2) + ", " + fixed(result.seconds, 0) + " s");
  };
  auto summary =
      sage::work_through(study.plan, study.arms, study.folder, study.held_out, **workshop, queue);
  end_progress();
  return summary;
}

/// Starts the other processes, which take arms from the same queue. They are this program at this
/// point: nothing of it runs in threads yet.
std::vector<pid_t> start_helpers(const Study& study, const ArmOptions& options,
                                 const fs::path& work) {
  std::vector<pid_t> helpers;
  for (int i = 1; i < options.jobs; ++i) {
    std::cout.flush();
    const pid_t child = ::fork();
    if (child > 0) helpers.push_back(child);
    if (child != 0) continue;
    const auto summary = work_through(study, options, work);
    if (!summary && summary.error().code != ErrorCode::kInterrupted)
      note(to_string(summary.error()));
    std::cout.flush();
    ::_exit(summary ? 0 : 1);
  }
  return helpers;
}

std::string in_words(const ModelConfig& model) {
  return "d" + std::to_string(model.d_model) + " L" + std::to_string(model.layers) + " h" +
         std::to_string(model.heads);
}

/// The arms, in the study's own shape or in `base`; none where K/V heads of that would mean
/// something else. They need not be trained.
Result<std::vector<SpeedCase>> speed_cases(const StudyPlan& plan, const StudyShape& shape,
                                           const std::vector<std::string>& arms, bool base) {
  std::vector<SpeedCase> cases;
  for (const std::string& name : arms) {
    const ArmSpec& arm = *plan.find(name);
    const auto tokenizer = Tokenizer::create(arm.tokenizer);
    if (!tokenizer) return tl::unexpected(tokenizer.error());
    SpeedCase one{name, arm.model};
    describe_vocabulary(*tokenizer, one.model);
    one.model.vocab_size += arm.merges;
    if (base) {
      const ModelConfig large = shape_config("base").value();
      if (one.model.heads != large.heads) return std::vector<SpeedCase>();
      if (one.model.d_model != shape.d_model) continue;  // smaller for a reason
      one.model.d_model = large.d_model;
      one.model.layers = large.layers;
      one.model.d_ff = large.d_ff;
    }
    cases.push_back(std::move(one));
  }
  return cases;
}

/// Whether a session that is kept is of these arms, under these options.
bool is_of(const SpeedSession& kept, const std::string& shape, const std::vector<SpeedCase>& cases,
           const SpeedOptions& options) {
  return kept.shape == shape && kept.options == options &&
         kept.rows.size() == cases.size() * options.contexts.size() &&
         std::all_of(cases.begin(), cases.end(), [&](const SpeedCase& one) {
           return kept.find(one.arm, options.contexts.front()) != nullptr;
         });
}

/// Measures the arms interleaved, unless a session of exactly these is stored.
Result<void> measure_speeds(const ArmReport& report, const StudyFolder& folder,
                            const std::vector<std::string>& arms, const SpeedOptions& options) {
  std::vector<SpeedSession> sessions;
  for (const bool base : {false, true}) {
    const auto made = speed_cases(report.plan, report.facts.shape, arms, base);
    if (!made) return tl::unexpected(made.error());
    const std::vector<SpeedCase>& cases = *made;
    if (cases.empty()) continue;
    const std::string shape = in_words(cases.front().model);
    const auto kept = std::find_if(
        report.speed.begin(), report.speed.end(),
        [&](const SpeedSession& session) { return is_of(session, shape, cases, options); });
    if (kept != report.speed.end()) {
      sessions.push_back(*kept);
      continue;
    }
    auto session = measure_speed(cases, options, [&](std::size_t done, std::size_t total) {
      show_progress("decoding, interleaved, " + shape + ": round " + std::to_string(done) + " of " +
                    std::to_string(total));
      return !stop_requested();
    });
    end_progress();
    if (!session) return tl::unexpected(session.error());
    session->shape = shape;
    session->machine = machine_name();
    sessions.push_back(*std::move(session));
  }
  return folder.keep(sessions);
}

/// Writes the report; with the speeds of these arms, where there are any.
Result<void> publish(const StudyFolder& folder, const std::vector<std::string>& arms,
                     const SpeedOptions& speed) {
  auto report = read_study(folder);
  if (!report) return tl::unexpected(report.error());
  if (!arms.empty()) {
    if (auto ok = measure_speeds(*report, folder, arms, speed); !ok) return ok;
    report->speed = folder.speed();
  }
  if (auto ok = write_report(*report, folder.path()); !ok) return ok;
  say("wrote " + (folder.path() / "report.md").string() + ", report.json and plots beside it");
  return {};
}

/// The report of what is there, without any data; with `--speed-only` after the arms decoded.
Result<void> report_only(const ArmOptions& options) {
  const auto folder = StudyFolder::read(options.output);
  if (!folder) return tl::unexpected(folder.error());
  if (folder->facts().study != options.study)
    return fail(ErrorCode::kMismatch, options.output + " holds a study of " +
                                          folder->facts().study + ", not of " + options.study);
  if (options.report_only) return publish(*folder, {}, options.speed);
  const auto plan = make_plan(options.study, folder->facts().shape);
  if (!plan) return tl::unexpected(plan.error());
  const auto arms = wanted_arms(*plan, options.arms);
  if (!arms) return tl::unexpected(arms.error());
  install_stop_handler();
  return publish(*folder, *arms, options.speed);
}

}  // namespace

Result<void> run_arms(const ArmOptions& options) {
  if (options.report_only || options.speed_only) return report_only(options);
  if (!has_trainer()) {
    const auto none = open_workshop({});
    return tl::unexpected(none.error());
  }
  install_stop_handler();
  const fs::path work =
      options.work.empty() ? fs::path(options.output) / "work" : fs::path(options.work);
  const auto study = set_up(options, work);
  if (!study) return tl::unexpected(study.error());
  const auto helpers = start_helpers(*study, options, work);
  const auto summary = work_through(*study, options, work);
  for (const pid_t helper : helpers) ::waitpid(helper, nullptr, 0);
  if (!summary) return tl::unexpected(summary.error());
  // What the helpers have done by now is not in the summary.
  std::size_t left = 0;
  std::string names;
  for (const std::string& arm : study->arms)
    for (int seed = 1; seed <= options.seeds; ++seed)
      if (!study->folder.find(*study->plan.find(arm), static_cast<std::uint64_t>(seed))) {
        ++left;
        names += (names.empty() ? "" : ", ") + run_name(arm, static_cast<std::uint64_t>(seed));
      }
  if (left > 0)
    say("left to do: " + std::to_string(left) + " arms, about " + time_left(summary->seconds_left) +
        " (" + names + "); the same command continues");
  return publish(study->folder, options.no_speed ? std::vector<std::string>() : study->arms,
                 options.speed);
}

Result<void> check_arm_options(const ArmOptions& options) {
  const bool trains = !options.report_only && !options.speed_only;
  if (trains && (options.data.empty() || options.held_out.empty()))
    return fail(ErrorCode::kInvalidArgument, "--data and --held-out are required");
  return {};
}

void add_arm_options(CLI::App& command, ArmOptions& options) {
  const std::string group = "Stage train";
  const auto add = [&](const char* name, auto& value, const char* text) {
    return command.add_option(name, value, text)->capture_default_str()->group(group);
  };
  command
      .add_option("--work", options.work,
                  "folder of data, checkpoints and models (default: OUTPUT/work)")
      ->group(group);
  command.add_option("--arms", options.arms, "arms to run, by name or prefix (NAME*)")
      ->option_text("NAME ... (default: all)")
      ->group(group);
  add("--seeds", options.seeds, "seeds of every arm: 1 to N")->check(CLI::Range(1, 1'000));
  add("--budget-minutes", options.budget_minutes,
      "time budget; an arm that would not fit is not started; 0: no limit")
      ->check(not_negative());
  add("--jobs", options.jobs, "arms in parallel, a process each")->check(CLI::Range(1, 64));
  command
      .add_flag("--report-only", options.report_only,
                "write the report from stored results; needs no data")
      ->group(group);
  command
      .add_flag("--speed-only", options.speed_only,
                "measure speed, interleaved, and write the report; needs no data and no trainer")
      ->group(group);
  command.add_flag("--no-speed", options.no_speed, "skip the speed measurement")->group(group);
  add("--notes", options.settings.notes, "training notes of each arm")
      ->check(CLI::Range(1.0, 1e15));
  add("--update-notes", options.settings.notes_per_update, "approximate notes an update")
      ->check(CLI::Range(1, 100'000'000));
  add("--d-model", options.shape.d_model, "of the models")->check(CLI::Range(2, 16'384));
  add("--layers", options.shape.layers, "of the models")->check(CLI::Range(1, 256));
  add("--heads", options.shape.heads, "of the models")->check(CLI::Range(1, 256));
  add("--d-ff", options.shape.d_ff, "of the models")->check(CLI::Range(1, 65'536));
  add("--context", options.shape.context, "steps of an example")->check(CLI::Range(16, 65'536));
  add("--optimiser", options.settings.optimiser, "adamw or muon")
      ->check(CLI::IsMember({"adamw", "muon"}));
  add("--lr", options.settings.learning_rate, "highest learning rate")->check(CLI::PositiveNumber);
  static const std::map<std::string, bool> kTypes = {{"bf16", true}, {"f32", false}};
  command
      .add_option("--type", options.settings.bf16,
                  "type of matrix products in training (default: bf16)")
      ->transform(CLI::CheckedTransformer(kTypes).description(""))
      ->option_text("bf16|f32")
      ->group(group);
  static const std::map<std::string, bool> kDevices = {{"cpu", false}, {"cuda", true}};
  command.add_option("--device", options.cuda, "training device: cpu or cuda (default: cpu)")
      ->transform(CLI::CheckedTransformer(kDevices).description(""))
      ->option_text("cpu|cuda")
      ->group(group);
  add("--pieces", options.settings.likelihood_pieces,
      "held-out pieces for nats a note, of each kind")
      ->check(CLI::Range(1, 1'000'000));
  add("--prompts", options.settings.continuation_pieces,
      "held-out pieces to continue, of each kind")
      ->check(CLI::Range(1, 1'000'000));
  add("--prompt-bars", options.settings.scope.skip, "bars of a prompt")
      ->check(CLI::Range(1, 1'000));
  add("--bars", options.settings.scope.bars, "bars of a continuation")->check(CLI::Range(1, 1'000));
  command.add_option("--speed-contexts", options.speed.contexts, "steps in the cache")
      ->delimiter(',')
      ->check(CLI::Range(1, 65'536))
      ->capture_default_str()
      ->group(group);
  add("--speed-rounds", options.speed.rounds, "interleaved rounds of the speed measurement")
      ->check(CLI::Range(1, 1'000));
  command
      .add_option("--speed-type", options.speed.type,
                  "weight and cache type of the speed measurement")
      ->check(is_cache_type())
      ->capture_default_str()
      ->group(group);
}

void add_study_attention(CLI::App& study, Cli& cli) {
  auto options = std::make_shared<ArmOptions>();
  options->study = "attention";
  options->threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  CLI::App* command = add_command(
      study, cli, "attention", "Study of attention: sharing and specialising K/V heads",
      "  sage-music study attention --data train_folder --held-out test_folder -o report\n"
      "  sage-music study attention --data train_folder --held-out test_folder -o report \\\n"
      "      --arms mha mqa as-kvhs-1 --budget-minutes 60 --jobs 2\n"
      "  sage-music study attention --report-only -o report\n"
      "\n"
      "Trains every arm on the same number of notes of multi-track music, seed by seed, and "
      "measures\n"
      "it on held-out pieces. Finished arms are kept in the output folder; after an interruption\n"
      "the same command continues.",
      [options, &cli] {
        options->command = cli.command_line;
        return run_arms(*options);
      });
  command->add_option("--data", options->data, "MIDI files or folders to train on");
  command->add_option("--held-out", options->held_out, "MIDI files or folders to measure on");
  add_base_tokenizer_options(*command, options->shape.tokenizer);
  command->add_option("--threads", options->threads, "threads for reading files")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  command->add_option("-o,--output", options->output, "folder of the report")->required();
  add_arm_options(*command, *options);
  check_usage(*command, [options]() -> Result<void> { return check_arm_options(*options); });
}

}  // namespace sage::cli
