#include "eval/copying.h"

#include <algorithm>
#include <mutex>
#include <numeric>

#include "eval/parallel.h"
#include "eval/suffix_automaton.h"
#include "metrics/sequence.h"

namespace sage {
namespace {

/// One part of an output.
struct Part {
  std::size_t set, piece;
  int program;
  std::vector<Symbol> symbols;
};

constexpr int kFirstPercussion = 112;  // General MIDI: percussive, then sound effects

bool is_melodic(const Track& track) { return !track.is_drum && track.program < kFirstPercussion; }

/// The longest match that ended in a state, and whose it was.
struct Best {
  std::int32_t length = 0;
  std::uint32_t source = 0;
};

/// A match in a state is one, of all its symbols, in the states of shorter strings behind the link.
void spread_to_suffixes(const SuffixAutomaton& automaton, std::vector<Best>& best) {
  std::vector<SuffixAutomaton::State> order(automaton.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(),
            [&](auto a, auto b) { return automaton.length(a) > automaton.length(b); });
  for (const auto state : order) {
    const auto link = automaton.link(state);
    const Best& found = best[static_cast<std::size_t>(state)];
    if (link < 0 || found.length == 0) continue;
    Best& behind = best[static_cast<std::size_t>(link)];
    if (behind.length < automaton.length(link)) behind = {automaton.length(link), found.source};
  }
  // And what a state's shorter strings have, it has.
  for (auto it = order.rbegin(); it != order.rend(); ++it) {
    const auto link = automaton.link(*it);
    if (link < 0) continue;
    const Best& behind = best[static_cast<std::size_t>(link)];
    Best& found = best[static_cast<std::size_t>(*it)];
    if (found.length < behind.length) found = behind;
  }
}

class Search {
 public:
  explicit Search(const CopyingTask& task) : task_(task) {}

  bool read_outputs(CopyingResult& out) {
    for (std::size_t s = 0; s < task_.sets.size(); ++s) {
      CopyingSet& set = out.sets.emplace_back();
      set.name = task_.sets[s].name;
      set.skipped = task_.sets[s].files.skipped;
      for (const PieceFile& file : task_.sets[s].files.pieces) read_output(s, file, set);
    }
    for (const Part& part : parts_) automaton_.add(part.symbols);
    return !parts_.empty();
  }

  bool read_training(CopyingResult& out, const Progress& progress) {
    best_.resize(automaton_.size());
    std::vector<std::vector<Best>> found(static_cast<std::size_t>(std::max(task_.threads, 1)));
    std::mutex mutex;
    std::vector<std::size_t> idle(found.size());
    std::iota(idle.begin(), idle.end(), std::size_t{0});
    const auto body = [&](std::size_t i) {
      std::unique_lock lock(mutex);
      const std::size_t slot = idle.back();
      idle.pop_back();
      lock.unlock();
      found[slot].resize(automaton_.size());
      const auto piece = load_piece(task_.training[i]);
      const std::size_t notes = piece ? scan(*piece, i, found[slot]) : 0;
      lock.lock();
      idle.push_back(slot);
      if (!piece) {
        out.skipped_training.push_back({task_.training[i].name, to_string(piece.error())});
        return;
      }
      ++out.training_pieces;
      out.training_notes += notes;
    };
    if (!for_each_piece(task_.training.size(), task_.threads, body, progress)) return false;
    for (const auto& part : found)
      for (std::size_t k = 0; k < part.size(); ++k) take(best_[k], part[k]);
    spread_to_suffixes(automaton_, best_);
    std::sort(out.skipped_training.begin(), out.skipped_training.end(),
              [](const Skipped& a, const Skipped& b) { return a.name < b.name; });
    return true;
  }

  void report(CopyingResult& out) const {
    for (const Part& part : parts_) {
      CopiedRun& run = out.sets[part.set].pieces[part.piece];
      automaton_.match(part.symbols, [&](auto state, std::int32_t matched, std::size_t i) {
        const Best& best = best_[static_cast<std::size_t>(state)];
        const auto length = static_cast<std::size_t>(std::min(best.length, matched));
        if (length == 0 || length + 1 <= run.longest) return;
        run.longest = length + 1;  // one symbol for two notes
        run.program = part.program;
        run.first_note = i + 1 - length;
        run.source = task_.training[best.source].name;
      });
    }
  }

 private:
  /// The longer one; of equal ones the first piece, so that threads change nothing.
  static void take(Best& best, const Best& other) {
    if (other.length > best.length || (other.length == best.length && other.source < best.source))
      best = other;
  }

  void read_output(std::size_t s, const PieceFile& file, CopyingSet& set) {
    const auto whole = load_piece(file);
    if (!whole) {
      set.skipped.push_back({file.name, to_string(whole.error())});
      return;
    }
    const Piece piece = bars_between(*whole, task_.scope.skip, task_.scope.bars);
    CopiedRun run;
    run.piece = file.name;
    for (const Track& track : piece.score.tracks) {
      if (!is_melodic(track) || track.notes.empty()) continue;
      run.notes += track.notes.size();
      parts_.push_back({s, set.pieces.size(), track.program_or_drum(), symbols_of(track)});
    }
    if (run.notes == 0)
      set.skipped.push_back({file.name, "no melodic notes"});
    else
      set.pieces.push_back(std::move(run));
  }

  std::size_t scan(const Piece& piece, std::size_t source, std::vector<Best>& best) const {
    std::size_t notes = 0;
    for (const Track& track : piece.score.tracks) {
      if (!is_melodic(track)) continue;
      notes += track.notes.size();
      automaton_.match(symbols_of(track), [&](auto state, std::int32_t matched, std::size_t) {
        take(best[static_cast<std::size_t>(state)], {matched, static_cast<std::uint32_t>(source)});
      });
    }
    return notes;
  }

  const CopyingTask& task_;
  std::vector<Part> parts_;
  SuffixAutomaton automaton_;
  std::vector<Best> best_;
};

}  // namespace

Result<CopyingResult> find_copies(const CopyingTask& task, const Progress& progress) {
  CopyingResult out;
  Search search(task);
  if (!search.read_outputs(out))
    return fail(ErrorCode::kInvalidArgument, "no output has pitched notes");
  if (!search.read_training(out, progress)) return fail(ErrorCode::kInterrupted, "interrupted");
  if (out.training_pieces == 0)
    return fail(ErrorCode::kInvalidArgument, "no training piece can be read");
  search.report(out);
  return out;
}

}  // namespace sage
