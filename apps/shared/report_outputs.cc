// What the reports of `sage-music eval` share: names, progress, provenance, drawings.
#include <algorithm>
#include <numeric>
#include <thread>

#include "apps/shared/machine.h"
#include "apps/shared/report_outputs.h"
#include "kernels/kernel_table.h"
#ifdef SAGE_SYNTH
#include "synth/piano_roll.h"
#endif

namespace sage::cli {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kDrawnPieces = 3, kDrawnSystems = 3, kDrawnBars = 16;
constexpr std::size_t kDrawnBefore = 4, kDrawnBehind = 2;  // bars around a hole

#ifdef SAGE_SYNTH
constexpr int kDrawnWidth = 1100;

void draw(const PieceFile& file, const Scope& scope, const std::string& title,
          std::vector<Picture>& pictures) {
  const auto piece = load_piece(file);
  if (!piece) return;
  const std::size_t bars = scope.bars > 0 ? std::min(scope.bars, kDrawnBars) : kDrawnBars;
  const Piece part = bars_between(*piece, scope.skip, bars);
  if (note_count(part.score) > 0)
    pictures.push_back(
        {title, piano_roll_svg(part.score, {.width = kDrawnWidth,
                                            .first_bar = static_cast<int>(scope.skip) + 1})});
}

/// A hole and its surroundings.
void draw(const PieceFile& file, const PieceHole& hole, const std::string& title,
          std::vector<Picture>& pictures) {
  const auto piece = load_piece(file);
  if (!piece) return;
  const std::size_t first = hole.first_bar - std::min(hole.first_bar, kDrawnBefore);
  Piece part = bars_between(*piece, first, hole.first_bar + hole.bars + kDrawnBehind - first);
  const std::size_t at = hole.first_bar - first;
  if (note_count(part.score) == 0 || part.bars.size() <= at) return;
  const std::size_t last = std::min(at + hole.bars, part.bars.size()) - 1;
  if (hole.given)  // what was asked for, and what was given; a reference holds more
    std::erase_if(part.score.tracks, [&](const Track& track) {
      const int program = track.program_or_drum();
      return program != *hole.given &&
             std::find(hole.programs.begin(), hole.programs.end(), program) == hole.programs.end();
    });
  pictures.push_back(
      {title,
       piano_roll_svg(part.score, {.width = kDrawnWidth,
                                   .first_bar = static_cast<int>(first) + 1,
                                   .mark = PianoRollMark{part.bars[at].start, part.bars[last].end(),
                                                         hole.programs}})});
}

void draw(const PieceFile& file, const ScoringTask& task, const std::string& title,
          std::vector<Picture>& pictures) {
  if (!task.plan) return draw(file, task.scope, title, pictures);
  if (const auto planned = task.plan->holes.find(file.name); planned != task.plan->holes.end())
    draw(file, planned->second.hole, title, pictures);
}
#endif

const PieceFile* find(const std::vector<PieceFile>& files, const std::string& name) {
  const auto found = std::find_if(files.begin(), files.end(),
                                  [&](const PieceFile& file) { return file.name == name; });
  return found == files.end() ? nullptr : &*found;
}

/// Places of the upper quarter, the middle and the lower quarter by the first system's NMSI.
std::vector<std::size_t> drawn_pieces(const Scores& scores) {
  if (scores.systems.empty()) return {};
  const auto& pieces = scores.systems.front().pieces;
  std::vector<std::size_t> order(pieces.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return pieces[a].similarity.nmsi() > pieces[b].similarity.nmsi();
  });
  std::vector<std::size_t> chosen;
  for (std::size_t k = 1; k <= kDrawnPieces && !order.empty(); ++k) {
    const std::size_t place = order[(order.size() - 1) * k / (kDrawnPieces + 1)];
    if (std::find(chosen.begin(), chosen.end(), place) == chosen.end()) chosen.push_back(place);
  }
  return chosen;
}

