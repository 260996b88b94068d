#include "plugin/core/looper.h"

#include <algorithm>

namespace sage::plugin {
namespace {

/// How far a host's position may be from where the last block ended, in quarter notes: rounding and
/// ramps of the tempo, but no jump.
constexpr double kTolerance = 0.02;

/// A part that comes in the middle of a pass begins so much earlier, late notes at once: an answer
/// takes a moment to be written, and its first notes are due by then.
constexpr double kCatchUp = 0.25;

}  // namespace

Looper::~Looper() {
  collect();
  Offer offer;
  while (offers_.pop(offer)) delete offer.part;
  delete playing_;
  delete waiting_;
}

bool Looper::offer(const Part& part, bool at_pass_start) {
  auto* own = new Part(part);
  if (offers_.push({own, at_pass_start})) return true;
  delete own;
  return false;
}

void Looper::collect() noexcept {
  const Part* part = nullptr;
  while (retired_.pop(part)) delete part;
}

/// Takes what the composer has offered. A part that is replaced while it sounds is silenced.
bool Looper::adopt(bool pass_starts) noexcept {
  const auto replace = [this](const Part*& place, const Part* by) {
    if (place != nullptr) retired_.push(place);
    place = by;
  };
  bool replaced = false;
  Offer offer;
  while (offers_.pop(offer)) {
    if (offer.at_pass_start && !pass_starts) {
      replace(waiting_, offer.part);
      continue;
    }
    replace(waiting_, nullptr);
    replace(playing_, offer.part);
    silence(out_count_ > 0 ? out_[out_count_ - 1].frame : 0);
    replaced = true;
  }
  if (!pass_starts || waiting_ == nullptr) return replaced;
  replace(playing_, waiting_);
  waiting_ = nullptr;
  return true;
}

void Looper::send(std::uint32_t frame, std::uint8_t status, std::uint8_t data1,
                  std::uint8_t data2) noexcept {
  if (out_count_ == out_.size()) return;
  const std::uint8_t size = (status & 0xF0) == 0xC0 ? 2 : 3;
  out_[out_count_++] = {frame, size, {status, data1, data2}};
}

void Looper::silence(std::uint32_t frame) noexcept {
  for (std::size_t channel = 0; channel < sounding_.size(); ++channel) {
    if (sounding_[channel].none()) continue;
    for (std::size_t pitch = 0; pitch < 128; ++pitch)
      if (sounding_[channel][pitch])
        send(frame, static_cast<std::uint8_t>(0x80 | channel), static_cast<std::uint8_t>(pitch), 0);
    sounding_[channel].reset();
  }
}

/// What was played of the pass so far is void.
void Looper::restart() noexcept {
  for (auto& channel : open_) channel.fill({});
  heard_.push({.kind = Heard::Kind::kRestart});
}

void Looper::stop() noexcept {
  if (running_) {
    silence(0);
    restart();
  }
  running_ = false;
  adopt(true);
}

bool Looper::follows(const Transport& transport, std::int64_t pass, double at,
                     int bars) const noexcept {
  if (!running_ || bars != bars_ || transport.numerator != transport_.numerator ||
      transport.denominator != transport_.denominator)
    return false;
  const double gap =
      static_cast<double>(pass - pass_) * bars * transport.bar_quarters() + at - expected_;
  return gap < kTolerance && gap > -kTolerance;
}

void Looper::end_note(int channel, int pitch, double at) noexcept {
  Open& open = open_[static_cast<std::size_t>(channel)][static_cast<std::size_t>(pitch)];
  if (open.onset < 0) return;
  heard_.push(
      {.kind = Heard::Kind::kNote,
       .note = {open.onset, std::max(at - open.onset, 0.01), static_cast<std::uint8_t>(channel),
                static_cast<std::uint8_t>(pitch), open.velocity},
       .pass = pass_});
  open.onset = -1;
}

void Looper::hear(const MidiMessage& message, double at, double quarters) noexcept {
  if (message.size < 3 || message.data[1] > 127) return;
  const int kind = message.data[0] & 0xF0, channel = message.data[0] & 0x0F;
  if (kind != 0x90 && kind != 0x80) return;
  end_note(channel, message.data[1], at);
  if (kind == 0x90 && message.data[2] > 0)
    open_[static_cast<std::size_t>(channel)][message.data[1]] = {std::clamp(at, 0.0, quarters),
                                                                 message.data[2]};
}

/// Notes that sound on are cut here, and go on into the next pass unheard.
void Looper::end_pass(double quarters) noexcept {
  for (int channel = 0; channel < 16; ++channel)
    for (int pitch = 0; pitch < 128; ++pitch) end_note(channel, pitch, quarters);
  heard_.push({.kind = Heard::Kind::kPassEnd,
               .pass = pass_,
               .bars = bars_,
               .numerator = transport_.numerator,
               .denominator = transport_.denominator,
               .bpm = transport_.bpm});
}

void Looper::play(const Stretch& stretch) noexcept {
  if (playing_ == nullptr) return;
  const auto& events = playing_->events;
  auto event = std::ranges::lower_bound(events, stretch.from, {}, &LoopEvent::at);
  for (; event != events.end() && event->at < stretch.to; ++event) {
    const std::uint8_t channel = event->status & 0x0F;
    const bool is_program = (event->status & 0xF0) == 0xC0;
    const bool on = (event->status & 0xF0) == 0x90;
    if (!on && !is_program && !sounding_[channel][event->data1]) continue;
    if (!is_program) sounding_[channel][event->data1] = on;
    const double frames = std::clamp((event->at - stretch.at) * stretch.frames_per_quarter, 0.0,
                                     std::max(0.0, stretch.frames - 1.0));
    send(stretch.frame + static_cast<std::uint32_t>(frames), event->status, event->data1,
         event->data2);
  }
}

std::span<const MidiMessage> Looper::process(const Transport& transport, std::uint32_t frames,
                                             double sample_rate, int bars, bool silent,
                                             std::span<const MidiMessage> input) noexcept {
  out_count_ = 0;
  const double bar = transport.bar_quarters();
  if (!transport.playing || !(transport.bpm > 0) || transport.bar < 0 || !(bar > 0) || bars < 1) {
    stop();
    return {out_.data(), out_count_};
  }
  const double quarters = bars * bar;
  const std::int64_t pass = transport.bar / bars;
  double at = static_cast<double>(transport.bar % bars) * bar + transport.quarter;
  if (follows(transport, pass, at, bars)) {
    at += static_cast<double>(pass - pass_) * quarters;
    if (adopt(false)) expected_ = std::max(0.0, expected_ - kCatchUp);
  } else {
    silence(0);
    restart();
    pass_ = pass;
    expected_ = at;
    adopt(true);
  }
  running_ = true;
  bars_ = bars;
  transport_ = transport;
  if (silent) silence(0);

  const double frames_per_quarter = sample_rate * 60 / transport.bpm;
  double from = expected_;
  std::size_t heard = 0;
  for (std::uint32_t frame = 0;;) {
    const double left = std::max(0.0, (quarters - at) * frames_per_quarter);
    const bool ends = left < frames - frame;
    const auto length = ends ? static_cast<std::uint32_t>(left) : frames - frame;
    const double to = ends ? quarters : at + length / frames_per_quarter;
    for (; heard < input.size() && (!ends || input[heard].frame < frame + length); ++heard)
      hear(input[heard],
           at + (static_cast<double>(input[heard].frame) - frame) / frames_per_quarter, quarters);
    // At the end of a pass all that is left of it, the offs that stand on its end included.
    if (!silent) play({at, from, ends ? quarters + 1 : to, frame, length, frames_per_quarter});
    from = expected_ = to;
    if (!ends) break;
    frame += length;
    end_pass(quarters);
    ++pass_;
    at = from = expected_ = 0;
    adopt(true);
  }
  return {out_.data(), out_count_};
}

}  // namespace sage::plugin
