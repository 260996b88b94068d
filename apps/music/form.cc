#include "apps/music/form.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "apps/shared/music_file.h"
#include "apps/shared/part_report.h"
#include "apps/shared/process.h"
#include "apps/shared/render_outputs.h"
#include "apps/shared/wish_options.h"
#include "base/random.h"
#include "base/stopwatch.h"
#include "form/composer.h"
#include "midi/reader.h"
#include "score/timeline.h"

namespace sage::cli {
namespace {

/// Where an instrument that was asked for stays silent, the piece is written again, so often at
/// most.
constexpr int kFormAttempts = 3;

struct FormedFile {
  FormedPiece piece;
  Written written;
  double seconds = 0;
};

/// "A 1-8, A' 9-16, B 17-24".
std::string places(const std::vector<PlacedSection>& sections) {
  std::string text;
  for (const PlacedSection& section : sections)
    text += (text.empty() ? "" : ", ") + section.section.label() + " " +
            std::to_string(section.first_bar + 1) + "-" +
            std::to_string(section.first_bar + section.section.bars);
  return text;
}

Result<FormedFile> form_once(const GenerateOptions& options, const Setup& setup,
                             const FormRequest& request) {
  const EndsAtOnce while_writing;
  const auto start = Stopwatch::now();
  auto piece = compose_form(setup.engine, request, [&](int done, int all) {
    if (done > 0 && !options.json)
      show_progress("bar " + std::to_string(done) + " of " + std::to_string(all) + ", " +
                    fixed(seconds_since(start) / done * (all - done), 1) + " s left");
    return true;
  });
  end_progress();
  if (!piece) return tl::unexpected(piece.error());
  const double seconds = seconds_since(start);
  auto written = written_by(options, setup, piece->bars, request.request.seed);
  if (!written) return tl::unexpected(written.error());
  return FormedFile{*std::move(piece), *std::move(written), seconds};
}

Result<FormedFile> best_form(const GenerateOptions& options, const Setup& setup,
                             FormRequest request) {
  std::optional<FormedFile> best;
  for (int i = 0; i < kFormAttempts; ++i) {
    auto next = form_once(options, setup, request);
    if (!next) return next;
    if (!best || next->written.silent.size() < best->written.silent.size())
      best.emplace(*std::move(next));
    if (best->written.silent.empty()) break;
    request.request.seed = Random(request.request.seed).next();
  }
  return *std::move(best);
}

Json report_json(const FormedFile& file, const std::string& output, std::uint64_t seed) {
  Json sections = Json::array();
  for (const PlacedSection& section : file.piece.sections)
    sections.push_back({{"section", section.section.label()},
                        {"first_bar", section.first_bar + 1},
                        {"bars", section.section.bars}});
  return {{"output", output},
          {"seed", seed},
          {"sections", sections},
          {"new_notes", file.piece.notes},
          {"parts", parts_json(file.written.parts, "written")},
          {"silent", file.written.silent},
          {"generation_seconds", file.seconds},
          {"ending_log_odds", file.piece.end_odds},
          {"wishes_lost", cli::to_json(file.piece.losses)}};
}

Result<void> say_form(const FormedFile& file, const std::string& output) {
  const auto read = read_midi(file.written.bytes);
  if (!read) return tl::unexpected(read.error());
  say(output + ": " + grouped(static_cast<long long>(note_count(read->score))) + " notes in " +
      std::to_string(read->score.tracks.size()) + " tracks, " +
      fixed(duration_seconds(read->score), 1) + " s of music, written in " +
      fixed(file.seconds, 1) + " s");
  say(instruments_line(read->score));
  say("form: " + places(file.piece.sections));
  say("ending: " + fixed(100 / (1 + std::exp(-file.piece.end_odds)), 0) + " % likely");
  note_losses(file.piece.losses);
  return {};
}

}  // namespace

Result<void> write_form(const GenerateOptions& options, const Setup& setup) {
  auto plan = parse_form(options.form, options.section_bars);
  if (!plan) return tl::unexpected(plan.error());
  FormRequest request;
  request.request = options.request;
  request.plan = *std::move(plan);
  request.similarity = options.similarity;
  request.threads = options.model.threads;
  Json takes = Json::array();
  for (int take = 1; take <= options.takes; ++take) {
    request.request.seed = options.request.seed + static_cast<std::uint64_t>(take - 1);
    const auto file = best_form(options, setup, request);
    if (!file) return tl::unexpected(file.error());
    const auto [path, renderings] = outputs_of(options, take);
    if (auto done = write_output(path, file->written.bytes); !done) return done;
    if (auto done = write_renderings(file->written.bytes, renderings); !done) return done;
    if (options.json)
      takes.push_back(report_json(*file, path, request.request.seed));
    else if (auto said = say_form(*file, path); !said)
      return said;
    say_silent(file->written.silent, path);
  }
  if (options.json) say_json(options.takes > 1 ? Json{{"takes", takes}} : takes.front());
  return {};
}

}  // namespace sage::cli