std::vector<Picture> draw_pieces([[maybe_unused]] const ScoringTask& task,
                                 [[maybe_unused]] const Scores& scores) {
  std::vector<Picture> pictures;
#ifdef SAGE_SYNTH
  for (const std::size_t i : drawn_pieces(scores)) {
    const std::string& name = scores.systems.front().pieces[i].name;
    if (const PieceFile* file = find(task.references, name); file != nullptr && scores.paired)
      draw(*file, task, name + ": as the composer wrote it", pictures);
    for (std::size_t s = 0; s < std::min(task.systems.size(), kDrawnSystems); ++s) {
      const PieceFile* file = find(task.systems[s].files.pieces, name);
      if (file == nullptr) continue;
      const double nmsi = scores.systems[s].pieces[i].similarity.nmsi();
      draw(*file, task,
           name + ": " + task.systems[s].name +
               (scores.paired ? ", NMSI " + fixed(nmsi, 1) : std::string()),
           pictures);
    }
  }
#endif
  return pictures;
}

}  // namespace

bool PieceProgress::operator()(std::size_t done, std::size_t total) const {
  if (!quiet_ && done > 0 && done < total) {
    const double elapsed =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    const double left = elapsed / static_cast<double>(done) * static_cast<double>(total - done);
    show_progress(what_ + " " + std::to_string(done) + " of " + std::to_string(total) + ", " +
                  time_left(left));
  }
  return !stop_requested();
}

Result<SystemFiles> parse_system(const std::string& text) {
  SystemFiles system;
  const auto equals = text.find('=');
  std::error_code code;
  // A folder whose own name contains '=' is used unchanged.
  const bool named = equals != std::string::npos && equals > 0 && !fs::is_directory(text, code);
  system.folder = named ? text.substr(equals + 1) : text;
  system.name = named ? text.substr(0, equals)
                      : fs::path(system.folder).lexically_normal().filename().string();
  if (system.name.empty())  // the path ended in '/'
    system.name = fs::path(system.folder).lexically_normal().parent_path().filename().string();
  system.name = printable(system.name);
  auto files = list_folder(system.folder);
  if (!files) return tl::unexpected(files.error());
  system.files = *std::move(files);
  system.takes = split_takes(system.files);
  return system;
}

Result<std::vector<SystemFiles>> parse_systems(const std::vector<std::string>& texts) {
  std::vector<SystemFiles> systems;
  for (const std::string& text : texts) {
    auto system = parse_system(text);
    if (!system) return tl::unexpected(system.error());
    for (const SystemFiles& other : systems)
      if (other.name == system->name)
        return fail(ErrorCode::kInvalidArgument,
                    "two systems are called " + system->name + "; name them, as in NAME=DIR");
    systems.push_back(*std::move(system));
  }
  return systems;
}

int default_jobs() { return std::max(1, static_cast<int>(std::thread::hardware_concurrency())); }

void add_report_options(CLI::App& command, ReportOptions& options) {
  command.add_option("--report", options.name, "write NAME.json, NAME.md and NAME.html");
  command.add_option("--resamples", options.resamples, "bootstrap resamples for the intervals")
      ->check(CLI::Range(100, 10'000'000))
      ->capture_default_str();
  command.add_flag("--json", options.json, "print JSON");
}

Result<void> publish(const Cli& cli, const std::string& title, const std::string& sentence,
                     const ScoringTask& task, Scores scores, std::vector<Latency> latencies,
                     const ReportOptions& options) {
  Report report;
  report.title = title;
  report.task = sentence;
  report.summary = summarise(scores, {.resamples = options.resamples, .seed = task.seed});
  report.latencies = std::move(latencies);
  const auto kernels = select_kernels();
  report.provenance = {printable(cli.command_line), SAGE_VERSION, machine_name(), system_name(),
                       kernels ? std::string((*kernels)->name) : "none"};
  if (!options.name.empty()) report.pictures = draw_pieces(task, scores);
  report.scores = std::move(scores);
  end_progress();
  if (!options.name.empty())
    if (auto ok = write_report(report, options.name); !ok) return ok;
  if (options.json) {
    say_json(report_json(report));
    return {};
  }
  say(report_brief(report));
  if (!options.name.empty())
    say("wrote " + options.name + ".html, " + options.name + ".md and " + options.name + ".json");
  return {};
}

}  // namespace sage::cli
