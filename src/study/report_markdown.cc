// A study's report as a page. Every sentence that claims something is made from a test's result.
#include <algorithm>
#include <cmath>

#include "eval/text.h"
#include "study/report.h"

namespace sage {
namespace {

std::string row(const std::vector<std::string>& cells) {
  std::string line = "|";
  for (const std::string& text : cells) line += " " + text + " |";
  return line + "\n";
}

std::string header(const std::vector<std::string>& cells) {
  std::string line = row(cells) + "|---|";
  for (std::size_t i = 1; i < cells.size(); ++i) line += "---:|";
  return line + "\n";
}

std::string with_sign(double value, int digits) {
  const std::string text = fixed_text(value, digits);
  return value > 0 && text.find_first_of("123456789") != std::string::npos ? "+" + text : text;
}

std::string signed_interval(const MeanInterval& i, int digits) {
  return with_sign(i.mean, digits) + " (" + with_sign(i.low, digits) + " to " +
         with_sign(i.high, digits) + ")";
}

std::string verdict(const Finding& finding) {
  if (!finding.enough_seeds()) return "fewer than three seeds: no claim";
  if (!finding.shown()) return "no significant difference";
  const bool up = finding.value.mean > 0;
  if (!finding.is_difference) return up ? "**rises**" : "**falls**";
  return up == arm_measure(finding.measure).less_is_better ? "**worse**" : "**better**";
}

int digits_of(const Finding& finding) {
  return arm_measure(finding.measure).digits + (finding.is_difference ? 0 : 1);
}

/// "NMSI -0.31 (-0.52 to -0.10), -0.7 %: worse (p 0.004 after Holm, d -0.4)"
std::string words(const Finding& finding) {
  std::string text = std::string(arm_measure(finding.measure).title) + " " +
                     signed_interval(finding.value, digits_of(finding));
  if (finding.is_difference) text += ", " + with_sign(100 * finding.relative, 1) + " %";
  return text + ": " + verdict(finding) + " (p " + p_text(finding.p_holm) + " after Holm, d " +
         fixed_text(finding.effect, 2) + ")";
}

std::string answers(const ArmReport& report) {
  std::string text;
  const auto& findings = report.analysis.findings;
  for (const Question& question : report.plan.questions) {
    std::string list;
    for (const Contrast& contrast : question.contrasts) {
      std::string line;
      for (const Finding& finding : findings)
        if (finding.question == question.text && finding.contrast == contrast.name)
          line += (line.empty() ? "- " + contrast.name + ": " : "; ") + words(finding);
      if (!line.empty()) list += line + ".\n";
    }
    text += "### " + question.text + "\n\n" + (list.empty() ? "Not trained yet.\n" : list) + "\n";
  }
  return text;
}

std::string arms_table(const ArmReport& report) {
  std::vector<std::string> cells = {"arm"};
  for (std::size_t m = 0; m < kArmMeasures; ++m) cells.emplace_back(arm_measure(m).title);
  for (const char* name :
       {"seeds", "parameters", "of them embedding", "tokens a note", "notes/s of continuations"})
    cells.emplace_back(name);
  std::string text = header(cells);
  for (const ArmSummary& arm : report.analysis.arms) {
    cells = {marked(arm)};
    for (std::size_t m = 0; m < kArmMeasures; ++m)
      cells.push_back(interval_text(arm.measures[m], arm_measure(m).digits));
    const ArmResult& first = report.results.at(arm.arm).front();
    cells.push_back(count_text(arm.seeds.size()));
    cells.push_back(count_text(static_cast<std::size_t>(first.parameters)));
    cells.push_back(count_text(static_cast<std::size_t>(first.embedding_parameters)));
    cells.push_back(fixed_text(arm.tokens_per_note, 2));
    cells.push_back(fixed_text(arm.notes_per_second, 0));
    text += row(cells);
  }
  return text +
         "\n† fewer than three seeds: no claim is made. Means over pieces and seeds with 95 % "
         "t-intervals over the means of the seeds (a single seed: bootstrap over the pieces). They "
         "describe how much training runs differ on these pieces, not how much pieces differ. "
         "Notes/s of continuations: one thread, f32, on a shared machine; for ratios see the "
         "interleaved measurements under Speed.\n\n";
}

std::string calibration(const ArmReport& report) {
  std::string text =
      "What a value of NMSI means on these pieces: the reference against itself "
      "100";
  std::vector<MusicKind> said;
  for (const ArmSpec& arm : report.plan.arms) {
    const auto at = report.results.find(arm.name);
    if (at == report.results.end() || std::find(said.begin(), said.end(), arm.music) != said.end())
      continue;
    said.push_back(arm.music);
    const ArmResult& one = at->second.front();
    text += "; " + std::string(music_kind_name(arm.music)) + ", another piece " +
            fixed_text(one.other_piece_nmsi, 1) + ", the prompt repeated " +
            fixed_text(one.repeated_prompt_nmsi, 1);
  }
  return text + ".\n\n";
}

/// The mean of the training losses that were noted over the tenth of the notes that ends with
/// `share` of them, over the seeds; nats a note.
std::string loss_at(const std::vector<ArmResult>& seeds, double share) {
  double sum = 0;
  std::size_t count = 0;
  for (const ArmResult& seed : seeds) {
    const auto& curve = seed.training.curve;
    const double end = curve.empty() ? 0 : share * curve.back().first;
    for (const auto& [notes, nats] : curve) {
      if (notes > end || notes <= end * (1 - 0.1 / share)) continue;
      sum += nats;
      ++count;
    }
  }
  return count == 0 ? "" : fixed_text(sum / static_cast<double>(count), arm_measure(0).digits - 1);
}

std::string training_table(const ArmReport& report) {
  std::string text =
      header({"arm", "what it is", "notes seen", "updates", "examples an update",
              "notes an example", "loss at a quarter", "at half", "at the end", "seconds"});
  for (const ArmSummary& arm : report.analysis.arms) {
    const std::vector<ArmResult>& seeds = report.results.at(arm.arm);
    const ArmTraining& training = seeds.front().training;
    text += row({marked(arm), report.plan.find(arm.arm)->summary,
                 count_text(static_cast<std::size_t>(std::llround(arm.training_notes))),
                 count_text(static_cast<std::size_t>(training.updates)),
                 count_text(static_cast<std::size_t>(training.batch)),
                 fixed_text(training.notes_per_example, 1), loss_at(seeds, 0.25),
                 loss_at(seeds, 0.5), loss_at(seeds, 1), fixed_text(arm.training_seconds, 0)});
  }
  return text +
         "\nLosses: nats a note on the training music, mean of all seeds over the tenth of the "
         "notes that ends at that point.\n\n";
}

std::string merges_table(const ArmReport& report) {
  std::string rows;
  for (const ArmSummary& arm : report.analysis.arms) {
    const auto& merges = report.results.at(arm.arm).front().merges;
    if (!merges || merges->total == 0) continue;
    const auto percent = [&](std::uint64_t part) {
      return fixed_text(100 * static_cast<double>(part) / static_cast<double>(merges->total), 1);
    };
    const auto shape = [&](MergeAnatomy::Shape s) {
      return percent(merges->shapes[static_cast<std::size_t>(s)]);
    };
    rows += row({marked(arm), fixed_text(arm.tokens_per_note, 2),
                 count_text(static_cast<std::size_t>(merges->total)),
                 shape(MergeAnatomy::Shape::kWholeNote), shape(MergeAnatomy::Shape::kFragment),
                 shape(MergeAnatomy::Shape::kNotes), percent(merges->crosses_note),
                 percent(merges->crosses_instrument),
                 fixed_text(arm.measures[0].mean, arm_measure(0).digits),
                 fixed_text(arm.measures[1].mean, arm_measure(1).digits)});
  }
  if (rows.empty()) return "";
  return "## Merges\n\n" +
         header({"arm", "tokens a note", "merges", "whole notes %", "fragments %",
                 "several notes %", "cross a note %", "cross an instrument %", "nats a note",
                 "NMSI"}) +
         rows +
         "\nShares of the merge table, each merge counted once. Tokens a note: on held-out "
         "pieces.\n\n";
}

std::string speed_table(const ArmReport& report, const SpeedSession& session) {
  std::vector<std::string> cells = {"arm", "K/V bytes a token"};
  for (const int context : session.options.contexts)
    for (const char* what : {"notes/s", "speed-up", "bound"})
      cells.push_back(std::string(what) + ", " + std::to_string(context));
  std::string rows;
  for (const ArmSpec& arm : report.plan.arms) {
    std::vector<std::string> line = {arm.name};
    for (const int context : session.options.contexts) {
      const auto up = speed_up(report, session, arm.name, context);
      if (!up) continue;
      if (line.size() == 1)
        line.push_back(count_text(session.find(arm.name, context)->kv_bytes_per_token));
      line.push_back(fixed_text(up->notes_per_second, 0));
      line.push_back(interval_text(up->measured, 2));
      line.push_back(fixed_text(up->bound, 2));
    }
    if (line.size() == cells.size()) rows += row(line);
  }
  if (rows.empty()) return "";
  return "### " + session.shape + ", " + session.options.type + "\n\n" + header(cells) + rows +
         "\n";
}

std::string speed(const ArmReport& report) {
  std::string tables;
  for (const SpeedSession& session : report.speed) tables += speed_table(report, session);
  if (tables.empty()) return "";
  const SpeedSession& session = report.speed.front();
  return "## Speed\n\nDecoding at batch 1 on one thread after the given number of context steps: "
         "random weights, logits of the whole vocabulary, the arms interleaved within each of " +
         std::to_string(session.options.rounds) + " rounds of " +
         std::to_string(session.options.steps) + " steps. Speed-up: notes a second over those of " +
         report.plan.baseline +
         " in the same round, mean with its 95 % interval over the rounds. Bound: the ratio if "
         "decoding only read one bank of every weight and the context's keys and values once. "
         "Machine: " +
         session.machine + ", " + session.instruction_set + ".\n\n" + tables;
}

std::string pictures(const std::vector<ReportPlot>& plots, bool curves) {
  std::string text;
  for (const ReportPlot& plot : plots)
    if (plot.file.starts_with("curves") == curves)
      text += "![" + plot.title + "](" + plot.file + ")\n\n";
  return text;
}

std::string conditions(const ArmReport& report) {
  const StudyFacts& facts = report.facts;
  const StudySettings& s = facts.settings;
  const StudyShape& shape = facts.shape;
  std::string text = "## Conditions\n\nd" + std::to_string(shape.d_model) + " L" +
                     std::to_string(shape.layers) + " h" + std::to_string(shape.heads) +
                     ", feed-forward " + std::to_string(shape.d_ff) + ", context " +
                     std::to_string(shape.context) + "; tokens " + describe(shape.tokenizer) +
                     " unless the arm says otherwise. ";
  text += "Budget: " + count_text(static_cast<std::size_t>(s.notes)) + " notes, about " +
          count_text(static_cast<std::size_t>(s.notes_per_update)) +
          " an update (rounded to whole examples of one context each). All arms see the same "
          "number of notes in about the same number of updates. ";
  text += "Optimiser " + s.optimiser + ", learning rate " + fixed_text(s.learning_rate, 4) +
          ", warm-up " + fixed_text(100 * s.warmup_share, 0) + " %, linear decay over the last " +
          fixed_text(100 * s.decay_share, 0) + " %, weight decay " + fixed_text(s.weight_decay, 2) +
          ", products in " + (s.bf16 ? "bf16" : "f32") + ". ";
  text += "Nats a note: whole held-out pieces (" + count_text(s.likelihood_pieces) +
          " of each kind at most) in the engine, mean over the pieces. NMSI: the first " +
          count_text(s.scope.skip) + " bars of a held-out piece are the prompt, the next " +
          count_text(s.scope.bars) + " are compared (" + count_text(s.continuation_pieces) +
          " pieces at most, top-p " + fixed_text(s.top_p, 2) + ").\n\n";
  for (const auto& [kind, hashes] : facts.music)
    text += "- " + std::string(music_kind_name(kind)) + ": training files " + hashes.training +
            ", held-out files " + hashes.held_out + "\n";
  text +=
      "\nSHA-256 of the hashes of the files' contents, in order. Tests: paired permutation "
      "tests over pieces (each with the mean of its seeds), Holm over all tests of this "
      "report. Intervals: Student's t over the means of the seeds. A difference counts as shown "
      "where the corrected p is below 0.05, the interval excludes 0 and there are at least three "
      "seeds.\n\n";
  return text;
}

}  // namespace

std::string markdown_of(const ArmReport& report, const std::vector<ReportPlot>& plots) {
  std::string text = "# " + report.plan.title + "\n\n" + report.plan.summary + "\n\n";
  text += "Made by\n\n```\n" + report.facts.command + "\n```\n\n";
  text += "## Answers\n\n" + answers(report);
  text += pictures(plots, false);
  text += "## Arms\n\n" + arms_table(report) + calibration(report);
  text += speed(report);
  text += merges_table(report);
  text += "## Training\n\n" + training_table(report) + pictures(plots, true);
  return text + conditions(report);
}

}  // namespace sage
