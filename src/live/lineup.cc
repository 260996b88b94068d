#include "live/lineup.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <span>

#include "score/program_names.h"

namespace sage::live {
namespace {

struct RoleWord {
  std::string_view word;
  std::vector<int> programs;
};

std::vector<int> family(int usual, std::initializer_list<std::pair<int, int>> ranges) {
  std::vector<int> programs = {usual};
  for (const auto& [first, last] : ranges)
    for (int program = first; program <= last; ++program)
      if (program != usual) programs.push_back(program);
  return programs;
}

std::span<const RoleWord> role_table() {
  static const std::vector<RoleWord> table = {
      {"bass", family(33, {{32, 39}, {43, 43}})},
      {"drums", {kDrumProgram}},
      {"chords", family(0, {{0, 7}, {16, 31}})},
      {"strings", family(48, {{40, 51}})},
      {"brass", family(61, {{56, 63}})},
      {"winds", family(73, {{64, 79}})},
      {"choir", family(52, {{52, 54}})},
      {"pad", family(89, {{88, 95}})},
      {"melody", family(65, {{64, 87}, {40, 42}, {56, 60}})},
  };
  return table;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

std::string name_of(int program) { return std::string(program_name(program)); }

/// The number of notes of each program of a score.
std::map<int, std::size_t> notes_by_program(const Score& score) {
  std::map<int, std::size_t> notes;
  for (const Track& track : score.tracks)
    if (!track.notes.empty()) notes[track.program_or_drum()] += track.notes.size();
  return notes;
}

/// The first program that is free, of those the file has, else of all.
std::optional<int> choose(const Role& role, const std::map<int, std::size_t>& in_file,
                          const std::vector<int>& taken) {
  const auto is_free = [&](int p) {
    return std::find(taken.begin(), taken.end(), p) == taken.end();
  };
  std::optional<int> best;
  std::size_t most = 0;
  for (const int program : role.programs) {
    const auto notes = in_file.find(program);
    if (notes == in_file.end() || !is_free(program) || notes->second <= most) continue;
    best = program;
    most = notes->second;
  }
  if (best) return best;
  for (const int program : role.programs)
    if (is_free(program)) return program;
  return std::nullopt;
}

tl::unexpected<Error> role_taken(const Role& role) {
  return fail(ErrorCode::kInvalidArgument, "the role '" + role.word +
                                               "' has no instrument left that nobody else plays; "
                                               "name another instrument for it");
}

/// Drums on the drum channel, everybody else on the next free one.
class Channels {
 public:
  std::optional<std::uint8_t> next(int program) {
    if (program == kDrumProgram) return kDrumChannel;
    if (next_ == kDrumChannel) ++next_;
    if (next_ >= kChannels) return std::nullopt;
    return next_++;
  }

 private:
  std::uint8_t next_ = 0;
};

Result<int> find_human(const Score& score, std::string_view human,
                       const std::map<int, std::size_t>& notes, const std::vector<Role>& roles) {
  if (!human.empty()) {
    const auto program = program_from_name(human);
    if (program && notes.contains(*program)) return *program;
    for (const Track& track : score.tracks)
      if (!track.notes.empty() && lower(track.name).find(lower(human)) != std::string::npos)
        return track.program_or_drum();
    if (const auto role = role_from(human)) {
      const auto found = choose(*role, notes, {});
      if (found && notes.contains(*found)) return *found;
    }
    std::string parts;
    for (const auto& [p, count] : notes) parts += (parts.empty() ? "" : ", ") + name_of(p);
    return fail(ErrorCode::kInvalidArgument,
                "no part '" + std::string(human) + "' in the file; it has " + parts);
  }
  // The most notes among the pitched parts that no role claims, else among all of them.
  for (const bool unclaimed : {true, false}) {
    std::optional<int> best;
    std::size_t most = 0;
    for (const auto& [program, count] : notes) {
      const int p = program;
      const bool claimed = std::any_of(roles.begin(), roles.end(), [&](const Role& role) {
        return std::find(role.programs.begin(), role.programs.end(), p) != role.programs.end();
      });
      if (program == kDrumProgram || (unclaimed && claimed) || count <= most) continue;
      best = program;
      most = count;
    }
    if (best) return *best;
  }
  return notes.begin()->first;
}

}  // namespace

const Player* Lineup::of_program(int program) const {
  for (const Player& player : players)
    if (player.program == program) return &player;
  return nullptr;
}

const Player* Lineup::of_channel(int channel) const {
  for (const Player& player : players)
    if (player.channel == channel) return &player;
  return nullptr;
}

std::vector<int> Lineup::band() const {
  std::vector<int> programs;
  for (const Player& player : players)
    if (player.is_band) programs.push_back(player.program);
  return programs;
}

std::vector<int> Lineup::given() const {
  std::vector<int> programs;
  for (const Player& player : players)
    if (!player.is_band) programs.push_back(player.program);
  return programs;
}

Result<Role> role_from(std::string_view word) {
  const std::string plain = lower(word);
  for (const RoleWord& role : role_table())
    if (role.word == plain) return Role{plain, role.programs};
  if (const auto program = program_from_name(word)) return Role{plain, {*program}};
  return fail(ErrorCode::kInvalidArgument, "no role '" + std::string(word) + "'; roles are " +
                                               role_words() +
                                               ", or an instrument's name or number");
}

Result<std::vector<Role>> roles_from(std::string_view words) {
  std::vector<Role> roles;
  for (;;) {
    const std::size_t comma = words.find(',');
    auto role = role_from(words.substr(0, comma));
    if (!role) return tl::unexpected(role.error());
    roles.push_back(*std::move(role));
    if (comma == std::string_view::npos) return roles;
    words.remove_prefix(comma + 1);
  }
}

std::string role_words() {
  std::string words;
  for (const RoleWord& role : role_table())
    words += (words.empty() ? "" : ", ") + std::string(role.word);
  return words;
}

Result<Lineup> lineup_with_person(int program, const std::vector<Role>& roles) {
  Lineup lineup;
  Channels channels;
  std::vector<int> taken = {program};
  lineup.players.push_back({program, *channels.next(program), false, name_of(program)});
  for (const Role& role : roles) {
    const auto choice = choose(role, {}, taken);
    const auto channel = choice ? channels.next(*choice) : std::nullopt;
    if (!choice || !channel) return role_taken(role);
    taken.push_back(*choice);
    lineup.players.push_back({*choice, *channel, true, role.word});
  }
  return lineup;
}

Result<FileLineup> lineup_of_file(const Score& score, std::string_view human,
                                  const std::vector<Role>& roles) {
  auto notes = notes_by_program(score);
  if (notes.empty())
    return fail(ErrorCode::kInvalidArgument, "the file has no notes: nobody would play");
  const auto person = find_human(score, human, notes, roles);
  if (!person) return tl::unexpected(person.error());
  FileLineup out;
  out.human = *person;
  Channels channels;
  std::vector<int> taken = {out.human};
  out.lineup.players.push_back({out.human, *channels.next(out.human), false, name_of(out.human)});
  for (const Role& role : roles) {
    const auto program = choose(role, notes, taken);
    const auto channel = program ? channels.next(*program) : std::nullopt;
    if (!program || !channel) return role_taken(role);
    taken.push_back(*program);
    out.lineup.players.push_back({*program, *channel, true, role.word});
    if (notes.contains(*program)) out.replaced.push_back(*program);
  }
  std::vector<std::pair<std::size_t, int>> rest;
  for (const auto& [program, count] : notes)
    if (std::find(taken.begin(), taken.end(), program) == taken.end())
      rest.emplace_back(count, program);
  std::sort(rest.rbegin(), rest.rend());
  for (const auto& [count, program] : rest) {
    if (const auto channel = channels.next(program))
      out.lineup.players.push_back({program, *channel, false, name_of(program)});
    else
      out.left_out.push_back(program);
  }
  return out;
}

}  // namespace sage::live
