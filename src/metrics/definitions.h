// The definitions behind the single-piece metrics, with MusPy's parameters.
//
// They are exactly those of MusPy 0.5 (muspy/metrics/metrics.py; Dong et al., ISMIR 2020), so that
// the same notes at the same resolution give the same numbers; a "time step" is a tick of the
// piece's score. NaN where MusPy returns NaN, which each function says. "Pitched" means tracks that
// are no drums.
#pragma once

#include <cstddef>

#include "metrics/piece.h"

namespace sage {

enum class Mode { kMajor, kMinor };
enum class Feel { kDuple, kTriple };

/// Number of pitches among the pitched notes.
double pitches_used(const Piece& piece);
/// Number of pitch classes among the pitched notes.
double pitch_classes_used(const Piece& piece);
/// Highest less lowest pitch, in semitones, of the pitched notes. 0 without any (MusPy says -127
/// when there are only drums, which is no range).
double pitch_range(const Piece& piece);
/// -sum p log2 p over pitches of pitched notes, bits. NaN without any.
double pitch_entropy(const Piece& piece);
/// -sum p log2 p over pitch classes of pitched notes, bits (Wu and Yang 2020). NaN without any.
double pitch_class_entropy(const Piece& piece);
/// Share of the pitched notes in a scale (major, natural minor). NaN without any.
double pitch_in_scale_rate(const Piece& piece, int root, Mode mode);
/// The largest pitch_in_scale_rate over the 24 scales (Mogren 2016). NaN without pitched notes.
double scale_consistency(const Piece& piece);
/// Sounding pitches a time step, over the steps in which one sounds. Pitched tracks together: two
/// notes of one pitch count once. NaN without a pitched note of a length.
double polyphony(const Piece& piece);
/// Share of all time steps up to the last note's end (drums included) in which more than
/// `threshold` pitches sound. NaN when nothing lasts.
double polyphony_rate(const Piece& piece, int threshold = 2);

/// Share of beats (quarter notes) in which no note sounds. A beat counts as sounding when it holds
/// a note's end as well: beats first..last inclusive, with length/beat + 1 beats in all. NaN when
/// the piece has no length. Drums count.
double empty_beat_rate(const Piece& piece);
/// The same for bars of `measure` ticks.
double empty_measure_rate(const Piece& piece, Tick measure);
/// 1 - the mean Hamming distance of the onset patterns of neighbouring bars of `measure` ticks, all
/// tracks together (Wu and Yang 2020). NaN with fewer than two bars.
double groove_consistency(const Piece& piece, Tick measure);
/// Share of drum notes on eighths and sixteenths (duple), or on thirds of a beat (triple), as far
/// as the resolution divides so (Dong et al. 2018). NaN without drum notes.
double drum_in_pattern_rate(const Piece& piece, Feel feel);
/// The larger of the two. NaN without drum notes.
double drum_pattern_consistency(const Piece& piece);

/// Share of the tracks that hold no note: in a part of a piece, the instruments that pause
/// throughout. NaN without tracks. Not in MusPy.
double empty_track_rate(const Piece& piece);

}  // namespace sage
