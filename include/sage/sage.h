// SAGE-Music for programs that embed it: link `sage`, include this header, and no other.
//
// A model file is opened as an Engine, which is immutable and may be shared by threads; a Generator
// writes a piece event by event; a Stream writes among given notes; infill() writes parts of a piece
// again. Music goes in and out as a
// Score, read from and written to MIDI files. Errors are values (Result).
#pragma once

#include "base/error.h"
#include "generate/engine.h"
#include "generate/generator.h"
#include "generate/infill.h"
#include "generate/request.h"
#include "generate/sampler.h"
#include "generate/stream.h"
#include "midi/reader.h"
#include "midi/writer.h"
#include "score/score.h"
#include "score/timeline.h"
#include "tokens/tokenizer.h"
