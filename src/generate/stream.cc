#include "generate/stream.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "base/random.h"
#include "generate/limits.h"
#include "generate/note_draw.h"
#include "generate/presence.h"
#include "generate/read_history.h"
#include "generate/sequence.h"
#include "generate/stream_bars.h"
#include "generate/wishes_check.h"

namespace sage {
namespace {

constexpr std::size_t kMostMarks = 1024;  // places that a rewind finds at once

std::uint32_t us_per_quarter(double bpm) { return static_cast<std::uint32_t>(60e6 / bpm + 0.5); }

/// A random number generator of its own for every place in a piece, so that what is drawn there
/// does not depend on what was drawn and taken back before.
Random random_at(std::uint64_t seed, std::size_t tokens, Tick now) {
  Random random(seed);
  Random mixed(random.next() ^ (static_cast<std::uint64_t>(tokens) * 0x9e3779b97f4a7c15));
  return Random(mixed.next() ^ (static_cast<std::uint64_t>(now.count) * 0xd1b54a32d192ed03));
}

}  // namespace

class Stream::Impl {
 public:
  Impl(std::shared_ptr<const Engine> engine, const StreamOptions& options, std::vector<int> order);
  Impl(const Impl& other, std::uint64_t seed);

  int grid() const { return vocabulary_->grid(); }
  const StreamBars& bars() const { return bars_; }
  Result<void> begin_with(const Quantised& piece);
  Result<void> push(int program, const Note& note);
  void hear(Tick time);
  bool write(Tick time, const std::function<bool()>& stop) {
    return advance(time, Draw::kOpenPrograms, stop);
  }
  void rewind(Tick time);
  void set_playing(std::span<const int> programs);
  Result<void> set_wishes(const Wishes& wishes);
  double end_odds();
  std::span<const WishLoss> losses() const { return sequence_.constraints().losses(); }
  std::span<const StreamNote> notes_in(Tick from, Tick to) const;
  Score score() const { return bars_.score(notes_, sequence_.order()); }

  const Engine& engine() const { return *engine_; }
  Tick now() const { return now_; }
  Tick heard() const { return heard_; }
  Tick committed() const { return committed_; }
  void commit(Tick time) { committed_ = std::max(committed_, std::min(time, now_)); }
  const std::vector<StreamNote>& notes() const { return notes_; }
  const Vocabulary& vocabulary() const { return *vocabulary_; }
  bool prepare(int tokens) {
    const auto most = tokens > 0 ? static_cast<std::size_t>(tokens) : sequence_.history().size();
    return model_.read_some(sequence_.history(), most);
  }
  void reseed(std::uint64_t seed) { seed_ = seed; }
  void set_meter(Meter meter) { bars_.set_meter(meter); }
  void set_tempo(std::uint32_t tempo) { bars_.set_tempo(tempo); }
  void set_sampler(const SamplerOptions& options) {
    draw_ = NoteDraw(engine_->tokenizer(), options);
  }

 private:
  /// A place to come back to: everything before `time` is said, nothing at it or after.
  struct Mark {
    Tick time;
    Sequence::Mark sequence;
    std::size_t said;  // notes
  };

  auto key(const StreamNote& note) const {
    return std::tuple(note.note.onset.count, sequence_.rank(note.program), note.note.pitch);
  }
  bool is_written(int program) const { return written_.test(static_cast<std::size_t>(program)); }
  bool is_listed(int program) const { return listed_.test(static_cast<std::size_t>(program)); }
  bool is_open(int program, Tick time) const;
  bool may_draw_before(Tick limit) const {
    return (playing_.any() && committed_ < limit) || (guess_ && heard_ < limit);
  }
  bool is_any_open(Tick time) const;

  enum class Draw { kNothing, kOpenPrograms };
  bool advance(Tick time, Draw what, const std::function<bool()>& stop);
  void begin_bar();
  bool advance_in_bar(Tick limit, Draw what, const std::function<bool()>& stop);
  std::optional<DrawnNote> draw_before(Tick limit, const StreamNote* next);
  void keep_mark();
  void find_favours();

  std::shared_ptr<const Engine> engine_;
  const Vocabulary* vocabulary_;
  bool guess_;
  double presence_;
  std::uint64_t seed_;
  ProgramSet written_, playing_, listed_;

  Sequence sequence_;
  ReadHistory model_;
  NoteDraw draw_;
  std::vector<Candidate> favours_;

