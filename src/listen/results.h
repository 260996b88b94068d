// What listeners answered: files of the page, read and checked against the key.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "base/error.h"
#include "listen/design.h"

namespace sage {

struct Rating {
  std::size_t clip = 0;  // place in the test's list
  std::array<int, kScales> values = {};
};

struct Vote {
  std::size_t winner = 0, loser = 0;  // places in the test's list of clips
};

struct Listener {
  std::string participant, finished;  // an ISO time, as the page wrote it
  std::vector<Rating> ratings;        // one of every clip
  std::vector<Vote> votes;
  std::vector<std::string> failed;  // checks, by name
};

/// One result. Refuses what is broken, of another test, incomplete, or answers something twice.
///
/// Checks: `tones` counted right; `instruction` followed on every scale; `repeat` rated within 1
/// of its first rating, as a mean over the scales; `splice` not preferred to the clip as it was.
Result<Listener> read_result(const std::string& text, const ListeningTest& test);

struct ResultFile {
  std::string name;
  Result<std::string> text;
};

struct Refused {
  std::string name, why;
};

struct Listeners {
  std::vector<Listener> passed;  // sorted by participant
  std::vector<Listener> failed;  // more checks failed than are allowed; sorted
  std::vector<Refused> refused;  // files that count nowhere
};

/// All files. Of several by one participant the one that was finished first counts. More than
/// `allowed` failed checks put a listener among the failed.
Listeners read_results(const std::vector<ResultFile>& files, const ListeningTest& test,
                       std::size_t allowed);

}  // namespace sage
