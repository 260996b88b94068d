#include "eval/scoring.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <optional>

#include "base/random.h"
#include "eval/calibration.h"
#include "eval/parallel.h"
#include "metrics/metric.h"

namespace sage {
namespace {

/// What does not depend on a reference.
PieceScore describe(const Piece& part) {
  PieceScore score;
  score.notes = note_count(part.score);
  score.status = score.notes > 0 ? Status::kScored : Status::kSilent;
  if (score.notes == 0) score.why = "no notes in the bars to be compared";
  for (const Metric& metric : all_metrics()) score.metrics.push_back(metric.of(part));
  score.note_lengths = note_length_histogram(part);
  score.inter_onsets = inter_onset_histogram(part);
  return score;
}

PieceScore not_scored(Status status, std::string why) {
  PieceScore score;
  score.status = status;
  score.why = std::move(why);
  return score;
}

/// A part compared with a reference.
PieceScore compare(const Piece& part, const Reference& reference) {
  PieceScore score = score_piece(part, reference.features);
  if (reference.hole && score.status != Status::kUnreadable)
    score.listening = {clash(part, beside_hole(reference.whole, *reference.hole)),
                       matches(part, reference.part)};
  return score;
}

/// How a continuation stands to its prompt.
void compare_with_prompt(const Piece& part, const Piece& prompt, PieceScore& score) {
  score.prompt_likeness = prompt_likeness(part, prompt);
  for (std::size_t k = 0; k < score.metrics.size(); ++k)
    score.prompt_change.push_back(std::abs(score.metrics[k] - all_metrics()[k].of(prompt)));
}

/// The same bars of every take, or silence where there is none.
EnergyScore energy_of(const std::vector<Piece>& takes, const Reference& reference) {
  std::vector<Features> features;
  for (const Piece& take : takes) {
    auto one = features_of(take);
    features.push_back(one ? *std::move(one) : Features());
  }
  return energy_score(features, reference.features);
}

PieceScore score_output(const PieceFile& file, const Reference& reference, const Scope& scope) {
  const auto piece = load_piece(file);
  if (!piece) return not_scored(Status::kUnreadable, to_string(piece.error()));
  PieceScore score = compare(answer_to(reference, *piece, scope), reference);
  if (reference.hole && score.status != Status::kUnreadable)
    score.rest = compare_rest(*piece, reference.whole, *reference.hole);
  return score;
}

/// An output that answers no reference; it may have been asked for something all the same.
PieceScore score_alone(const PieceFile& file, const Scope& scope, const Asked& asked) {
  const auto piece = load_piece(file);
  if (!piece) return not_scored(Status::kUnreadable, to_string(piece.error()));
  Piece part = bars_between(*piece, scope.skip, scope.bars);
  part.asked = asked;
  return describe(part);
}

/// A permutation without fixed points (Sattolo): which other piece each is compared with.
std::vector<std::size_t> partners(std::size_t count, std::uint64_t seed) {
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  Random random(seed);
  for (std::size_t i = count; i-- > 1;)
    std::swap(order[i], order[random.below(static_cast<std::uint32_t>(i))]);
  return order;
}

/// All that is found about one reference.
struct Row {
  std::optional<Skipped> skipped;
  HoleKind kind = HoleKind::kBars;
  Asked asked;  // by a task without pairs
  PieceScore reference;
  std::vector<PieceScore> systems, calibrations;
};

class Scoring {
 public:
  explicit Scoring(const ScoringTask& task) : task_(task), rows_(task.references.size()) {
    for (const SystemFiles& system : task.systems) {
      auto& files = files_.emplace_back();
      for (const PieceFile& piece : system.files.pieces) files.emplace(piece.name, &piece);
    }
    for (const SystemFiles& system : task.systems)
      most_takes_ = std::max(most_takes_, 1 + system.takes.size());
    partners_ = partners(task.references.size(), task.seed);
  }

