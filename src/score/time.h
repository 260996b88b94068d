// Musical time in integer ticks. How long a tick lasts is the owning score's business.
#pragma once

#include <compare>
#include <cstdint>

namespace sage {

/// A position or a length in ticks; a type of its own so that it never mixes with seconds, grid
/// positions or indices by accident.
struct Tick {
  std::int64_t count = 0;

  friend constexpr auto operator<=>(Tick, Tick) = default;
  friend constexpr Tick operator+(Tick a, Tick b) { return {a.count + b.count}; }
  friend constexpr Tick operator-(Tick a, Tick b) { return {a.count - b.count}; }
  friend constexpr Tick operator*(Tick a, std::int64_t k) { return {a.count * k}; }
  constexpr Tick& operator+=(Tick b) { return *this = *this + b; }
};

}  // namespace sage
