#include "generate/rewriting.h"

#include <algorithm>
#include <utility>

#include "generate/casting.h"
#include "generate/compose.h"
#include "midi/edit.h"
#include "midi/parts.h"
#include "score/program_names.h"
#include "score/timeline.h"

namespace sage {
namespace {

/// The new notes without those of the piece that stay, on the tokens' grid. Spans are in ticks of
/// the document.
Score without_kept(const Infilled& done, const InfillRequest& request, int ticks_per_quarter) {
  Score fresh = done.fresh;
  const auto on_grid = [&](Tick t) {
    return rescale(t.count, ticks_per_quarter, fresh.ticks_per_quarter);
  };
  for (const KeptSpan& span : request.kept)
    for (Track& track : fresh.tracks)
      if (track.program_or_drum() == span.program)
        std::erase_if(track.notes, [&](const Note& note) {
          return note.onset.count >= on_grid(span.from) && note.onset.count < on_grid(span.to);
        });
  return fresh;
}

/// The edit that puts what was written into the document.
midi::Rewrite edit_of(const midi::Document& document, const RewriteRequest& request,
                      const Casting& casting, const Infilled& done) {
  const Score& score = document.music().score;
  const int grid = done.fresh.ticks_per_quarter;
  const auto place = [&](Tick t) { return Tick{rescale(t.count, grid, score.ticks_per_quarter)}; };
  midi::Rewrite edit;
  edit.from = place(done.from);
  edit.to = place(done.to);
  edit.early = Tick{score.ticks_per_quarter / (2 * grid)};
  edit.replaced = request.replaced;
  const Score fresh = without_kept(done, request.infill, score.ticks_per_quarter);
  for (const std::size_t part : request.replaced) {
    for (const KeptSpan& span : request.infill.kept)
      if (span.program == casting.programs[part]) edit.kept.push_back({part, span.from, span.to});
    const auto notes = notes_of(fresh, casting.programs[part], score.ticks_per_quarter);
    edit.music.notes.push_back({part, notes_for(part, score, casting, request.replaced, notes)});
  }
  for (std::size_t i = 0; i < request.added.size(); ++i)
    edit.music.added.push_back({request.added[i], std::string(program_name(request.added[i])),
                                notes_of(fresh, casting.added[i], score.ticks_per_quarter)});
  edit.music.signature = request.signature;
  return edit;
}

/// The document's score without the notes that an edit takes away.
Score kept_by(const midi::Document& document, const midi::Rewrite& edit) {
  Score kept = document.music().score;
  for (const std::size_t part : edit.replaced)
    std::erase_if(kept.tracks[part].notes,
                  [&](const Note& note) { return edit.takes(part, note.onset); });
  return kept;
}

Result<RewrittenFile> apply(const midi::Document& document, const RewriteRequest& request,
                            const Casting& casting, const Infilled& done) {
  midi::Rewrite edit = edit_of(document, request, casting, done);
  if (auto ok = play_new_notes(request.play, kept_by(document, edit), edit.from, edit.music); !ok)
    return tl::unexpected(ok.error());
  midi::Edited edited = midi::rewrite(document, edit);
  RewrittenFile file;
  const bool is_same = edited.removed == 0 && edited.written == 0;
  file.bytes = is_same ? document.write() : std::move(edited.bytes);
  file.notes = edited.written;
  file.stretches = done.stretches;
  file.losses = done.losses;
  const auto& tracks = document.music().score.tracks;
  for (std::size_t i = 0; i < request.replaced.size(); ++i) {
    const std::size_t part = request.replaced[i];
    const auto& old = tracks[part].notes;
    WrittenPart& written = file.parts.emplace_back();
    written.part = part;
    written.title = midi::part_title(document.music(), part);
    written.program = tracks[part].program_or_drum();
    written.written = edited.written_by[i];
    for (const Note& note : old) {
      written.removed += edit.takes(part, note.onset) ? 1 : 0;
      written.kept += edit.keeps(part, note.onset) ? 1 : 0;
    }
    written.expected = request.named || written.removed > 0;
  }
  for (std::size_t i = 0; i < request.added.size(); ++i)
    file.parts.push_back({std::nullopt, std::string(program_name(request.added[i])),
                          request.added[i], 0, edited.written_by[request.replaced.size() + i]});
  return file;
}

/// Wishes for an instrument hold for its stand-ins too.
template <class Wish>
void recast(std::vector<Wish>& wishes, int program, int stand_in) {
  const auto named = [&](int of) {
    return std::find_if(wishes.begin(), wishes.end(),
                        [&](const Wish& wish) { return wish.program == of; });
  };
  const auto own = named(program);
  if (own == wishes.end() || named(stand_in) != wishes.end()) return;
  Wish copy = *own;
  copy.program = stand_in;
  wishes.push_back(std::move(copy));
}

/// Those for instruments that nobody is cast as go.
template <class Wish>
void drop_uncast(std::vector<Wish>& wishes, const std::vector<int>& cast) {
  std::erase_if(wishes, [&](const Wish& wish) {
    return wish.program != kEveryProgram &&
           std::find(cast.begin(), cast.end(), wish.program) == cast.end();
  });
}

/// The wishes by the programs under which parts are written. An instrument that was not asked for
/// stays named, and is refused later.
Wishes recast(Wishes wishes, const Score& score, const RewriteRequest& request,
              const Casting& casting) {
  std::vector<int> cast = casting.added, meant = request.added;
  for (const std::size_t part : request.replaced) {
    cast.push_back(casting.programs[part]);
    meant.push_back(score.tracks[part].program_or_drum());
  }
  const auto each = [&](auto& list) {
    for (std::size_t i = 0; i < cast.size(); ++i) recast(list, meant[i], cast[i]);
    std::vector<int> known = cast;  // and those that no part means
    for (const auto& wish : list)
      if (std::find(meant.begin(), meant.end(), wish.program) == meant.end())
        known.push_back(wish.program);
    drop_uncast(list, known);
  };
  each(wishes.ranges);
  each(wishes.polyphony);
  each(wishes.density);
  each(wishes.rhythm);
  each(wishes.melody);
  return wishes;
}

Result<void> check(const midi::Document& document, const RewriteRequest& request) {
  for (const std::size_t part : request.replaced)
    if (part >= document.music().score.tracks.size())
      return fail(ErrorCode::kInvalidArgument, "the file has no part " + std::to_string(part + 1));
  for (const int program : request.added)
    if (program < 0 || program >= kProgramCount)
      return fail(ErrorCode::kInvalidArgument, "programs are numbers from 0 to 128");
  return {};
}

}  // namespace

std::vector<std::string> silent_titles(const std::vector<WrittenPart>& parts) {
  std::vector<std::string> titles;
  for (const WrittenPart& part : parts)
    if (part.written == 0 && part.kept == 0 && part.expected) titles.push_back(part.title);
  return titles;
}

std::vector<std::size_t> parts_in_bars(const midi::Document& document, int first_bar, int bars) {
  const midi::Part* const parts = document.music().parts.data();
  const auto& tracks = document.music().score.tracks;
  const auto all = bars_up_to(document.music().score, document.music().end);
  Tick from, to;
  if (all && first_bar >= 0 && first_bar < static_cast<int>(all->size())) {
    const auto count = static_cast<int>(all->size());
    const int last = bars == 0 ? count : std::min(count, first_bar + std::min(bars, count));
    from = (*all)[static_cast<std::size_t>(first_bar)].start;
    to = (*all)[static_cast<std::size_t>(last - 1)].end();
  }
  const auto plays = [&](std::size_t i) {
    return std::any_of(tracks[i].notes.begin(), tracks[i].notes.end(),
                       [&](const Note& note) { return note.onset >= from && note.onset < to; });
  };
  const auto shares_channel = [&](std::size_t a, std::size_t b) {
    return a != b && parts[a].track == parts[b].track && parts[a].port == parts[b].port &&
           parts[a].channel == parts[b].channel;
  };
  std::vector<std::size_t> meant;
  for (std::size_t i = 0; i < tracks.size(); ++i) {
    if (tracks[i].notes.empty()) continue;
    bool taken_over = false;
    if (!plays(i))
      for (std::size_t other = 0; other < tracks.size() && !taken_over; ++other)
        taken_over = shares_channel(i, other) && plays(other);
    if (!taken_over) meant.push_back(i);
  }
  return meant;
}

Result<RewrittenFile> rewrite_parts(std::shared_ptr<const Engine> engine,
                                    const midi::Document& document, const RewriteRequest& request,
                                    const InfillCallback& callback) {
  if (auto ok = check(document, request); !ok) return tl::unexpected(ok.error());
  if (request.replaced.empty() && request.added.empty()) {
    RewrittenFile same;
    same.bytes = document.write();
    return same;
  }
  const Score& score = document.music().score;
  const Casting casting = cast_parts(score, request.replaced, request.added);
  InfillRequest infill_request = request.infill;
  infill_request.wishes = recast(request.infill.wishes, score, request, casting);
  infill_request.piece = as_cast(score, casting);
  infill_request.end = document.music().end;
  infill_request.programs = casting.added;
  for (const std::size_t part : request.replaced)
    infill_request.programs.push_back(casting.programs[part]);

  std::optional<RewrittenFile> best;
  for (int attempt = 1; attempt <= std::max(1, request.attempts); ++attempt) {
    const auto done = infill(engine, infill_request, callback);
    if (!done) return tl::unexpected(done.error());
    auto file = apply(document, request, casting, *done);
    if (!file) return file;
    const std::size_t silent = silent_titles(file->parts).size();
    if (!best || silent < silent_titles(best->parts).size()) best = *std::move(file);
    best->attempts = attempt;
    if (silent == 0) break;
    infill_request.seed += static_cast<std::uint64_t>(infill_request.takes);  // not yet drawn ones
  }
  return *std::move(best);
}

}  // namespace sage