  void score_row(std::size_t i) {
    Row& row = rows_[i];
    auto reference = load(i);
    if (!reference) {
      row.skipped = {task_.references[i].name, to_string(reference.error())};
      return;
    }
    if (reference->hole) row.kind = reference->hole->kind;
    if (task_.instruments_asked) reference->part.asked.programs = programs_playing(reference->part);
    row.asked = reference->part.asked;
    row.reference = compare(reference->part, *reference);
    if (!task_.paired) return;
    const std::string& name = task_.references[i].name;
    for (std::size_t s = 0; s < files_.size(); ++s) {
      const auto file = files_[s].find(name);
      row.systems.push_back(file == files_[s].end()
                                ? not_scored(Status::kMissing, "there is no output of this name")
                                : score_output(*file->second, *reference, task_.scope));
      if (!task_.systems[s].takes.empty())
        row.systems.back().energy = energy_of(takes_of(s, name, *reference), *reference);
    }
    const std::uint64_t seed = seed_of(name, task_.seed);
    for (const auto& part : calibrations(*reference, task_.scope, others_of(i), seed))
      row.calibrations.push_back(part ? compare(*part, *reference)
                                      : not_scored(Status::kMissing, "there is none"));
    if (task_.plan) return;
    if (most_takes_ > 1) {
      const auto rows =
          continuation_calibrations(*reference, task_.scope, others_of(i), most_takes_, seed);
      for (std::size_t k = 0; k < rows.size(); ++k)
        if (rows[k].size() > 1) row.calibrations[k].energy = energy_of(rows[k], *reference);
    }
    if (task_.scope.skip > 0) compare_with_prompts(i, *reference, row);
  }

  Result<Scores> collect(const Progress& progress) {
    Scores out;
    out.scope = task_.scope;
    out.paired = task_.paired;
    out.seed = task_.seed;
    out.skipped_references = task_.skipped_references;
    out.reference.name = "reference";
    out.reference.calibration = true;
    out.data_hash = hash_of(task_.references);
    out.systems.resize(task_.systems.size());
    if (task_.plan) {
      out.holes = task_.plan->task;
      out.plan_hash = hash_of(*task_.plan);
    }
    if (task_.paired)
      for (const CalibrationRow& row : calibration_rows(out.holes)) {
        SystemScores& scores = out.calibrations.emplace_back();
        scores.name = row.name;
        scores.meaning = row.meaning;
        scores.calibration = true;
      }
    for (std::size_t i = 0; i < rows_.size(); ++i) add_row(i, out);
    if (rows_.empty() && out.skipped_references.empty())
      return fail(ErrorCode::kInvalidArgument, "there are no MIDI files among the references");
    if (out.pieces.empty())
      return fail(ErrorCode::kInvalidArgument,
                  "none of the " + std::to_string(out.skipped_references.size()) +
                      " references can be compared" + name_the_first(out.skipped_references));
    for (std::size_t s = 0; s < task_.systems.size(); ++s)
      if (!finish_system(s, out, progress)) return fail(ErrorCode::kInterrupted, "interrupted");
    return out;
  }

 private:
  /// All takes of a system for a reference, the first one first. One that is missing or unreadable
  /// is silence.
  std::vector<Piece> takes_of(std::size_t s, const std::string& name,
                              const Reference& reference) const {
    const auto part_of = [&](const PieceFile* file) {
      const auto piece =
          file != nullptr ? load_piece(*file) : Result<Piece>(fail(ErrorCode::kIo, "missing"));
      return piece ? answer_to(reference, *piece, task_.scope) : bars_between({}, 0, 0);
    };
    const auto first = files_[s].find(name);
    std::vector<Piece> takes = {part_of(first == files_[s].end() ? nullptr : first->second)};
    for (const auto& files : task_.systems[s].takes) {
      const auto file = std::find_if(files.begin(), files.end(),
                                     [&](const PieceFile& f) { return f.name == name; });
      takes.push_back(part_of(file == files.end() ? nullptr : &*file));
    }
    return takes;
  }

  void compare_with_prompts(std::size_t i, const Reference& reference, Row& row) const {
    const Piece prompt = bars_between(reference.whole, 0, task_.scope.skip);
    compare_with_prompt(reference.part, prompt, row.reference);
    for (std::size_t s = 0; s < files_.size(); ++s) {
      const auto file = files_[s].find(task_.references[i].name);
      if (row.systems[s].metrics.empty() || file == files_[s].end()) continue;
      if (const auto piece = load_piece(*file->second))
        compare_with_prompt(answer_to(reference, *piece, task_.scope), prompt, row.systems[s]);
    }
  }

