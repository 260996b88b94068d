/* SAGE-Music for C, and for every language that can call C. Link sage_music.
 *
 * Objects are opaque; each has a sage_free_ function, which takes NULL as well. Engines are
 * immutable: any number of threads may use one at once. A score or a stream belongs to one thread
 * at a time. Streams keep what they need of their engine, which may be freed before them.
 *
 * Functions that can fail return a sage_status. After one that is not SAGE_OK, sage_last_error()
 * gives the reason in one line, and the output arguments are as they were. Nothing here prints,
 * exits, throws or reads the environment (SAGE_ISA excepted, which forces an instruction set).
 *
 * Requests are JSON objects, so that new ones need no new function: see docs/embed.md. Text is
 * UTF-8.
 *
 * ABI: functions and fields are added, never changed, as long as SAGE_ABI_VERSION stays the same.
 */
#ifndef SAGE_SAGE_H_
#define SAGE_SAGE_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SAGE_VERSION "0.1.0"
#define SAGE_ABI_VERSION 0

#if defined(_WIN32)
#define SAGE_API
#else
#define SAGE_API __attribute__((visibility("default")))
#endif

typedef enum sage_status {
  SAGE_OK = 0,
  SAGE_INVALID_ARGUMENT = 1, /* the caller asked for something that makes no sense */
  SAGE_IO = 2,               /* an operating system call failed */
  SAGE_MALFORMED = 3,        /* the bytes are not what they should be */
  SAGE_UNSUPPORTED = 4,      /* well formed, but this library cannot handle it */
  SAGE_LIMIT = 5,            /* larger than a stated limit */
  SAGE_MISMATCH = 6,         /* two things that must belong together do not */
  SAGE_INTERRUPTED = 7,      /* a callback asked to stop */
  SAGE_NO_MEMORY = 8,        /* memory ran out */
  SAGE_UNFULFILLED = 9       /* done, but not all that was asked for came about */
} sage_status;

/* The version of the library that runs; SAGE_VERSION is that of this header. */
SAGE_API const char* sage_version(void);
SAGE_API int32_t sage_abi_version(void);

/* Why the last call of this thread failed: one line, "" where none has. Valid until the thread's
 * next call. */
SAGE_API const char* sage_last_error(void);

/* Memory that the library returned. */
SAGE_API void sage_free_bytes(uint8_t* bytes);
SAGE_API void sage_free_text(char* text);

/* --- Engines: a model file, opened --- */

typedef struct sage_engine sage_engine;

/* Opens a model file. NULL: the bundled model, which is found beside the library. */
SAGE_API sage_status sage_engine_open(const char* path, sage_engine** engine);
/* The same from the bytes of a model file, which are copied. */
SAGE_API sage_status sage_engine_open_bytes(const void* bytes, size_t size, sage_engine** engine);
SAGE_API void sage_free_engine(sage_engine* engine);
/* What the model is, as JSON: "hash", "licence", "type", "context", "tokens", "tokenizer". Valid as
 * long as the engine. */
SAGE_API const char* sage_engine_info(const sage_engine* engine);

/* --- Scores: a piece of music --- */

typedef struct sage_score sage_score;

typedef struct sage_note {
  int64_t onset;    /* ticks, see sage_score_ticks_per_quarter() */
  int64_t duration; /* ticks */
  int32_t program;  /* 0 to 127 as in General MIDI; 128: drums */
  uint8_t pitch;    /* 0 to 127 */
  uint8_t velocity; /* 1 to 127 */
  uint8_t reserved[2];
} sage_note;

/* A piece of notes; `bpm` is its tempo in quarter notes a minute. Further properties are the
 * file's. */
SAGE_API sage_status sage_score_create(const sage_note* notes, size_t count,
                                       int32_t ticks_per_quarter, double bpm, sage_score** score);
/* Reads a Standard MIDI File. */
SAGE_API sage_status sage_score_read(const char* path, sage_score** score);
SAGE_API sage_status sage_score_from_midi(const void* bytes, size_t size, sage_score** score);
/* Writes one; to a file atomically. */
SAGE_API sage_status sage_score_write(const sage_score* score, const char* path);
SAGE_API sage_status sage_score_to_midi(const sage_score* score, uint8_t** bytes, size_t* size);
SAGE_API void sage_free_score(sage_score* score);

SAGE_API int32_t sage_score_ticks_per_quarter(const sage_score* score);
SAGE_API double sage_score_seconds(const sage_score* score);
/* Copies the notes, ordered by onset, as far as there is room, and returns how many there are. */
SAGE_API size_t sage_score_notes(const sage_score* score, sage_note* notes, size_t capacity);
/* NMSI, the normalised musical similarity index of two pieces: 0 to 100, 100 for equal ones. */
SAGE_API sage_status sage_nmsi(const sage_score* a, const sage_score* b, double* nmsi);

/* --- Whole pieces --- */

/* Called now and then with the bars done and all bars; returns 0 to stop (SAGE_INTERRUPTED). */
typedef int (*sage_progress)(void* user, int done, int all);

/* Writes a piece, or continues `prompt` (or NULL). `request` is JSON, NULL for the defaults:
 *   {"bars": 16, "instruments": ["flute", "piano", 32], "tempo": 120, "meter": "3/4", "seed": 7} */
SAGE_API sage_status sage_generate(const sage_engine* engine, const char* request,
                                   const sage_score* prompt, sage_progress progress, void* user,
                                   sage_score** score);
/* Writes bars or parts of a piece again: {"bars": "5-8", "instruments": ["piano"], "seed": 7} */
SAGE_API sage_status sage_infill(const sage_engine* engine, const char* request,
                                 const sage_score* piece, sage_progress progress, void* user,
                                 sage_score** score);

/* --- Streams: written note by note, among notes that are given --- */

typedef struct sage_stream sage_stream;

/* `options` is JSON: {"given": ["piano"], "written": ["acoustic bass", "drums"], "tempo": 96}.
 * Notes of the given instruments come by sage_stream_push(); those of the written ones are drawn by
 * the model, given all that stands before them. Times are ticks from the start of the stream. */
SAGE_API sage_status sage_stream_create(const sage_engine* engine, const char* options,
                                        sage_stream** stream);
SAGE_API void sage_free_stream(sage_stream* stream);
SAGE_API int32_t sage_stream_ticks_per_quarter(const sage_stream* stream);
/* The next written note that begins before `until`, as soon as it is final, in order of time.
 * `found` becomes 0 where there is none; everything before `until` is settled then. */
SAGE_API sage_status sage_stream_next(sage_stream* stream, int64_t until, sage_note* note,
                                      int32_t* found);
/* A given note. Where it comes late, what was written from its onset on is taken back, and
 * sage_stream_next() goes on from there. */
SAGE_API sage_status sage_stream_push(sage_stream* stream, const sage_note* note);
/* All given notes before `time` have been pushed (for streams that guess them). */
SAGE_API sage_status sage_stream_hear(sage_stream* stream, int64_t time);
/* Takes back what was written from `time` on; given notes stay. */
SAGE_API sage_status sage_stream_rewind(sage_stream* stream, int64_t time);
/* From now on, as JSON: {"tempo": 90, "meter": "3/4", "playing": ["drums"], "seed": 3}. */
SAGE_API sage_status sage_stream_change(sage_stream* stream, const char* changes);
/* All given and written notes so far. */
SAGE_API sage_status sage_stream_score(const sage_stream* stream, sage_score** score);

#ifdef __cplusplus
}
#endif

#endif /* SAGE_SAGE_H_ */
