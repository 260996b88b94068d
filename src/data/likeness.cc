#include "data/likeness.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <tuple>

#include "base/random.h"

namespace sage {
namespace {

/// Steps a quarter note: 64th notes, their triplets and what lies on the usual grids are whole.
constexpr int kSteps = 96;
constexpr int kShingleNotes = 5;
constexpr int kBands = 32, kRows = kSignatureSize / kBands;
static_assert(kRows * sizeof(std::uint16_t) == sizeof(std::uint64_t));
/// In a band that more pieces share, each is compared with the first and the last so many before.
constexpr std::size_t kNeighbours = 16;

std::uint64_t mix(std::uint64_t z) {  // SplitMix64's
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

struct Event {
  std::int64_t onset;
  std::int16_t program;
  std::uint8_t pitch;
  friend auto operator<=>(const Event&, const Event&) = default;
};

/// Every note once, whatever tracks and ticks the file uses, by onset, program, pitch.
std::vector<Event> events_of(const Score& score) {
  std::vector<Event> events;
  for (const Track& track : score.tracks)
    for (const Note& note : track.notes)
      events.push_back({rescale(note.onset.count, score.ticks_per_quarter, kSteps),
                        static_cast<std::int16_t>(track.program_or_drum()), note.pitch});
  std::sort(events.begin(), events.end());
  events.erase(std::unique(events.begin(), events.end()), events.end());
  return events;
}

std::uint64_t fingerprint_of(const std::vector<Event>& events) {
  std::int64_t unit = 0;
  int lowest = 128;
  for (const Event& event : events) {
    unit = std::gcd(unit, event.onset - events.front().onset);
    if (event.program != kDrumProgram) lowest = std::min<int>(lowest, event.pitch);
  }
  unit = std::max<std::int64_t>(1, unit);
  std::uint64_t hash = 0;
  for (const Event& event : events) {
    const bool drum = event.program == kDrumProgram;
    const auto onset = static_cast<std::uint64_t>((event.onset - events.front().onset) / unit);
    const auto pitch = static_cast<std::uint64_t>(drum ? event.pitch : event.pitch - lowest);
    hash = mix(hash ^ mix(onset << 16 | static_cast<std::uint64_t>(event.program) << 8 | pitch));
  }
  return hash;
}

/// One voice: the highest or the lowest pitched note of every onset.
struct VoiceNote {
  std::int64_t onset;
  int pitch;
};

std::vector<VoiceNote> voice_of(const std::vector<Event>& events, bool highest) {
  std::vector<VoiceNote> voice;
  for (const Event& event : events) {
    if (event.program == kDrumProgram) continue;
    if (voice.empty() || voice.back().onset != event.onset)
      voice.push_back({event.onset, event.pitch});
    else if (highest ? event.pitch > voice.back().pitch : event.pitch < voice.back().pitch)
      voice.back().pitch = event.pitch;
  }
  return voice;
}

/// Half octaves between two gaps: the same for any tempo, and for a played rhythm mostly the same
/// as for the written one.
int ratio_class(std::int64_t gap, std::int64_t next) {
  const double octaves = std::log2(static_cast<double>(next) / static_cast<double>(gap));
  return static_cast<int>(std::lround(std::clamp(2 * octaves, -7.0, 7.0)));
}

void add_shingles(const std::vector<VoiceNote>& voice, std::uint64_t tag,
                  std::vector<std::uint32_t>& to) {
  std::vector<std::uint64_t> steps;  // interval and gap ratio of a note and the one before
  for (std::size_t i = 1; i < voice.size(); ++i) {
    const int interval = voice[i].pitch - voice[i - 1].pitch;
    const int ratio = i < 2 ? 0
                            : ratio_class(voice[i - 1].onset - voice[i - 2].onset,
                                          voice[i].onset - voice[i - 1].onset);
    steps.push_back(static_cast<std::uint64_t>(interval + 128) << 4 |
                    static_cast<std::uint64_t>(ratio + 8));
  }
  constexpr std::size_t kStepCount = kShingleNotes - 1;
  for (std::size_t i = 0; i + kStepCount <= steps.size(); ++i) {
    std::uint64_t shingle = steps[i] >> 4;  // the gap before its first note is not in it
    for (std::size_t k = 1; k < kStepCount; ++k) shingle = shingle << 12 | steps[i + k];
    to.push_back(static_cast<std::uint32_t>(mix(shingle << 1 | tag) >> 32));
  }
}

std::vector<std::uint32_t> shingles_from(const std::vector<Event>& events) {
  std::vector<std::uint32_t> shingles;
  add_shingles(voice_of(events, /*highest=*/true), 0, shingles);
  add_shingles(voice_of(events, /*highest=*/false), 1, shingles);
  std::sort(shingles.begin(), shingles.end());
  shingles.erase(std::unique(shingles.begin(), shingles.end()), shingles.end());
  return shingles;
}

/// The hash functions x -> factor * x + term of a signature.
struct Hashes {
  std::array<std::uint32_t, kSignatureSize> factor, term;
  Hashes() {
    Random random(0x5a6e);
    for (auto& value : factor) value = static_cast<std::uint32_t>(random.next() >> 32) | 1;
    for (auto& value : term) value = static_cast<std::uint32_t>(random.next() >> 32);
  }
};

Signature signature_of(const std::vector<std::uint32_t>& shingles) {
  static const Hashes hashes;
  std::array<std::uint32_t, kSignatureSize> least;
  least.fill(~std::uint32_t{0});
  for (const std::uint32_t shingle : shingles)
    for (std::size_t k = 0; k < least.size(); ++k)
      least[k] = std::min(least[k], shingle * hashes.factor[k] + hashes.term[k]);
  Signature signature;
  for (std::size_t k = 0; k < least.size(); ++k)
    signature[k] = static_cast<std::uint16_t>(mix(least[k]));
  return signature;
}

std::uint64_t band_of(const Signature& signature, int band) {
  std::uint64_t key;
  std::memcpy(&key, signature.data() + band * kRows, sizeof key);
  return key;
}

}  // namespace

std::vector<std::uint32_t> shingles_of(const Score& score) {
  return shingles_from(events_of(score));
}

Likeness likeness_of(const Score& score) {
  const auto events = events_of(score);
  const auto shingles = shingles_from(events);
  Likeness likeness;
  likeness.fingerprint = fingerprint_of(events);
  likeness.shingles = static_cast<std::uint32_t>(shingles.size());
  likeness.signature = signature_of(shingles);
  return likeness;
}

double similarity(const Signature& a, const Signature& b) {
  int equal = 0;
  for (std::size_t k = 0; k < a.size(); ++k) equal += a[k] == b[k] ? 1 : 0;
  return equal / static_cast<double>(kSignatureSize);
}

std::vector<LikePair> like_pairs(std::span<const Signature* const> signatures, double least) {
  struct Member {
    std::uint64_t key;
    std::uint32_t index;
    auto operator<=>(const Member&) const = default;
  };
  std::vector<Member> members;
  std::vector<LikePair> pairs;
  const auto compare = [&](std::uint32_t i, std::uint32_t j) {
    const double value = similarity(*signatures[i], *signatures[j]);
    if (value >= least) pairs.push_back({i, j, static_cast<float>(value)});
  };
  for (int band = 0; band < kBands; ++band) {
    members.clear();
    for (std::uint32_t i = 0; i < signatures.size(); ++i)
      if (signatures[i] != nullptr) members.push_back({band_of(*signatures[i], band), i});
    std::sort(members.begin(), members.end());
    for (std::size_t first = 0, i = 0; i < members.size(); ++i) {
      if (members[i].key != members[first].key) first = i;
      for (std::size_t k = first; k < std::min(i, first + kNeighbours); ++k)
        compare(members[k].index, members[i].index);
      const std::size_t near = i - std::min(i - first, kNeighbours);
      for (std::size_t k = std::max(near, first + kNeighbours); k < i; ++k)
        compare(members[k].index, members[i].index);
    }
    // What several bands find counts once.
    const auto place = [](const LikePair& pair) { return std::tie(pair.second, pair.first); };
    std::sort(pairs.begin(), pairs.end(),
              [&](const LikePair& a, const LikePair& b) { return place(a) < place(b); });
    pairs.erase(
        std::unique(pairs.begin(), pairs.end(),
                    [&](const LikePair& a, const LikePair& b) { return place(a) == place(b); }),
        pairs.end());
  }
  return pairs;
}

}  // namespace sage
