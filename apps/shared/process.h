// The process as a whole: to whom standard output belongs, and how the program ends.
#pragma once

namespace sage::cli {

/// Standard output carries data from now on: what say() says goes to standard error.
void keep_standard_output_for_data();
bool standard_output_is_data();

/// The program ends with 3 where it would have ended with 0: all was written, but not all that was
/// asked for came about.
void end_unfulfilled();
int exit_code();

/// While one lives, Ctrl-C and a request to end end the program at once, with a line that says so.
/// For work that has begun no file; behind it the handler of install_stop_handler() is back.
class EndsAtOnce {
 public:
  EndsAtOnce();
  ~EndsAtOnce();
  EndsAtOnce(const EndsAtOnce&) = delete;
  EndsAtOnce& operator=(const EndsAtOnce&) = delete;
};

}  // namespace sage::cli
