// A stream's notes, pulled one at a time: what the model writes, in order of time, each as soon as
// it is final. For programs that want notes and no windows of time.
//
// What is taken back (by rewind(), or by a given note that comes late) is written again, and its
// place is reported again. Use from one thread at a time.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <utility>

#include "generate/stream.h"

namespace sage {

class NoteFeed {
 public:
  explicit NoteFeed(Stream stream) : stream_(std::move(stream)) {}

  /// The next written note with an onset before `until`; nothing where there is none, and then
  /// everything before `until` is final, unless `stop` said so earlier.
  std::optional<StreamNote> next(Tick until, const std::function<bool()>& stop = {});

  Result<void> push(int program, const Note& note);
  void hear(Tick time);
  void rewind(Tick time);

  /// Everything before it has been reported, or will be by next().
  Tick reported() const { return reported_; }
  Stream& stream() { return stream_; }
  const Stream& stream() const { return stream_; }

 private:
  void forget_taken_back();

  Stream stream_;
  std::deque<StreamNote> ready_;  // final, and not reported yet
  Tick reported_;                 // what is final before it is in ready_ or was there
};

}  // namespace sage
