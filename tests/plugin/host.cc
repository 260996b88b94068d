#include "host.h"

#include <chrono>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <set>
#include <thread>

namespace sage::plugin_test {
namespace {

constexpr double kRounding = 0.02;  // of frames, in quarter notes

bool failed = false;
void check(bool holds, const char* what) {
  std::printf("%s: %s\n", holds ? "ok" : "NOT SO", what);
  failed = failed || !holds;
}

void play_a_tune(Instance& instance) {
  const int pitches[] = {60, 64, 67, 72, 69, 65, 62, 59, 60, 64, 67, 72, 71, 67, 64, 60};
  for (int i = 0; i < 16; ++i) {
    instance.input.push_back({static_cast<double>(i), 0, pitches[i], true});
    instance.input.push_back({i + 0.9, 0, pitches[i], false});
  }
}

/// The model may take its time: the transport rests until the state holds notes.
bool wait_for_a_part(Instance& instance) {
  for (int i = 0; i < 6000; ++i) {
    if (instance.save().find(';') != std::string::npos) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

long resident_kilobytes() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;)
    if (word == "VmRSS:") {
      long value = 0;
      status >> value;
      return value;
    }
  return 0;
}

bool same_music(const std::vector<Note>& a, const std::vector<Note>& b) {
  bool same = a.size() == b.size() && !a.empty();
  for (std::size_t i = 0; same && i < a.size(); ++i)
    same = a[i].pitch == b[i].pitch && a[i].channel == b[i].channel;
  return same;
}

constexpr std::uint32_t kBypass = 0, kOwnProgram = 3, kLock = 8;

std::unique_ptr<Instance> violinist(const std::function<std::unique_ptr<Instance>()>& create) {
  auto instance = create();
  instance->set(kOwnProgram, 40);  // so that the roles play all else
  play_a_tune(*instance);
  return instance;
}

}  // namespace

void Instance::block() {
  const double length = kFrames * bpm / (60 * kRate);
  std::vector<Message> messages;
  for (const Note& note : input)
    if (note.quarter >= quarter && note.quarter < quarter + length)
      messages.push_back(
          {static_cast<std::uint32_t>((note.quarter - quarter) / length * kFrames), note});
  process(messages);
  quarter += length;
}

void Instance::play_until(double end) {
  while (quarter < end) block();
}

std::vector<Note> Instance::ons(double from, double to) const {
  std::vector<Note> found;
  for (const Note& note : output)
    if (note.on && note.quarter >= from - kRounding && note.quarter < to - kRounding)
      found.push_back(note);
  return found;
}

std::size_t Instance::sounding() const {
  std::set<std::pair<int, int>> on;
  for (const Note& note : output) {
    if (note.on)
      on.insert({note.channel, note.pitch});
    else
      on.erase({note.channel, note.pitch});
  }
  return on.size();
}

void Instance::sent(std::uint32_t frame, int channel, int pitch, bool on) {
  if (frame >= kFrames) check(false, "every message lies inside of its block");
  output.push_back({quarter + bpm * frame / (60 * kRate), channel, pitch, on});
}

int run_scenario(const std::function<std::unique_ptr<Instance>()>& create) {
  const auto one = violinist(create);
  one->play_until(16.1);
  check(one->ons(0, 16).empty(), "it listens first");
  check(wait_for_a_part(*one), "a part is written");
  one->play_until(30);
  const auto played = one->ons(16, 30);
  check(played.size() > 8, "it plays");
  std::set<int> channels;
  for (const Note& note : played) channels.insert(note.channel);
  check(channels.size() >= 2 && !channels.contains(0), "on a channel a role");
  std::printf("%zu notes on %zu channels\n", played.size(), channels.size());

  one->set(kLock, 1);
  one->play_until(32);
  one->bpm = 90;
  one->play_until(48);
  const auto first = one->ons(32, 48);
  one->quarter = 32;  // the host's own loop
  one->output.clear();
  one->play_until(48);
  const auto again = one->ons(32, 48);
  check(same_music(first, again), "locked, it plays the same through a tempo change and a loop");
  bool in_time = first.size() == again.size();
  for (std::size_t i = 0; in_time && i < first.size(); ++i)
    in_time = std::abs(first[i].quarter - again[i].quarter) < 0.02;
  check(in_time, "at the same places");
  one->set(kBypass, 1);
  one->block();
  one->block();
  check(one->sounding() == 0, "bypass is silence");
  const std::string saved = one->save();

  const long before = resident_kilobytes();
  const auto two = violinist(create);
  two->play_until(16.1);
  check(wait_for_a_part(*two), "a second instance writes a part");
  std::printf("a second instance takes %ld kB more\n", resident_kilobytes() - before);

  const auto restored = create();
  check(restored->restore(saved), "the state is restored");
  restored->set(kBypass, 0);
  restored->set(kLock, 1);
  restored->play_until(32);
  std::printf("%zu notes, %zu were saved\n", restored->ons(16, 32).size(), first.size());
  check(same_music(restored->ons(16, 32), first), "a restored instance plays what was saved");
  return failed ? 1 : 0;
}

}  // namespace sage::plugin_test