  StreamBars bars_;
  std::vector<StreamNote> notes_;  // in the order of the sequence
  std::size_t said_ = 0;           // of them
  Tick now_, heard_, committed_;
  std::vector<Mark> marks_;  // by time; the first one at the end of the prompt
};

Stream::Impl::Impl(std::shared_ptr<const Engine> engine, const StreamOptions& options,
                   std::vector<int> order)
    : engine_(std::move(engine)),
      vocabulary_(&engine_->tokenizer().vocabulary()),
      guess_(options.guess),
      presence_(options.presence),
      seed_(options.seed),
      sequence_(engine_->tokenizer(), std::move(order)),
      model_(engine_, options.threads),
      draw_(engine_->tokenizer(), options.sampler),
      bars_(*vocabulary_, options.meter, us_per_quarter(options.bpm)) {
  for (const int program : options.written) written_.set(static_cast<std::size_t>(program));
  for (const int program : sequence_.order()) listed_.set(static_cast<std::size_t>(program));
  playing_ = written_;
  sequence_.say_header();
  keep_mark();
}

Stream::Impl::Impl(const Impl& other, std::uint64_t seed)
    : engine_(other.engine_),
      vocabulary_(other.vocabulary_),
      guess_(other.guess_),
      presence_(other.presence_),
      seed_(seed),
      written_(other.written_),
      playing_(other.playing_),
      listed_(other.listed_),
      sequence_(other.sequence_),
      model_(other.model_.fork()),
      draw_(other.draw_),
      bars_(other.bars_),
      notes_(other.notes_),
      said_(other.said_),
      now_(other.now_),
      heard_(other.heard_),
      committed_(other.committed_),
      marks_(other.marks_) {}

Result<void> Stream::Impl::begin_with(const Quantised& piece) {
  for (const Track& track : piece.score.tracks)
    if (!is_listed(track.program_or_drum()))
      return fail(ErrorCode::kInvalidArgument, "the music to begin with has program " +
                                                   std::to_string(track.program_or_drum()) +
                                                   ", which is not listed");
  bars_.begin_with(piece);
  for (const Track& track : piece.score.tracks)
    for (const Note& note : track.notes)
      notes_.push_back({NoteSource::kGiven, track.program_or_drum(), note});
  std::sort(notes_.begin(), notes_.end(),
            [&](const StreamNote& a, const StreamNote& b) { return key(a) < key(b); });
  heard_ = bars_.end();
  advance(heard_, Draw::kNothing, {});
  return {};
}

/// Whether notes of a program may be drawn at a moment.
bool Stream::Impl::is_open(int program, Tick time) const {
  const auto at = static_cast<std::size_t>(program);
  if (playing_.test(at) && time >= committed_) return true;
  return guess_ && listed_.test(at) && !is_written(program) && time >= heard_;
}

/// Programs that are open at a moment are open at every later one.
bool Stream::Impl::is_any_open(Tick time) const {
  const auto& programs = sequence_.order();
  return std::any_of(programs.begin(), programs.end(),
                     [&](int program) { return is_open(program, time); });
}

void Stream::Impl::begin_bar() {
  const auto next = static_cast<std::size_t>(sequence_.bar() + 1);
  if (next == bars_.count()) bars_.add();
  keep_mark();
  sequence_.say_bar(bars_[next].bar.meter, bars_[next].us_per_quarter);
}

/// Says what is known before `time`, and what is drawn; bar after bar.
bool Stream::Impl::advance(Tick time, Draw what, const std::function<bool()>& stop) {
  while (now_ < time) {
    const int bar = sequence_.bar();
    if (bar < 0 || now_ >= bars_[static_cast<std::size_t>(bar)].bar.end()) begin_bar();
    const Tick end = bars_[static_cast<std::size_t>(sequence_.bar())].bar.end();
    const Tick limit = std::min(time, end);
    if (!advance_in_bar(limit, what, stop)) return false;
    now_ = limit;
    if (now_ == end) sequence_.constraints().end_bar();
  }
  keep_mark();
  return true;
}

bool Stream::Impl::advance_in_bar(Tick limit, Draw what, const std::function<bool()>& stop) {
  for (;;) {
    const bool is_known = said_ < notes_.size() && notes_[said_].note.onset < limit;
    const StreamNote* known = is_known ? &notes_[said_] : nullptr;
    if (what == Draw::kOpenPrograms && is_any_open(is_known ? known->note.onset : limit)) {
      if (stop && stop()) return false;
      if (const auto drawn = draw_before(limit, known)) {
        const auto source =
            is_written(drawn->program) ? NoteSource::kWritten : NoteSource::kGuessed;
        notes_.insert(notes_.begin() + static_cast<std::ptrdiff_t>(said_),
                      {source, drawn->program, drawn->note});
        now_ = notes_[said_++].note.onset;
        continue;
      }
    }
    if (known == nullptr) return true;
    const Tick position = known->note.onset - sequence_.bar_start();
    sequence_.say_note(known->program, static_cast<int>(position.count), known->note);
    now_ = notes_[said_++].note.onset;
  }
}

/// A drawn note that comes before the next known one, or before the limit; said.
std::optional<DrawnNote> Stream::Impl::draw_before(Tick limit, const StreamNote* next) {
  const Tick start = sequence_.bar_start();
  const auto in_bar = [&](Tick time) { return static_cast<int>((time - start).count); };
  NoteGap gap;
  gap.from = in_bar(now_);
  gap.limit = in_bar(limit);
  gap.open = [&](int program, int position) {
    return is_open(program, start + Tick{position}) &&
           sequence_.constraints().can_begin(program, position);
  };
  if (next != nullptr)
    gap.next = {in_bar(next->note.onset), sequence_.rank(next->program), next->program};
  find_favours();
  Random random = random_at(seed_, sequence_.history().size(), now_);
  return draw_.next(gap, sequence_, model_, favours_, random);
}

void Stream::Impl::keep_mark() {
  if (!marks_.empty() && marks_.back().time >= now_) return;
  // The first one stays: from there everything can be said again.
  if (marks_.size() == kMostMarks)
    marks_.erase(marks_.begin() + 1, marks_.begin() + kMostMarks / 4);
  marks_.push_back({now_, sequence_.mark(), said_});
}

void Stream::Impl::rewind(Tick time) {
  time = std::max(time, Tick{0});
  // A write that was stopped may have said notes at now() itself.
  const bool is_said = time < now_ || (said_ > 0 && notes_[said_ - 1].note.onset >= time);
  std::erase_if(notes_, [&](const StreamNote& note) {
    const Tick from = note.source == NoteSource::kWritten ? std::max(time, committed_) : time;
    return note.source != NoteSource::kGiven && note.note.onset >= from;
  });
  if (!is_said) return;
  while (marks_.size() > 1 && marks_.back().time > time) marks_.pop_back();
  const Mark& mark = marks_.back();
  sequence_.rewind(mark.sequence);
  sequence_.constraints().restrict_programs(playing_);
  model_.cut(mark.sequence.size());
  said_ = mark.said;
  now_ = mark.time;
  bars_.rewind(time);
  advance(time, Draw::kNothing, {});
}

Result<void> Stream::Impl::push(int program, const Note& note) {
  if (program < 0 || program >= kProgramCount || !is_listed(program))
    return fail(ErrorCode::kInvalidArgument,
                "program " + std::to_string(program) + " is not one of the stream's");
  if (note.onset < Tick{0} || note.duration < Tick{1} || note.pitch > 127)
    return fail(ErrorCode::kInvalidArgument,
                "a note needs an onset of 0 or later, a length of at least one tick and a pitch "
                "of at most 127");
  const StreamNote given = {NoteSource::kGiven, program, note};
  const auto before = [&](const StreamNote& a, const StreamNote& b) { return key(a) < key(b); };
  if (note.onset < now_ || (said_ > 0 && !before(notes_[said_ - 1], given))) rewind(note.onset);
  const auto place = std::lower_bound(notes_.begin(), notes_.end(), given, before);
  if (place != notes_.end() && key(*place) == key(given))
    *place = given;
  else
    notes_.insert(place, given);
  return {};
}

void Stream::Impl::hear(Tick time) {
  if (time <= heard_) return;
  heard_ = time;
  for (const StreamNote& note : notes_in(Tick{0}, time))
    if (note.source == NoteSource::kGuessed) return rewind(note.note.onset);
}

void Stream::Impl::set_playing(std::span<const int> programs) {
  playing_.reset();
  for (const int program : programs)
    if (program >= 0 && program < kProgramCount && is_written(program))
      playing_.set(static_cast<std::size_t>(program));
  sequence_.constraints().restrict_programs(playing_);
}

Result<void> Stream::Impl::set_wishes(const Wishes& wishes) {
  std::vector<int> programs;
  for (const int program : sequence_.order())
    if (is_written(program)) programs.push_back(program);
  if (auto ok = check_wishes(wishes, programs); !ok) return ok;
  sequence_.set_wishes(wishes, playing_);
  return {};
}

double Stream::Impl::end_odds() {
  model_.read(sequence_.history());
  const auto logit = [&](Kind kind) {
    const TokenId id = vocabulary_->id(kind);
    std::vector<float> value;
    model_.logits(std::array{IdRange{id, id + 1}}, value);
    return static_cast<double>(value.front());
  };
  return logit(Kind::kEos) - logit(Kind::kBar);
}

std::span<const StreamNote> Stream::Impl::notes_in(Tick from, Tick to) const {
  const auto first = [&](Tick time) {
    return std::lower_bound(notes_.begin(), notes_.end(), time,
                            [](const StreamNote& note, Tick t) { return note.note.onset < t; });
  };
  const auto begin = first(from);
  return {begin, std::max(begin, first(to))};
}

/// Those that have been silent for some bars, or never played yet, and what favours them.
void Stream::Impl::find_favours() {
  favours_.clear();
  if (presence_ <= 0) return;
  for (const int program : sequence_.order()) {
    if (!is_written(program) || !playing_.test(static_cast<std::size_t>(program))) continue;
    const int heard = sequence_.heard(program);
    const int waited = sequence_.bar() - heard - (heard < 0 ? 0 : kBarsOfSilence);
    if (waited > 0)
      favours_.push_back(
          {vocabulary_->id(Kind::kProgram, program), presence_favour(presence_, waited)});
  }
  std::sort(favours_.begin(), favours_.end(),
            [](const Candidate& a, const Candidate& b) { return a.id < b.id; });
}

Result<Stream> Stream::create(std::shared_ptr<const Engine> engine, const StreamOptions& options) {
  auto order = check_stream(*engine, options);
  if (!order) return tl::unexpected(order.error());
  Stream stream(std::make_unique<Impl>(std::move(engine), options, *std::move(order)));
  if (options.wishes != Wishes{})
    if (auto ok = stream.set_wishes(options.wishes); !ok) return tl::unexpected(ok.error());
  return stream;
}

Stream::Stream(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Stream::Stream(Stream&&) noexcept = default;
Stream& Stream::operator=(Stream&&) noexcept = default;
Stream::~Stream() = default;

int Stream::grid() const { return impl_->grid(); }
Tick Stream::now() const { return impl_->now(); }
Tick Stream::heard() const { return impl_->heard(); }
Bar Stream::bar_at(Tick time) const { return impl_->bars().at(time); }
int Stream::bar_number(Tick time) const { return impl_->bars().number(time); }
Result<void> Stream::begin_with(const Quantised& piece) { return impl_->begin_with(piece); }
Result<void> Stream::push(int program, const Note& note) { return impl_->push(program, note); }
void Stream::hear(Tick time) { impl_->hear(time); }
bool Stream::write(Tick time, const std::function<bool()>& stop) {
  return impl_->write(time, stop);
}
bool Stream::prepare(int tokens) { return impl_->prepare(tokens); }
void Stream::rewind(Tick time) { impl_->rewind(time); }
void Stream::commit(Tick time) { impl_->commit(time); }
Tick Stream::committed() const { return impl_->committed(); }
void Stream::reseed(std::uint64_t seed) { impl_->reseed(seed); }

Result<void> Stream::set_meter(Meter meter) {
  if (auto ok = check_meter(impl_->vocabulary(), meter); !ok) return ok;
  impl_->set_meter(meter);
  return {};
}

Result<void> Stream::set_tempo(double bpm) {
  if (auto ok = check_tempo(bpm); !ok) return ok;
  impl_->set_tempo(us_per_quarter(bpm));
  return {};
}

void Stream::set_sampler(const SamplerOptions& options) { impl_->set_sampler(options); }
void Stream::set_playing(std::span<const int> programs) { impl_->set_playing(programs); }
Result<void> Stream::set_wishes(const Wishes& wishes) { return impl_->set_wishes(wishes); }
double Stream::end_odds() { return impl_->end_odds(); }
std::span<const WishLoss> Stream::losses() const { return impl_->losses(); }
std::span<const StreamNote> Stream::notes() const { return impl_->notes(); }
std::span<const StreamNote> Stream::notes_in(Tick from, Tick to) const {
  return impl_->notes_in(from, to);
}
Score Stream::score() const { return impl_->score(); }
const Engine& Stream::engine() const { return impl_->engine(); }
Stream Stream::fork(std::uint64_t seed) const {
  return Stream(std::make_unique<Impl>(*impl_, seed));
}

}  // namespace sage