  Result<Reference> load(std::size_t i) const {
    const PieceFile& file = task_.references[i];
    return task_.plan ? load_reference(file, *task_.plan) : load_reference(file, task_.scope);
  }

  /// The others that can be compared, in the order in which they are partners.
  NextReference others_of(std::size_t i) const {
    return [this, i, k = i]() mutable -> std::optional<Reference> {
      while ((k = partners_[k]) != i)
        if (auto other = load(k)) return *std::move(other);
      return std::nullopt;
    };
  }

  void add_row(std::size_t i, Scores& out) {
    Row& row = rows_[i];
    if (row.skipped) {
      out.skipped_references.push_back(*row.skipped);
      return;
    }
    const std::string& name = task_.references[i].name;
    out.pieces.push_back(name);
    if (task_.plan) out.kinds.push_back(row.kind);
    row.reference.name = name;
    for (auto* scores : {&row.systems, &row.calibrations})
      for (PieceScore& score : *scores) score.name = name;
    out.reference.pieces.push_back(std::move(row.reference));
    for (std::size_t s = 0; s < row.systems.size(); ++s)
      out.systems[s].pieces.push_back(std::move(row.systems[s]));
    for (std::size_t k = 0; k < row.calibrations.size(); ++k)
      out.calibrations[k].pieces.push_back(std::move(row.calibrations[k]));
  }

  bool finish_system(std::size_t s, Scores& out, const Progress& progress) {
    const SystemFiles& files = task_.systems[s];
    SystemScores& system = out.systems[s];
    system.name = files.name;
    system.folder = files.folder.string();
    system.skipped = files.files.skipped;
    system.data_hash = hash_of(files.files.pieces);
    if (!task_.paired) {
      return score_unpaired(files.files.pieces, system, progress);
    }
    std::map<std::string_view, bool> known;  // whether the reference counts
    for (const PieceFile& reference : task_.references) known[reference.name] = false;
    for (const std::string& name : out.pieces) known[name] = true;
    for (const PieceFile& piece : files.files.pieces) {
      const auto found = known.find(piece.name);
      if (found == known.end())
        system.skipped.push_back({piece.name, "no reference of this name"});
      else if (!found->second)
        system.skipped.push_back({piece.name, "its reference cannot be compared"});
    }
    return true;
  }

  bool score_unpaired(const std::vector<PieceFile>& files, SystemScores& system,
                      const Progress& progress) const {
    std::map<std::string_view, const Asked*> asked;
    for (std::size_t i = 0; i < rows_.size(); ++i)
      if (task_.instruments_asked && !rows_[i].skipped)
        asked.emplace(task_.references[i].name, &rows_[i].asked);
    system.pieces.resize(files.size());
    return for_each_piece(
        files.size(), task_.threads,
        [&](std::size_t i) {
          const auto found = asked.find(files[i].name);
          system.pieces[i] =
              score_alone(files[i], task_.scope, found == asked.end() ? Asked() : *found->second);
          system.pieces[i].name = files[i].name;
        },
        progress);
  }

  const ScoringTask& task_;
  std::vector<Row> rows_;
  std::vector<std::map<std::string_view, const PieceFile*>> files_;
  std::vector<std::size_t> partners_;
  std::size_t most_takes_ = 1;  // of a system
};

}  // namespace

PieceScore score_piece(const Piece& part, const Features& reference) {
  const auto features = features_of(part);
  if (!features) return not_scored(Status::kUnreadable, features.error().message);
  PieceScore score = describe(part);
  score.similarity = similarity(*features, reference);
  score.likeness_by_lag = form_of(part).by_lag;
  return score;
}

std::string_view to_string(Status status) {
  switch (status) {
    case Status::kScored:
      return "scored";
    case Status::kSilent:
      return "silent";
    case Status::kMissing:
      return "missing";
    case Status::kUnreadable:
      return "unreadable";
  }
  return "";
}

Result<Scores> score_systems(const ScoringTask& task, const Progress& progress) {
  Scoring scoring(task);
  if (!for_each_piece(
          task.references.size(), task.threads, [&](std::size_t i) { scoring.score_row(i); },
          progress))
    return fail(ErrorCode::kInterrupted, "interrupted");
  return scoring.collect(progress);
}

}  // namespace sage
