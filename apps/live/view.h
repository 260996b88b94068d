// A session on the terminal: what was heard, what is planned, how much time is in hand; and its
// keys. Shows nothing and takes no keys where standard output is no terminal.
#pragma once

#include <memory>

#include "live/ports/typed_keys.h"
#include "live/session.h"

namespace sage::cli {

class View {
 public:
  /// `typed`: the piano on the computer's keyboard, where that is played; else null.
  View(const live::SessionOptions& options, live::Session& session, live::TypedKeys* typed);
  ~View();
  View(const View&) = delete;
  View& operator=(const View&) = delete;

  /// Draws, and passes on what was typed; false when the person wants to end.
  bool show(const live::Status& status);

 private:
  class Terminal;
  bool obey(char key);

  live::SessionOptions options_;
  live::Session& session_;
  live::TypedKeys* typed_;
  std::unique_ptr<Terminal> terminal_;  // null: there is none
};

}  // namespace sage::cli
