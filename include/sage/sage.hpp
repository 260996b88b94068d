// SAGE-Music for C++20 programs: include this header, and no other.
//
// Engine: a model file, opened once; immutable, to be shared by threads. Generator: writes a piece
// event by event. Stream: writes among given notes, and takes back. infill(): writes parts of a
// piece again. Music goes in and out as a Score, read from and written to MIDI files. Errors are
// values (Result).
//
// The headers named here are the public interface. What they include in turn is installed because
// the compiler needs it, and may change with every version. The C++ library has no stable ABI:
// build it and the program with the same compiler. sage.h is the C interface, which has one.
#pragma once

#include "base/error.h"
#include "generate/continuing.h"
#include "generate/engine.h"
#include "generate/generator.h"
#include "generate/infill.h"
#include "generate/likelihood.h"
#include "generate/request.h"
#include "generate/rewriting.h"
#include "generate/sampler.h"
#include "generate/stream.h"
#include "generate/takes.h"
#include "metrics/metric.h"
#include "metrics/similarity.h"
#include "midi/reader.h"
#include "midi/writer.h"
#include "score/program_names.h"
#include "score/score.h"
#include "score/timeline.h"
#include "score/validate.h"
#include "tokens/bpe/trainer.h"
#include "tokens/tokenizer.h"
#include "tokens/tokenizer_file.h"
