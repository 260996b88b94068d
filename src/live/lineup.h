// Who plays in a session: each player is an instrument of its own with a MIDI channel of its own.
// Roles are words (bass, drums, chords, strings, ...) or instruments.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "live/message.h"
#include "score/score.h"

namespace sage::live {

struct Player {
  int program = 0;  // 0..128, of one player only
  std::uint8_t channel = 0;
  bool is_band = false;  // else a person, or a part of a file that is played along
  std::string name;
};

/// At most one player a channel.
struct Lineup {
  std::vector<Player> players;
  const Player* of_program(int program) const;
  const Player* of_channel(int channel) const;
  std::vector<int> band() const;   // programs
  std::vector<int> given() const;  // programs
};

/// What a role may be played by, the usual one first. An instrument's name or number stands for
/// itself.
struct Role {
  std::string word;
  std::vector<int> programs;
};
Result<Role> role_from(std::string_view word);
/// Words with commas between them.
Result<std::vector<Role>> roles_from(std::string_view words);
/// "bass, chords, drums, ...", for help.
std::string role_words();

/// A person on an instrument (on every channel that nobody else has), and a band.
Result<Lineup> lineup_with_person(int program, const std::vector<Role>& roles);

/// The players of a file: the human part, the band's roles in place of the file's own parts of
/// these, and the rest as it is.
struct FileLineup {
  Lineup lineup;
  int human = 0;              // program
  std::vector<int> replaced;  // programs of the file that the band plays in place of
  std::vector<int> left_out;  // programs for which there is no channel
};
/// `human`: part of a track's name, or an instrument; empty: the part with the most notes among
/// those that no role claims. Errors: a part or a role that cannot be had.
Result<FileLineup> lineup_of_file(const Score& score, std::string_view human,
                                  const std::vector<Role>& roles);

}  // namespace sage::live
