// How many notes the instruments of General MIDI can sound at once.
#pragma once

namespace sage {

inline constexpr int kManyVoices = 128;

/// For a program 0..128: 1 for wind instruments, 2 for bowed strings and plucked basses, 6 for
/// guitars, 10 for keyboards, else kManyVoices.
int voices_of(int program);
inline bool is_keyboard(int program) { return voices_of(program) == 10; }
inline bool is_guitar(int program) { return voices_of(program) == 6; }
/// Basses and double bass, cello apart.
bool is_bass(int program);

}  // namespace sage
