// What is heard in a listening test, and who made it: one part for the page, one for the key.
//
// A test has pieces, systems, and a clip of every piece by every system; listeners rate all clips
// and compare pairs of the same piece. Four checks detect participants who did not listen. Names of
// systems and pieces are in the key only. Pure functions of their arguments.
#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/error.h"

namespace sage {

inline constexpr std::array kRatingScales = {"coherence", "richness", "arrangement", "overall"};
inline constexpr std::size_t kScales = kRatingScales.size();

struct ListeningClip {
  std::string id;  // eight hexadecimal digits; also the file's name
  std::size_t piece = 0, system = 0;
  std::string sha256 = {};  // of the file, once it is made
};

/// Two clips of one piece.
struct ListeningPair {
  std::size_t a = 0, b = 0;  // places in the list of clips
  std::size_t group = 0;     // one for each two systems
};

/// A clip that is there to check the listener, and the clip that it was made of.
struct CheckClip {
  std::string id;
  std::size_t of = 0;  // place in the list of clips
  std::string sha256 = {};
};

struct ListeningChecks {
  CheckClip tones;      // `of` is unused: a number of tones to count
  int tone_count = 0;   // 2 to 5
  CheckClip repeat;     // the same sound again
  CheckClip splice;     // its second half is another piece
  int instruction = 0;  // the number to choose on every scale, 2 or 4
};

struct ListeningTest {
  std::string title;
  double seconds = 20;  // of each clip
  std::uint64_t seed = 0;
  double loudness_lufs = 0;  // of each clip
  std::vector<std::string> systems, pieces;
  std::vector<ListeningClip> clips;  // piece by piece, all systems of each
  std::vector<ListeningPair> pairs;  // all pairs of systems for every piece
  std::size_t pairs_each = 0;        // compared by each listener, evenly over the groups
  ListeningChecks checks;
};

/// Clips, pairs and checks by the seed; hashes stay empty. Precondition: at least two systems and
/// two pieces. pairs_each 0, or more than there are: all of them.
ListeningTest design_test(std::vector<std::string> systems, std::vector<std::string> pieces,
                          std::size_t pairs_each, std::uint64_t seed);

/// The name of the test: 16 hexadecimal digits of a SHA-256 over all that listeners meet.
std::string test_id(const ListeningTest& test);

/// What the page knows (test.json): no systems, no pieces, no right answers except the one it asks
/// for.
nlohmann::ordered_json test_json(const ListeningTest& test);

/// Which clip is whose (key.json).
nlohmann::ordered_json key_json(const ListeningTest& test);

/// Reads a key back. Refuses what contradicts itself.
Result<ListeningTest> read_key(const std::string& text);

}  // namespace sage
