#include "generate/note_feed.h"

#include <algorithm>

namespace sage {

std::optional<StreamNote> NoteFeed::next(Tick until, const std::function<bool()>& stop) {
  while (ready_.empty() && reported_ < until) {
    // A quarter note at a time: enough for the model to work in, and the first note comes soon.
    const Tick to = std::min(until, reported_ + Tick{stream_.grid()});
    const bool done = stream_.write(to, stop);
    const Tick settled = done ? to : std::min(stream_.now(), to);
    for (const StreamNote& note : stream_.notes_in(reported_, settled))
      if (note.source == NoteSource::kWritten) ready_.push_back(note);
    reported_ = std::max(reported_, settled);
    if (!done) break;
  }
  if (ready_.empty() || ready_.front().note.onset >= until) return std::nullopt;
  const StreamNote note = ready_.front();
  ready_.pop_front();
  return note;
}

Result<void> NoteFeed::push(int program, const Note& note) {
  auto pushed = stream_.push(program, note);
  forget_taken_back();
  return pushed;
}

void NoteFeed::hear(Tick time) {
  stream_.hear(time);
  forget_taken_back();
}

void NoteFeed::rewind(Tick time) {
  stream_.rewind(time);
  reported_ = std::min(reported_, time);
  forget_taken_back();
}

void NoteFeed::forget_taken_back() {
  reported_ = std::min(reported_, stream_.now());
  std::erase_if(ready_, [&](const StreamNote& note) { return note.note.onset >= reported_; });
}

}  // namespace sage
