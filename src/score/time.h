// Musical time in integer ticks. How long a tick lasts is the owning score's business.
#pragma once

#include <compare>
#include <cstdint>

namespace sage {

/// A position or a length in ticks; a separate type so that it never mixes with seconds, grid
/// positions or indices by accident.
struct Tick {
  std::int64_t count = 0;

  friend constexpr auto operator<=>(Tick, Tick) = default;
  friend constexpr Tick operator+(Tick a, Tick b) { return {a.count + b.count}; }
  friend constexpr Tick operator-(Tick a, Tick b) { return {a.count - b.count}; }
  friend constexpr Tick operator*(Tick a, std::int64_t k) { return {a.count * k}; }
  constexpr Tick& operator+=(Tick b) { return *this = *this + b; }
};

/// round(ticks * to / from), halves up: a time in a score of `from` ticks a quarter, told in `to`
/// of them. Precondition: ticks >= 0, and ticks * to fits 62 bits.
constexpr std::int64_t rescale(std::int64_t ticks, std::int64_t from, std::int64_t to) {
  return (ticks / from) * to + ((ticks % from) * to * 2 + from) / (2 * from);
}

}  // namespace sage
