#include "live/conductor.h"

#include <algorithm>
#include <cmath>

#include "live/phrase_loop.h"

namespace sage::live {
namespace {

constexpr std::int64_t kServiceUs = 4'000;   // between two looks at queues while there is time
constexpr double kMarginUs = 2'000;          // notes are handed over so long before they sound
constexpr std::int64_t kSettleUs = 200'000;  // from the start of everything to the first click
constexpr std::int64_t kShowUs = 40'000;
constexpr double kLeastBpm = 24, kMostBpm = 240;   // that tokens can say
constexpr double kSameTempo = 0.02;                // a difference that the band need not know
constexpr double kQuietest = 0.5, kLoudest = 1.4;  // the band's velocities when it follows
constexpr int kHandOverControl = 66;               // the sostenuto pedal

}  // namespace

Conductor::Conductor(Clock& clock, Band& band, Listener& listener, Scheduler& scheduler,
                     const Transport& transport, const SessionOptions& options)
    : clock_(clock),
      band_(band),
      listener_(listener),
      scheduler_(scheduler),
      options_(options),
      grid_(band.grid()),
      transport_(transport),
      follower_(grid_),
      bars_(grid_, options.meters),
      mode_(find_mode(options.mode)->make()),
      hearing_(options.lineup, grid_),
      cues_(scheduler.cues(), options_.lineup, bars_, grid_),
      pace_(grid_, options.interval),
      commands_(64),
      status_(4) {}

// ---- what happens all the time

void Conductor::service() {
  Message message;
  while (listener_.heard().pop(message)) {
    if (options_.follow_clock && follower_.push(message)) {
      transport_.follow(follower_.line());
      transport_.forget(follower_.line().tick - 4.0 * grid_);
      cues_.lines_changed(follower_.line().tick);
    }
    if (!message.is_channel()) continue;
    if (message.kind() == 0xb0 && message.bytes[1] == kHandOverControl && message.bytes[2] >= 64)
      hand_over_ = true;
    hearing_.take(message, transport_.tick_at(
                               static_cast<double>(message.time_us - options_.input_delay_us)));
  }
  Command command;
  while (commands_.pop(command)) obey(command);
  drain_log();
  publish_lines();
}

void Conductor::drain_log() {
  Sent sent;
  while (scheduler_.sent().pop(sent)) log_.push_back(sent);
}

void Conductor::obey(const Command& command) {
  const double now_tick = transport_.tick_at(static_cast<double>(clock_.now()));
  const auto set_bpm = [&](double bpm) {
    if (options_.follow_clock) return;
    const double tick = std::max(now_tick, 0.0);
    transport_.set_tempo(tick, std::clamp(bpm, kLeastBpm, kMostBpm));
    cues_.lines_changed(tick);
  };
  switch (command.kind) {
    case Command::Kind::kHandOver:
      hand_over_ = true;
      break;
    case Command::Kind::kPanic:
      scheduler_.panic();
      break;
    case Command::Kind::kMute:
      muted_ ^= 1u << static_cast<unsigned>(command.value);
      break;
    case Command::Kind::kTempo:
      set_bpm(transport_.bpm_at(now_tick) + command.value);
      break;
    case Command::Kind::kTap:
      if (const auto bpm = taps_.tap(command.time_us)) set_bpm(*bpm);
      break;
    case Command::Kind::kStop:
      stop();
      break;
  }
}

void Conductor::publish_lines() {
  cues_.lines(transport_, static_cast<double>(committed_.count) + 8.0 * grid_);
}

void Conductor::show(Tick from) {
  const std::int64_t now = clock_.now();
  if (now < next_show_us_) return;
  next_show_us_ = now + kShowUs;
  Status& s = shown_;
  s.time_us = now;
  s.tick = transport_.tick_at(static_cast<double>(now));
  s.bpm = transport_.bpm_at(s.tick);
  const Tick tick{static_cast<std::int64_t>(std::floor(s.tick))};
  const BarTable::Place place = bars_.at(tick);
  s.bar = place.number;
  s.beat = static_cast<int>((tick - place.bar.start).count / grid_);
  s.muted = muted_;
  s.planned_count = 0;
  const auto add = [&](const BandNote& note) {
    const Player* player = options_.lineup.of_program(note.program);
    if (note.note.onset >= tick)
      s.plan(note, static_cast<std::uint8_t>(player - options_.lineup.players.data()));
  };
  for (std::size_t i = played_.size() - std::min<std::size_t>(played_.size(), 64);
       i < played_.size(); ++i)
    add(played_[i]);
  for (const BandNote& note : plan_)
    if (note.note.onset >= from) add(note);
  s.key_count = 0;
  const auto& heard = hearing_.notes();
  for (std::size_t i = heard.size(); i > 0 && s.key_count < static_cast<int>(s.keys.size()); --i)
    s.keys[static_cast<std::size_t>(s.key_count++)] = heard[i - 1].pitch;
  status_.push(s);
}

void Conductor::wait(std::int64_t until_us) {
  service();
  show(committed_);
  clock_.wait_until(until_us);
}

bool Conductor::over() const {
  return stopped_.load(std::memory_order_relaxed) || follower_.stopped() ||
         (options_.end > Tick{0} && committed_ >= options_.end);
}

// ---- the beginning

void Conductor::begin() {
  for (const Player& player : options_.lineup.players) {
    if (player.program == kDrumProgram || (!player.is_band && !options_.thru)) continue;
    cues_.program(player);
  }
  if (options_.follow_clock) return await_clock();
  count_in();
}

void Conductor::await_clock() {
  shown_.waiting = true;
  while (!over() && !follower_.running()) wait(clock_.now() + kPollUs);
  shown_.waiting = false;
}

void Conductor::count_in() {
  const Tick bar = bars_.at(Tick{0}).bar.length;
  cues_.clicks(Tick{0} - bar * options_.count_in_bars, Tick{0});
}

void Conductor::cue_note(const BandNote& note) {
  const bool follows =
      options_.follow_loudness && options_.lineup.of_program(note.program)->is_band;
  cues_.note(note, follows ? std::clamp(hearing_.loudness() / kDefaultVelocity, kQuietest, kLoudest)
                           : 1.0);
}

// ---- interval after interval

Tick Conductor::interval_end(Tick from) {
  const Bar bar = bars_.at(from).bar;
  const double us_per_tick =
      transport_.us_per_tick(transport_.bpm_at(static_cast<double>(from.count)));
  const Tick length = pace_.interval(us_per_tick, bar.length);
  const std::int64_t steps = (from - bar.start).count / length.count + 1;
  Tick end = std::min(bar.start + length * steps, bar.end());
  if (options_.end > Tick{0}) end = std::min(end, options_.end);
  shown_.interval_ticks = static_cast<int>(length.count);
  return std::max(end, from + Tick{1});
}

/// Meter and tempo of the bar that begins. What was written ahead assumed those of the bar before.
void Conductor::set_bar(Tick from) {
  const BarTable::Place place = bars_.at(from);
  if (place.number == bar_) return;
  bar_ = place.number;
  const double bpm =
      std::clamp(transport_.bpm_at(static_cast<double>(from.count)), kLeastBpm, kMostBpm);
  if (place.bar.meter == meter_ && std::abs(bpm - bpm_) < kSameTempo * bpm_) return;
  if (place.bar.meter != meter_ || bpm_ > 0) band_.rewind(from);
  meter_ = place.bar.meter;
  bpm_ = bpm;
  band_.set_meter(meter_);
  band_.set_tempo(bpm);
}

Situation Conductor::situation(Tick from) {
  const BarTable::Place place = bars_.at(from);
  Situation s;
  s.bar = place.number;
  s.begins_bar = place.bar.start == from;
  s.phrase_bars = options_.phrase_bars;
  s.person_has_played = hearing_.has_played();
  const double now = transport_.tick_at(static_cast<double>(clock_.now()));
  s.bars_since_person = s.person_has_played ? (now - hearing_.last_sound(now)) /
                                                  static_cast<double>(place.bar.length.count)
                                            : 1e9;
  s.hand_over = std::exchange(hand_over_, false);
  return s;
}

std::vector<int> Conductor::playing(const Turn& turn) const {
  std::vector<int> programs;
  if (!turn.band) return programs;
  const std::vector<int> band = options_.lineup.band();
  for (std::size_t i = 0; i < band.size(); ++i) {
    const bool writes = turn.layers < 0 || static_cast<int>(i) == turn.layers - 1;
    if (writes && !is_muted(i)) programs.push_back(band[i]);
  }
  return programs;
}

Tick Conductor::current_tick() const {
  const double now =
      transport_.tick_at(static_cast<double>(clock_.now() - options_.input_delay_us));
  return {static_cast<std::int64_t>(std::floor(now))};
}

void Conductor::tell_band(Tick time) {
  std::vector<BandNote> notes;
  hearing_.tell(time, notes);
  for (const BandNote& note : notes) band_.play(note.program, note.note);
  if (time <= heard_) return;
  heard_ = time;
  band_.hear(time);
}

/// Writes on beyond what is committed, as long as there is time: what is played if the next
/// interval fails.
void Conductor::look_ahead(Tick from) {
  const Tick to = from + bars_.at(from).bar.length;
  plan_.clear();
  plan_from_ = plan_to_ = from;
  plan_heard_ = heard_;
  band_.write(to, [&] {
    clock_.worked();
    service();
    const double until = transport_.time_at(static_cast<double>(from.count));
    const double interval_us = static_cast<double>(shown_.interval_ticks) *
                               transport_.us_per_tick(transport_.bpm_at(from.count));
    return over() || static_cast<double>(clock_.now()) >= until - pace_.lead_us(interval_us);
  });
  plan_to_ = std::min(band_.written(), to);
  if (plan_to_ > from) band_.notes(from, plan_to_, plan_);
}

/// Until it is time to write what begins at `from`.
void Conductor::await(Tick from) {
  for (;;) {
    const double begins = transport_.time_at(static_cast<double>(from.count)) -
                          static_cast<double>(options_.output_delay_us);
    const Tick to = interval_end(from);
    const double interval_us = transport_.time_at(static_cast<double>(to.count)) -
                               transport_.time_at(static_cast<double>(from.count));
    const auto start = static_cast<std::int64_t>(begins - pace_.lead_us(interval_us) - kMarginUs);
    const std::int64_t now = clock_.now();
    if (over() || now >= start) return;
    wait(std::min(start, now + kServiceUs));
  }
}

void Conductor::write(Tick from, Tick to, const Turn& turn) {
  const std::vector<int> programs = playing(turn);
  const std::int64_t began = clock_.now();
  service();
  tell_band(std::clamp(current_tick(), Tick{0}, from));
  if (turn.loop) replay(from, to, turn);
  if (programs.empty()) {  // nothing to write; the interval counts for nothing
    plan_.clear();
    plan_to_ = plan_from_ = from;
    playing_.clear();
    band_.rewind(from);
    return commit(from, to, {});
  }
  if (programs != playing_) {  // what was written ahead was for others
    band_.rewind(from);
    band_.set_playing(programs);
    playing_ = programs;
  }
  const double deadline = transport_.time_at(static_cast<double>(from.count)) -
                          static_cast<double>(options_.output_delay_us) - kMarginUs;
  Interval interval{.tick = static_cast<double>(from.count)};
  const bool complete = band_.write(to, [&] {
    clock_.worked();
    service();
    return stopped_.load(std::memory_order_relaxed) ||
           static_cast<double>(clock_.now()) >= deadline;
  });
  const std::int64_t done = clock_.now();
  interval.took_us = static_cast<double>(done - began);
  // What was cut short would have taken longer: the next one begins earlier.
  pace_.took(complete ? interval.took_us : 1.5 * interval.took_us);
  std::vector<BandNote> notes;
  to = choose(from, to, complete, notes, interval);
  shown_.rung = interval.rung;
  shown_.in_hand_ms = (deadline - static_cast<double>(done)) * 1e-3;
  ++shown_.rungs[static_cast<std::size_t>(interval.rung)];
  intervals_.push_back(interval);
  commit(from, to, notes);
}

/// A note is late by a musical unit or not at all: what should have begun already is left out. True
/// where nothing was.
bool Conductor::leave_out_late(std::vector<BandNote>& notes) const {
  const auto now = static_cast<double>(clock_.now() + options_.output_delay_us);
  return std::erase_if(notes, [&](const BandNote& note) {
           return transport_.time_at(static_cast<double>(note.note.onset.count)) < now;
         }) == 0;
}

/// The notes of the interval, by the best rung that there is; returns the end of what is covered.
Tick Conductor::choose(Tick from, Tick to, bool complete, std::vector<BandNote>& notes,
                       Interval& interval) {
  const double sounds_us = transport_.time_at(static_cast<double>(from.count));
  const auto since = [&](Tick heard) {
    return sounds_us - transport_.time_at(static_cast<double>(heard.count));
  };
  interval.staleness_us = since(heard_);
  const Tick written = complete ? to : std::min(band_.written(), to);
  if (written > from) {
    band_.notes(from, written, notes);
    const bool all_in_time = leave_out_late(notes);
    interval.rung = complete && all_in_time ? Rung::kFresh : Rung::kShorter;
    const auto first = std::min_element(
        notes.begin(), notes.end(),
        [](const BandNote& a, const BandNote& b) { return a.note.onset < b.note.onset; });
    if (first != notes.end() && hearing_.last_told_us() > told_us_) {
      told_us_ = hearing_.last_told_us();
      interval.reaction_us = transport_.time_at(static_cast<double>(first->note.onset.count)) -
                             static_cast<double>(told_us_);
    }
    return written;
  }
  if (plan_from_ <= from && plan_to_ > from) {
    interval.rung = Rung::kPlan;
    interval.staleness_us = since(plan_heard_);
    to = std::min(to, plan_to_);
    for (const BandNote& note : plan_)
      if (note.note.onset >= from && note.note.onset < to) notes.push_back(note);
  } else {
    const Tick bar = bars_.at(from).bar.length;
    notes = repeat_bar(played_, from, to, bar,
                       hearing_.sounding(static_cast<double>((from - bar).count) / 1.0,
                                         static_cast<double>(from.count)));
    interval.rung = notes.empty() ? Rung::kRest : Rung::kRepeat;
    interval.staleness_us = since(std::max(Tick{0}, from - bar));
  }
  leave_out_late(notes);
  band_.rewind(from);
  for (const BandNote& note : notes) band_.play(note.program, note.note);
  return to;
}

/// The person's first phrase again, and the parts that were written upon it.
void Conductor::replay(Tick from, Tick to, const Turn& turn) {
  const std::vector<int> band = options_.lineup.band();
  const auto layers = std::min(static_cast<std::size_t>(std::max(turn.layers - 1, 0)), band.size());
  std::vector<int> parts;
  for (std::size_t i = 0; i < layers; ++i)
    if (!is_muted(i)) parts.push_back(band[i]);
  const Tick length = bars_.start(options_.phrase_bars);
  for (const BandNote& note : repeat_phrase(hearing_.notes(), played_, parts, length, from, to)) {
    band_.play(note.program, note.note);
    cue_note(note);
    if (options_.lineup.of_program(note.program)->is_band) played_.push_back(note);
  }
}

void Conductor::commit(Tick from, Tick to, const std::vector<BandNote>& notes) {
  for (const BandNote& note : notes) {
    cue_note(note);
    played_.push_back(note);
  }
  band_.commit(to);
  if (options_.metronome) cues_.clicks(from, to);
  committed_ = to;
  publish_lines();
}

void Conductor::run() {
  begin();
  service();
  while (!over()) {
    const Tick from = committed_;
    set_bar(from);
    await(from);
    if (over()) break;
    Turn turn = mode_->turn(situation(from));
    if (bars_.at(from).number < options_.listen_bars) turn.band = false;
    shown_.band_plays = turn.band;
    write(from, interval_end(from), turn);
    if (turn.band && !over()) look_ahead(committed_);
  }
  finish();
}

/// Lets what was cued ring out, unless somebody stopped it.
void Conductor::finish() {
  double end = static_cast<double>(committed_.count);
  for (std::size_t i = played_.size(); i > 0 && played_.size() - i < 256; --i) {
    const Note& note = played_[i - 1].note;
    end = std::max(end, static_cast<double>((note.onset + note.duration).count));
  }
  const auto rings_until = static_cast<std::int64_t>(transport_.time_at(end)) + 2 * kPollUs;
  const bool stopped = stopped_.load(std::memory_order_relaxed) || follower_.stopped();
  while (!stopped && !stopped_.load(std::memory_order_relaxed) && clock_.now() < rings_until)
    wait(std::min(rings_until, clock_.now() + kServiceUs));
  service();
  hearing_.release_all(transport_.tick_at(static_cast<double>(clock_.now())));
}

}  // namespace sage::live
