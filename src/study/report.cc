#include "study/report.h"

#include <algorithm>
#include <cmath>

#include "base/file.h"
#include "statistics/quantiles.h"

namespace sage {
namespace {

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(); }

Json interval(const MeanInterval& i) {
  return {{"mean", number(i.mean)}, {"low", number(i.low)}, {"high", number(i.high)}};
}

Json arm_json(const ArmReport& report, const ArmSummary& arm) {
  const ArmSpec& spec = *report.plan.find(arm.arm);
  const ArmResult& first = report.results.at(arm.arm).front();
  Json json = {{"arm", arm.arm},
               {"summary", spec.summary},
               {"seeds", arm.seeds},
               {"fewer_than_three_seeds", !arm.enough_seeds()},
               {"parameters", first.parameters},
               {"embedding_parameters", first.embedding_parameters},
               {"training",
                {{"notes", std::round(arm.training_notes)},
                 {"updates", first.training.updates},
                 {"batch", first.training.batch},
                 {"notes_per_example", first.training.notes_per_example},
                 {"seconds", arm.training_seconds}}},
               {"tokens_per_note", number(arm.tokens_per_note)},
               {"steps_per_note", number(arm.steps_per_note)},
               {"pooled_nats_per_note", number(arm.pooled_nats_per_note)},
               {"notes_per_second_of_continuations", number(arm.notes_per_second)}};
  for (std::size_t m = 0; m < kArmMeasures; ++m)
    json[arm_measure(m).name] = interval(arm.measures[m]);
  return json;
}

Json finding_json(const Finding& finding) {
  return {{"question", finding.question},
          {"contrast", finding.contrast},
          {"measure", arm_measure(finding.measure).name},
          {"value", interval(finding.value)},
          {"relative", finding.is_difference ? number(finding.relative) : Json()},
          {"p", number(finding.p)},
          {"p_holm", number(finding.p_holm)},
          {"effect_size", number(finding.effect)},
          {"seeds", finding.seeds},
          {"pieces", finding.pieces},
          {"difference_shown", finding.shown()}};
}

Json speed_json(const ArmReport& report, const SpeedSession& session) {
  Json rows = Json::array();
  for (const SpeedRow& row : session.rows) {
    const auto up = speed_up(report, session, row.arm, row.context);
    if (!up) continue;
    rows.push_back({{"arm", row.arm},
                    {"context", row.context},
                    {"steps_per_second", number(1 / median(row.seconds_per_step))},
                    {"notes_per_second", number(up->notes_per_second)},
                    {"speed_up", interval(up->measured)},
                    {"bound_of_speed_up", number(up->bound)},
                    {"kv_bytes_per_token", row.kv_bytes_per_token},
                    {"bytes_read_once", row.bytes_read_once}});
  }
  return {{"shape", session.shape},           {"type", session.options.type},
          {"machine", session.machine},       {"instruction_set", session.instruction_set},
          {"rounds", session.options.rounds}, {"rows", rows}};
}

/// How many steps a note takes follows from how notes are written: any arm that writes them alike
/// will do. NaN if none is done.
double steps_per_note(const ArmReport& report, const std::string& name) {
  const ArmSpec* const arm = report.plan.find(name);
  for (const ArmSummary& done : report.analysis.arms) {
    const ArmSpec& other = *report.plan.find(done.arm);
    if (arm != nullptr && other.music == arm->music && other.tokenizer == arm->tokenizer &&
        other.merges == arm->merges && other.boundary == arm->boundary &&
        other.model.output == arm->model.output)
      return done.steps_per_note;
  }
  return std::nan("");
}

Json json_of(const ArmReport& report) {
  Json music = Json::object();
  for (const auto& [kind, hashes] : report.facts.music)
    music[std::string(music_kind_name(kind))] = {{"training_sha256", hashes.training},
                                                 {"held_out_sha256", hashes.held_out}};
  Json json = {{"study", report.facts.study},
               {"command", report.facts.command},
               {"shape", to_json(report.facts.shape)},
               {"settings", to_json(report.facts.settings)},
               {"music", music},
               {"arms", Json::array()},
               {"findings", Json::array()},
               {"speed", Json::array()}};
  for (const ArmSummary& arm : report.analysis.arms) json["arms"].push_back(arm_json(report, arm));
  for (const Finding& finding : report.analysis.findings)
    json["findings"].push_back(finding_json(finding));
  for (const SpeedSession& session : report.speed)
    json["speed"].push_back(speed_json(report, session));
  return json;
}

}  // namespace

Result<ArmReport> read_study(const StudyFolder& folder) {
  ArmReport report;
  report.facts = folder.facts();
  auto plan = make_plan(report.facts.study, report.facts.shape);
  if (!plan) return tl::unexpected(plan.error());
  report.plan = *std::move(plan);
  for (const ArmSpec& arm : report.plan.arms)
    if (auto results = folder.results(arm); !results.empty())
      report.results[arm.name] = std::move(results);
  if (report.results.empty())
    return fail(ErrorCode::kInvalidArgument,
                folder.path().string() + ": no arm of this study is done yet");
  report.analysis = analyse(report.plan, report.results);
  report.speed = folder.speed();
  return report;
}

Result<void> write_report(const ArmReport& report, const std::filesystem::path& folder) {
  const auto plots = plots_of(report);
  for (const ReportPlot& plot : plots)
    if (auto ok = write_text(folder / plot.file, plot.svg); !ok) return ok;
  if (auto ok = write_text(folder / "report.json", json_of(report).dump(1) + "\n"); !ok) return ok;
  return write_text(folder / "report.md", markdown_of(report, plots));
}

std::optional<SpeedUp> speed_up(const ArmReport& report, const SpeedSession& session,
                                const std::string& arm, int context) {
  const SpeedRow* const row = session.find(arm, context);
  const SpeedRow* const base = session.find(report.plan.baseline, context);
  const double steps = steps_per_note(report, arm);
  const double base_steps = steps_per_note(report, report.plan.baseline);
  if (row == nullptr || base == nullptr || std::isnan(steps) || std::isnan(base_steps) ||
      row->seconds_per_step.size() != base->seconds_per_step.size() ||
      row->seconds_per_step.empty())
    return std::nullopt;
  std::vector<double> ratios;
  for (std::size_t i = 0; i < row->seconds_per_step.size(); ++i)
    ratios.push_back(base->seconds_per_step[i] * base_steps / (row->seconds_per_step[i] * steps));
  SpeedUp out;
  out.measured = bootstrap_mean(ratios);
  out.bound = static_cast<double>(base->bytes_read_once) * base_steps /
              (static_cast<double>(row->bytes_read_once) * steps);
  out.notes_per_second = 1 / (median(row->seconds_per_step) * steps);
  return out;
}

std::string marked(const ArmSummary& arm) { return arm.enough_seeds() ? arm.arm : arm.arm + " †"; }

}  // namespace sage
