#include "eval/scoring.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>

#include "base/random.h"
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
  const auto features = features_of(part);
  if (!features) return not_scored(Status::kUnreadable, features.error().message);
  PieceScore score = describe(part);
  score.similarity = similarity(*features, reference.features);
  return score;
}

PieceScore score_file(const PieceFile& file, const Scope& scope, const Reference* reference) {
  const auto piece = load_piece(file);
  if (!piece) return not_scored(Status::kUnreadable, to_string(piece.error()));
  // Exactly the reference's bars: what goes on behind them is not asked for where a scope ends
  // them.
  const std::size_t bars = scope.bars > 0 && reference != nullptr ? reference->part.bars.size() : 0;
  const Piece part = bars_between(*piece, scope.skip, bars > 0 ? bars : scope.bars);
  return reference != nullptr ? compare(part, *reference) : describe(part);
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
  PieceScore reference;
  std::vector<PieceScore> systems;
  PieceScore random, repeated;
};

class Scoring {
 public:
  explicit Scoring(const ScoringTask& task) : task_(task), rows_(task.references.size()) {
    for (const SystemFiles& system : task.systems) {
      auto& files = files_.emplace_back();
      for (const PieceFile& piece : system.files.pieces) files.emplace(piece.name, &piece);
    }
    partners_ = partners(task.references.size(), task.seed);
  }

  void score_row(std::size_t i) {
    Row& row = rows_[i];
    const auto reference = load_reference(task_.references[i], task_.scope);
    if (!reference) {
      row.skipped = {task_.references[i].name, to_string(reference.error())};
      return;
    }
    row.reference = compare(reference->part, *reference);
    if (!task_.paired) return;
    for (const auto& files : files_) {
      const auto file = files.find(task_.references[i].name);
      row.systems.push_back(file == files.end()
                                ? not_scored(Status::kMissing, "there is no output of this name")
                                : score_file(*file->second, task_.scope, &*reference));
    }
    const std::size_t prompt = task_.scope.skip > 0 ? task_.scope.skip : kRepeatedBars;
    row.repeated =
        compare(repeated_prompt(reference->whole, prompt, reference->part.bars.size()), *reference);
    row.random = score_random(i, *reference);
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
    if (task_.paired) {
      out.calibrations.resize(2);
      out.calibrations[0].name = "random other piece";
      out.calibrations[1].name = "prompt repeated";
      for (SystemScores& row : out.calibrations) row.calibration = true;
    }
    for (std::size_t i = 0; i < rows_.size(); ++i) add_row(i, out);
    if (out.pieces.empty())
      return fail(ErrorCode::kInvalidArgument,
                  "none of the " + std::to_string(rows_.size() + out.skipped_references.size()) +
                      " references can be compared" +
                      (out.skipped_references.empty()
                           ? std::string()
                           : "; the first: " + out.skipped_references.front().name + ": " +
                                 out.skipped_references.front().why));
    for (std::size_t s = 0; s < task_.systems.size(); ++s)
      if (!finish_system(s, out, progress)) return fail(ErrorCode::kInterrupted, "interrupted");
    return out;
  }

 private:
  /// Another reference that can be compared, cut to as many bars.
  PieceScore score_random(std::size_t i, const Reference& reference) const {
    for (std::size_t k = partners_[i]; k != i; k = partners_[k]) {
      const auto other = load_reference(task_.references[k], task_.scope);
      if (other)
        return compare(bars_between(other->whole, task_.scope.skip, reference.part.bars.size()),
                       reference);
    }
    return not_scored(Status::kMissing, "there is no other piece");
  }

  void add_row(std::size_t i, Scores& out) {
    Row& row = rows_[i];
    if (row.skipped) {
      out.skipped_references.push_back(*row.skipped);
      return;
    }
    const std::string& name = task_.references[i].name;
    out.pieces.push_back(name);
    row.reference.name = row.random.name = row.repeated.name = name;
    for (PieceScore& score : row.systems) score.name = name;
    out.reference.pieces.push_back(std::move(row.reference));
    for (std::size_t s = 0; s < row.systems.size(); ++s)
      out.systems[s].pieces.push_back(std::move(row.systems[s]));
    if (!task_.paired) return;
    out.calibrations[0].pieces.push_back(std::move(row.random));
    out.calibrations[1].pieces.push_back(std::move(row.repeated));
  }

  bool finish_system(std::size_t s, Scores& out, const Progress& progress) {
    const SystemFiles& files = task_.systems[s];
    SystemScores& system = out.systems[s];
    system.name = files.name;
    system.folder = files.folder.string();
    system.skipped = files.files.skipped;
    system.data_hash = hash_of(files.files.pieces);
    if (!task_.paired) {
      system.pieces.resize(files.files.pieces.size());
      return for_each_piece(
          system.pieces.size(), task_.threads,
          [&](std::size_t i) {
            system.pieces[i] = score_file(files.files.pieces[i], task_.scope, nullptr);
            system.pieces[i].name = files.files.pieces[i].name;
          },
          progress);
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

  const ScoringTask& task_;
  std::vector<Row> rows_;
  std::vector<std::map<std::string_view, const PieceFile*>> files_;
  std::vector<std::size_t> partners_;
};

}  // namespace

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

Piece repeated_prompt(const Piece& whole, std::size_t prompt, std::size_t bars) {
  const Piece from = bars_between(whole, 0, prompt);
  Piece out;
  out.measure = whole.measure;
  out.score.ticks_per_quarter = whole.score.ticks_per_quarter;
  out.score.tracks = from.score.tracks;
  for (Track& track : out.score.tracks) track.notes.clear();
  const Tick length = from.end();
  for (std::size_t bar = 0; bar < bars; ++bar) {
    Bar copy = from.bars[bar % from.bars.size()];
    copy.start += length * static_cast<std::int64_t>(bar / from.bars.size());
    out.bars.push_back(copy);
  }
  for (std::size_t t = 0; t < out.score.tracks.size(); ++t) {
    for (Tick start; start < out.end(); start += length) {
      for (Note note : from.score.tracks[t].notes) {
        note.onset += start;
        if (note.onset >= out.end()) continue;
        note.duration = std::min(note.duration, out.end() - note.onset);
        out.score.tracks[t].notes.push_back(note);
      }
    }
  }
  return out;
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
