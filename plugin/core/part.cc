#include "plugin/core/part.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <tuple>

namespace sage::plugin {
namespace {

constexpr double kShortest = 1.0 / 64;  // so that an off follows its on
constexpr double kLongestLoop = 1'000;
constexpr std::size_t kMostNotes = 20'000;

std::string text_of(double value) {
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  return {buffer, end};
}

/// Takes a number off the front of a text; false where there is none.
template <class T>
bool take(std::string_view& text, T& value) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
  return true;
}

bool is_sound(const LoopNote& note, double quarters) {
  return note.onset >= 0 && note.onset < quarters && note.duration > 0 && note.channel < 16 &&
         note.pitch < 128 && note.velocity > 0 && note.velocity < 128;
}

}  // namespace

Part make_part(double quarters, std::vector<LoopNote> notes, std::vector<ChannelProgram> programs) {
  Part part;
  part.quarters = quarters;
  std::erase_if(programs,
                [](const ChannelProgram& one) { return one.channel > 15 || one.program > 127; });
  for (const auto& [channel, program] : programs)
    part.events.push_back({0, static_cast<std::uint8_t>(0xC0 | channel), program, 0});
  part.programs = std::move(programs);
  std::erase_if(notes, [&](const LoopNote& note) { return !is_sound(note, quarters); });
  std::ranges::sort(notes, {}, [](const LoopNote& note) {
    return std::tuple(note.onset, note.channel, note.pitch);
  });
  for (LoopNote& note : notes) {
    note.duration =
        std::clamp(note.duration, kShortest, std::max(kShortest, quarters - note.onset));
    const auto channel = note.channel;
    part.events.push_back(
        {note.onset, static_cast<std::uint8_t>(0x90 | channel), note.pitch, note.velocity});
    part.events.push_back({std::min(note.onset + note.duration, quarters),
                           static_cast<std::uint8_t>(0x80 | channel), note.pitch, 0});
  }
  std::ranges::stable_sort(part.events, {}, [](const LoopEvent& event) {
    return std::tuple(event.at, (event.status & 0xF0) == 0x90, (event.status & 0xF0) == 0x80);
  });
  part.notes = std::move(notes);
  return part;
}

std::string to_text(const Part& part) {
  std::string text = text_of(part.quarters);
  for (const auto& [channel, program] : part.programs)
    text += ";p " + std::to_string(channel) + " " + std::to_string(program);
  for (const LoopNote& note : part.notes)
    text += ";" + text_of(note.onset) + " " + text_of(note.duration) + " " +
            std::to_string(note.channel) + " " + std::to_string(note.pitch) + " " +
            std::to_string(note.velocity);
  return text;
}

Part part_from_text(std::string_view text) {
  double quarters = 0;
  if (!take(text, quarters) || !(quarters > 0 && quarters <= kLongestLoop)) return {};
  std::vector<LoopNote> notes;
  std::vector<ChannelProgram> programs;
  while (text.starts_with(";p ")) {
    text.remove_prefix(3);
    ChannelProgram& one = programs.emplace_back();
    if (!take(text, one.channel) || !take(text, one.program)) return {};
  }
  while (!text.empty() && text.front() == ';' && notes.size() < kMostNotes) {
    text.remove_prefix(1);
    LoopNote note;
    if (!take(text, note.onset) || !take(text, note.duration) || !take(text, note.channel) ||
        !take(text, note.pitch) || !take(text, note.velocity))
      return {};
    notes.push_back(note);
  }
  return make_part(quarters, std::move(notes), std::move(programs));
}

}  // namespace sage::plugin
