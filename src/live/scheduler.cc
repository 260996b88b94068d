#include "live/scheduler.h"

#include <algorithm>
#include <cmath>

namespace sage::live {
namespace {

constexpr std::size_t kMostCues = 4096;
constexpr std::size_t kMostItems = 16384;
constexpr std::size_t kLogLength = 16384;
// A note that could not be sent for so long is not played any more: it would be wrong by then.
constexpr std::int64_t kTooLateUs = 50'000;
constexpr std::int64_t kSensingUs = 250'000;  // at most 300 ms, says the standard

}  // namespace

Scheduler::Scheduler(Clock& clock, Sink& sink, const SchedulerOptions& options)
    : clock_(clock),
      sink_(sink),
      options_(options),
      line_(options.line),
      cues_(kMostCues),
      sent_(kLogLength),
      thru_(kMostCues) {
  heap_.reserve(kMostItems);
}

bool Scheduler::later(const Item& a, const Item& b) {
  if (a.tick != b.tick) return a.tick > b.tick;
  // Lines before all that they time; releases before strikes.
  const auto rank = [](const Item& i) {
    return i.cue.kind == Cue::Kind::kLine ? 0 : i.release ? 1 : 2;
  };
  if (rank(a) != rank(b)) return rank(a) > rank(b);
  return a.order > b.order;
}

std::int64_t Scheduler::due_of(double tick) const noexcept {
  return std::llround(line_.time_at(tick)) - options_.output_delay_us;
}

/// A line is taken up where the one before it ends, or where it begins itself if that is earlier.
std::int64_t Scheduler::due_of(const Item& item) const noexcept {
  const std::int64_t due = due_of(item.tick);
  if (item.cue.kind != Cue::Kind::kLine) return due;
  return std::min(
      due, static_cast<std::int64_t>(std::llround(item.cue.line.us)) - options_.output_delay_us);
}

void Scheduler::add(const Item& item) noexcept {
  heap_.push_back(item);
  std::push_heap(heap_.begin(), heap_.end(), later);
}

void Scheduler::take_cues() noexcept {
  Cue cue;
  // Two places a note: a note that begins can always end. What does not fit stays in the queue.
  while (heap_.size() + 2 <= heap_.capacity() && cues_.pop(cue)) {
    if (cue.kind == Cue::Kind::kForget) {
      forget_notes();
      continue;
    }
    if (cue.kind == Cue::Kind::kLine) forget_lines(cue.tick);
    add({cue.tick, next_order_++, cue, false});
  }
}

/// A new line holds in place of all that was said for later.
void Scheduler::forget_lines(double tick) noexcept {
  const auto gone = std::erase_if(heap_, [&](const Item& item) {
    return item.cue.kind == Cue::Kind::kLine && item.tick >= tick;
  });
  if (gone > 0) std::make_heap(heap_.begin(), heap_.end(), later);
}

void Scheduler::forget_notes() noexcept {
  std::erase_if(
      heap_, [](const Item& item) { return item.cue.kind == Cue::Kind::kNote && !item.release; });
  std::make_heap(heap_.begin(), heap_.end(), later);
}

std::int64_t Scheduler::step(std::int64_t now) noexcept {
  if (panic_.exchange(false, std::memory_order_relaxed)) {
    take_cues();
    forget_notes();
    owes_silence_ = true;
  }
  if (owes_silence_ && !gone()) owes_silence_ = !silence();
  take_cues();
  pass_thru(now);
  while (!heap_.empty()) {
    if (due_of(heap_.front()) > now) break;
    const Item item = heap_.front();
    if (!perform(item, now)) break;
    std::pop_heap(heap_.begin(), heap_.end(), later);
    heap_.pop_back();
    // The release of a note takes the place that its cue has left.
    if (item.cue.kind == Cue::Kind::kNote && !item.release &&
        key_of(item.cue.message.channel(), item.cue.message.key()).note == item.order)
      add({std::max(item.cue.end, item.tick), item.order, item.cue, true});
  }
  send_pulses(now);
  if (options_.active_sensing && now - last_sent_us_ >= kSensingUs) {
    send(system_message(kActiveSensing), 0, now, kNobody);
    last_sent_us_ = now;
  }
  const std::int64_t wake = now + kPollUs;
  return std::max(heap_.empty() ? wake : std::min(wake, due_of(heap_.front())), now + 1);
}

bool Scheduler::perform(const Item& item, std::int64_t now) noexcept {
  const Cue& cue = item.cue;
  switch (cue.kind) {
    case Cue::Kind::kLine:
      line_ = cue.line;
      return true;
    case Cue::Kind::kForget:
      return true;
    case Cue::Kind::kMessage:
      return send(cue.message, item.tick, due_of(item.tick), cue.voice);
    case Cue::Kind::kNote:
      break;
  }
  const int channel = cue.message.channel(), key = cue.message.key();
  if (!item.release) return strike(item, now);
  if (key_of(channel, key).note != item.order) return true;  // was struck again, or let go
  return release_key(channel, key, item.tick, due_of(item.tick), cue.voice);
}

bool Scheduler::strike(const Item& item, std::int64_t now) noexcept {
  const Cue& cue = item.cue;
  const std::int64_t due = due_of(item.tick);
  const int channel = cue.message.channel(), key = cue.message.key();
  const auto give_up = [&] {
    ++counts_.dropped;
    return true;
  };
  if (gone() || (cue.voice != kThru && now - due > kTooLateUs)) return give_up();
  if (key_of(channel, key).note != 0 && !release_key(channel, key, item.tick, due, cue.voice))
    return false;
  if (held_count_ >= options_.most_held && !release_oldest(now)) return false;
  if (!send(cue.message, item.tick, due, cue.voice)) return false;
  if (gone()) return give_up();
  key_of(channel, key) = {item.order, ++strikes_};
  ++held_count_;
  return true;
}

bool Scheduler::release_key(int channel, int key, double tick, std::int64_t due,
                            std::uint8_t voice) noexcept {
  if (!send(note_off(channel, key), tick, due, voice)) return false;
  key_of(channel, key) = {};
  --held_count_;
  return true;
}

bool Scheduler::release_oldest(std::int64_t now) noexcept {
  std::size_t oldest = keys_.size();
  for (std::size_t i = 0; i < keys_.size(); ++i)
    if (keys_[i].note != 0 && (oldest == keys_.size() || keys_[i].age < keys_[oldest].age))
      oldest = i;
  if (oldest == keys_.size()) return true;
  ++counts_.forced;
  const int channel = static_cast<int>(oldest) / kKeys, key = static_cast<int>(oldest) % kKeys;
  return release_key(channel, key, line_.tick_at(double(now)), now, kNobody);
}

void Scheduler::pass_thru(std::int64_t now) noexcept {
  Message message;
  while (thru_.pop(message)) {
    const double tick = line_.tick_at(double(message.time_us));
    if (message.is_note_on()) {
      Cue cue{Cue::Kind::kNote, kThru, message, tick, tick, {}};
      const Item item{tick, next_order_++, cue, false};
      if (!strike(item, now)) ++counts_.dropped;  // the next is more urgent than this one
    } else if (message.is_note_off()) {
      if (key_of(message.channel(), message.key()).note != 0)
        release_key(message.channel(), message.key(), tick, message.time_us, kThru);
    } else {
      send(message, tick, message.time_us, kThru);
    }
  }
}

/// False where the sink is busy. A sink that is gone takes everything: there is nobody to hear it.
bool Scheduler::send(const Message& message, double tick, std::int64_t due,
                     std::uint8_t voice) noexcept {
  if (gone()) return true;
  Message stamped = message;
  stamped.time_us = due;
  switch (sink_.send(stamped)) {
    case Delivery::kBusy:
      return false;
    case Delivery::kGone:
      set_gone(true);
      owes_silence_ = true;  // once it is back
      return true;
    case Delivery::kSent:
      break;
  }
  last_sent_us_ = clock_.now();
  if (message.bytes[0] < 0xf8 && !sent_.push({message, voice, tick, due, last_sent_us_}))
    ++counts_.unlogged;
  return true;
}

void Scheduler::send_pulses(std::int64_t now) noexcept {
  if (options_.ticks_per_pulse <= 0) return;
  while (due_of(next_pulse_) <= now) {
    if (next_pulse_ == 0) send(system_message(kStart), 0, now, kNobody);
    if (!send(system_message(kClockPulse), next_pulse_, now, kNobody)) return;
    next_pulse_ += options_.ticks_per_pulse;
  }
}

bool Scheduler::silence() noexcept {
  const std::int64_t now = clock_.now();
  const double tick = line_.tick_at(double(now));
  for (int channel = 0; channel < kChannels; ++channel) {
    for (int key = 0; key < kKeys; ++key)
      if (key_of(channel, key).note != 0 && !release_key(channel, key, tick, now, kNobody))
        return false;
    for (const int number : {kSustain, kAllNotesOff, kAllSoundOff})
      if (!send(control(channel, number, 0), tick, now, kNobody)) return false;
  }
  return true;
}

}  // namespace sage::live
