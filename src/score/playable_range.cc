#include "score/playable_range.h"

#include <array>

#include "score/score.h"

namespace sage {
namespace {

constexpr PitchRange kAny = {};
constexpr PitchRange kPiano = {21, 108}, kOrgan = {24, 108}, kGuitar = {36, 88}, kBass = {23, 72};
constexpr PitchRange kVoices = {36, 88}, kStrings = {24, 105}, kTrumpet = {52, 89};

// By program, eight a line as General MIDI has its families.
constexpr std::array<PitchRange, 128> kRanges = {{
    // Pianos; harpsichord, clavinet.
    kPiano,
    kPiano,
    kPiano,
    kPiano,
    kPiano,
    kPiano,
    {24, 91},
    {24, 96},
    // Celesta, glockenspiel, music box, vibraphone, marimba, xylophone, tubular bells, dulcimer.
    {48, 108},
    {55, 108},
    {48, 108},
    {53, 89},
    {36, 96},
    {53, 108},
    {53, 79},
    {43, 91},
    // Organs; accordion, harmonica, bandoneon.
    kOrgan,
    kOrgan,
    kOrgan,
    kOrgan,
    kOrgan,
    {28, 105},
    {48, 98},
    {28, 105},
    // Guitars; harmonics.
    kGuitar,
    kGuitar,
    kGuitar,
    kGuitar,
    kGuitar,
    kGuitar,
    kGuitar,
    {36, 100},
    // Acoustic bass, then basses that are plucked, then synthesizers.
    {24, 79},
    kBass,
    kBass,
    kBass,
    kBass,
    kBass,
    kAny,
    kAny,
    // Violin, viola, cello, double bass, tremolo, pizzicato, harp, timpani.
    {55, 105},
    {48, 93},
    {36, 88},
    {24, 79},
    kStrings,
    kStrings,
    {23, 104},
    {36, 60},
    // String ensembles, synthesized strings, choir, voices, synthesized voice, orchestra hit.
    kStrings,
    kStrings,
    kAny,
    kAny,
    kVoices,
    kVoices,
    kAny,
    kAny,
    // Trumpet, trombone, tuba, muted trumpet, horn, brass section, synthesized brass.
    kTrumpet,
    {28, 77},
    {24, 67},
    kTrumpet,
    {31, 79},
    {24, 89},
    kAny,
    kAny,
    // Saxophones from soprano to baritone, oboe, English horn, bassoon, clarinet.
    {56, 92},
    {49, 87},
    {44, 82},
    {36, 75},
    {58, 93},
    {52, 84},
    {33, 77},
    {49, 96},
    // Piccolo, flute, recorder, pan flute, bottle, shakuhachi, whistle, ocarina.
    {62, 108},
    {59, 100},
    {53, 103},
    {55, 96},
    kAny,
    {50, 96},
    kAny,
    {55, 96},
    // Leads, pads and effects of synthesizers.
    kAny,
    kAny,
    kAny,
    kAny,
    kAny,
    kAny,
    kAny,
    kAny,
    kAny,
    kAny,
    kAny,
    kAny,
    kAny,
    kAny,
    kAny,
    kAny,
    kAny,
    kAny,
    kAny,
    kAny,
    kAny,
    kAny,
    kAny,
    kAny,
    // Sitar, banjo, shamisen, koto, kalimba, bagpipe, fiddle, shanai.
    {36, 88},
    {47, 90},
    {43, 88},
    {38, 93},
    {43, 93},
    {45, 86},
    {55, 105},
    {52, 91},
    // Percussive programs and sound effects.
    kAny,
    kAny,
    kAny,
    kAny,
    kAny,
    kAny,
    kAny,
    kAny,
    kAny,
    kAny,
    kAny,
    kAny,
    kAny,
    kAny,
    kAny,
    kAny,
}};

constexpr PitchRange kDrumKeys = {27, 87};

}  // namespace

PitchRange playable_range(int program) {
  if (program == kDrumProgram) return kDrumKeys;
  return program >= 0 && program < 128 ? kRanges[static_cast<std::size_t>(program)] : kAny;
}

}  // namespace sage
