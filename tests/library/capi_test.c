/* The C interface from plain C: capi_test MODEL FOLDER_FOR_FILES. The asan preset runs it too. */
#include <sage/sage.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failures = 0;

static void check(int holds, const char* what, int line) {
  if (holds) return;
  ++failures;
  fprintf(stderr, "capi_test.c:%d: not so: %s (last error: %s)\n", line, what, sage_last_error());
}
#define CHECK(condition) check((condition) != 0, #condition, __LINE__)
/* The call fails so, and says so. */
#define REFUSES(status, words, call) \
  (CHECK((call) == (status)), CHECK(strstr(sage_last_error(), (words)) != NULL))

static const char* kTrio =
    "{\"bars\": 4, \"instruments\": [\"piano\", 32, \"drums\"], \"tempo\": 100, \"seed\": 3}";

static void* read_whole(const char* path, size_t* size) {
  FILE* file = fopen(path, "rb");
  if (file == NULL) return NULL;
  fseek(file, 0, SEEK_END);
  *size = (size_t)ftell(file);
  rewind(file);
  void* bytes = malloc(*size);
  if (fread(bytes, 1, *size, file) != *size) *size = 0;
  fclose(file);
  return bytes;
}

static int same_midi(const sage_score* a, const sage_score* b) {
  uint8_t *first = NULL, *second = NULL;
  size_t sizes[2] = {0, 0};
  CHECK(sage_score_to_midi(a, &first, &sizes[0]) == SAGE_OK);
  CHECK(sage_score_to_midi(b, &second, &sizes[1]) == SAGE_OK);
  const int same = sizes[0] > 0 && sizes[0] == sizes[1] && memcmp(first, second, sizes[0]) == 0;
  sage_free_bytes(first);
  sage_free_bytes(second);
  return same;
}

static void test_engine(const char* model) {
  sage_engine* engine = NULL;
  REFUSES(SAGE_IO, "/nowhere/model", sage_engine_open("/nowhere/model", &engine));
  REFUSES(SAGE_INVALID_ARGUMENT, "NULL", sage_engine_open(model, NULL));
  CHECK(engine == NULL);

  size_t size = 0;
  uint8_t* bytes = read_whole(model, &size);
  REFUSES(SAGE_MALFORMED, "", sage_engine_open_bytes(bytes, 0, &engine));
  REFUSES(SAGE_MALFORMED, "", sage_engine_open_bytes(bytes, size / 2, &engine));
  REFUSES(SAGE_INVALID_ARGUMENT, "NULL", sage_engine_open_bytes(NULL, 1, &engine));
  bytes[size - 1] ^= 1; /* the checksum tells */
  REFUSES(SAGE_MALFORMED, "", sage_engine_open_bytes(bytes, size, &engine));
  bytes[size - 1] ^= 1;

  sage_engine* from_bytes = NULL;
  CHECK(sage_engine_open_bytes(bytes, size, &from_bytes) == SAGE_OK);
  free(bytes);
  CHECK(sage_engine_open(model, &engine) == SAGE_OK);
  CHECK(strcmp(sage_engine_info(engine), sage_engine_info(from_bytes)) == 0);
  CHECK(strstr(sage_engine_info(engine), "\"hash\":\"") != NULL);

  sage_score *a = NULL, *b = NULL;
  CHECK(sage_generate(engine, kTrio, NULL, NULL, NULL, &a) == SAGE_OK);
  CHECK(sage_generate(from_bytes, kTrio, NULL, NULL, NULL, &b) == SAGE_OK);
  CHECK(same_midi(a, b));
  sage_free_score(a);
  sage_free_score(b);
  sage_free_engine(engine);
  sage_free_engine(from_bytes);
}

static void test_scores(const char* folder) {
  const sage_note notes[] = {
      {0, 480, 0, 60, 80, {0, 0}}, {480, 240, 128, 36, 100, {0, 0}}, {480, 960, 0, 64, 1, {0, 0}}};
  sage_note back[4];
  sage_score *score = NULL, *read = NULL;
  CHECK(sage_score_create(notes, 3, 480, 90, &score) == SAGE_OK);
  CHECK(sage_score_ticks_per_quarter(score) == 480);
  CHECK(sage_score_notes(score, NULL, 0) == 3);
  CHECK(sage_score_notes(score, back, 1) == 3 && back[0].pitch == 60);
  CHECK(sage_score_seconds(score) > 1.99 &&
        sage_score_seconds(score) < 2.01); /* 3 quarters at 90 */

  char path[4096];
  snprintf(path, sizeof path, "%s/capi_test.mid", folder);
  CHECK(sage_score_write(score, path) == SAGE_OK);
  CHECK(sage_score_read(path, &read) == SAGE_OK);
  CHECK(same_midi(score, read));
  CHECK(sage_score_notes(read, back, 4) == 3);
  CHECK(back[1].program == 0 && back[1].pitch == 64 && back[1].velocity == 1 &&
        back[1].duration == 960);
  CHECK(back[2].program == 128 && back[2].onset == 480);
  double nmsi = 0;
  CHECK(sage_nmsi(score, read, &nmsi) == SAGE_OK && nmsi == 100);
  sage_free_score(read);
  sage_free_score(score);

  sage_note bad = notes[0];
  bad.program = 129;
  REFUSES(SAGE_INVALID_ARGUMENT, "note 0: program 129",
          sage_score_create(&bad, 1, 480, 90, &score));
  REFUSES(SAGE_INVALID_ARGUMENT, "ticks", sage_score_create(notes, 3, 0, 90, &score));
  REFUSES(SAGE_INVALID_ARGUMENT, "tempo", sage_score_create(notes, 3, 480, 0, &score));
  REFUSES(SAGE_MALFORMED, "", sage_score_from_midi("no MIDI", 7, &score));
  REFUSES(SAGE_IO, "/nowhere.mid", sage_score_read("/nowhere.mid", &score));
}

static int stop_at_two(void* user, int done, int all) {
  *(int*)user += 1;
  return all == 4 && done < 2;
}

static void test_pieces(const char* model) {
  sage_engine* engine = NULL;
  sage_score *piece = NULL, *next = NULL, *filled = NULL;
  CHECK(sage_engine_open(model, &engine) == SAGE_OK);
  REFUSES(SAGE_MALFORMED, "JSON", sage_generate(engine, "{bars", NULL, NULL, NULL, &piece));
  REFUSES(SAGE_INVALID_ARGUMENT, "no key 'barz'",
          sage_generate(engine, "{\"barz\": 1}", NULL, NULL, NULL, &piece));
  REFUSES(SAGE_INVALID_ARGUMENT, "'bars'",
          sage_generate(engine, "{\"bars\": 1.5}", NULL, NULL, NULL, &piece));
  REFUSES(SAGE_INVALID_ARGUMENT, "bars must",
          sage_generate(engine, "{\"bars\": 0}", NULL, NULL, NULL, &piece));
  REFUSES(SAGE_INVALID_ARGUMENT, "kazoo",
          sage_generate(engine, "{\"instruments\": [\"kazoo\"]}", NULL, NULL, NULL, &piece));
  REFUSES(SAGE_INVALID_ARGUMENT, "tempo",
          sage_generate(engine, "{\"tempo\": 1}", NULL, NULL, NULL, &piece));
  REFUSES(SAGE_INVALID_ARGUMENT, "3/5",
          sage_generate(engine, "{\"meter\": \"3/5\"}", NULL, NULL, NULL, &piece));
  REFUSES(SAGE_INVALID_ARGUMENT, "'wishes'",
          sage_generate(engine, "{\"wishes\": {\"kee\": 1}}", NULL, NULL, NULL, &piece));
  int calls = 0;
  REFUSES(SAGE_INTERRUPTED, "stopped",
          sage_generate(engine, kTrio, NULL, stop_at_two, &calls, &piece));
  CHECK(calls == 3 && piece == NULL);

  CHECK(sage_generate(engine, kTrio, NULL, NULL, NULL, &piece) == SAGE_OK);
  CHECK(sage_score_notes(piece, NULL, 0) > 20);
  CHECK(sage_generate(engine, "{\"bars\": 2, \"prompt_bars\": 2}", piece, NULL, NULL, &next) ==
        SAGE_OK);
  CHECK(sage_score_notes(next, NULL, 0) > 20);
  CHECK(sage_infill(engine, "{\"bars\": \"2\", \"instruments\": [\"piano\"], \"takes\": 1}", piece,
                    NULL, NULL, &filled) == SAGE_OK);
  CHECK(!same_midi(piece, filled));
  REFUSES(SAGE_INVALID_ARGUMENT, "8-7",
          sage_infill(engine, "{\"bars\": \"8-7\"}", piece, NULL, NULL, &filled));
  sage_free_engine(engine);
  sage_free_score(piece);
  sage_free_score(next);
  sage_free_score(filled);
}

static void test_streams(const char* model) {
  sage_engine* engine = NULL;
  sage_stream* stream = NULL;
  CHECK(sage_engine_open(model, &engine) == SAGE_OK);
  REFUSES(SAGE_INVALID_ARGUMENT, "no key 'give'",
          sage_stream_create(engine, "{\"give\": []}", &stream));
  REFUSES(SAGE_INVALID_ARGUMENT, "",
          sage_stream_create(engine, "{\"given\": [0], \"written\": [0]}", &stream));
  CHECK(sage_stream_create(engine, "{\"given\": [0], \"written\": [32, \"drums\"], \"seed\": 2}",
                           &stream) == SAGE_OK);
  sage_free_engine(engine); /* the stream keeps what it needs */
  const int64_t quarter = sage_stream_ticks_per_quarter(stream);
  CHECK(quarter > 0);
  for (int i = 0; i < 16; ++i) {
    const sage_note note = {i * quarter, quarter, 0, (uint8_t)(60 + i % 5), 80, {0, 0}};
    CHECK(sage_stream_push(stream, &note) == SAGE_OK);
  }
  sage_note note = {0}, first[512];
  int32_t found = 1;
  int count = 0;
  int64_t last = 0;
  while (sage_stream_next(stream, 16 * quarter, &note, &found) == SAGE_OK && found && count < 512) {
    CHECK(note.onset >= last && note.onset < 16 * quarter);
    CHECK(note.program == 32 || note.program == 128);
    last = note.onset;
    first[count++] = note;
  }
  CHECK(count > 8 && !found);

  /* What is taken back is written again, from there on and no earlier. */
  CHECK(sage_stream_change(stream, "{\"seed\": 5, \"playing\": [\"drums\"]}") == SAGE_OK);
  CHECK(sage_stream_rewind(stream, 8 * quarter) == SAGE_OK);
  int again = 0;
  while (sage_stream_next(stream, 16 * quarter, &note, &found) == SAGE_OK && found) {
    CHECK(note.onset >= 8 * quarter && note.program == 128);
    ++again;
  }
  sage_score* score = NULL;
  CHECK(sage_stream_score(stream, &score) == SAGE_OK);
  int before = 0;
  while (before < count && first[before].onset < 8 * quarter) ++before;
  CHECK(sage_score_notes(score, NULL, 0) == (size_t)(16 + before + again));
  sage_free_score(score);

  const sage_note late = {4 * quarter, quarter, 0, 72, 80, {0, 0}};
  CHECK(sage_stream_push(stream, &late) == SAGE_OK);
  CHECK(sage_stream_next(stream, 16 * quarter, &note, &found) == SAGE_OK);
  CHECK(!found || note.onset >= 4 * quarter);
  REFUSES(SAGE_INVALID_ARGUMENT, "",
          sage_stream_push(stream, &(const sage_note){0, 1, 50, 60, 80, {0, 0}}));
  REFUSES(SAGE_INVALID_ARGUMENT, "time 0", sage_stream_rewind(stream, -1));
  REFUSES(SAGE_INVALID_ARGUMENT, "'meter'", sage_stream_change(stream, "{\"meter\": 3}"));
  sage_free_stream(stream);
}

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  CHECK(strcmp(sage_version(), SAGE_VERSION) == 0);
  CHECK(sage_abi_version() == SAGE_ABI_VERSION);
  CHECK(strcmp(sage_last_error(), "") == 0);
  test_engine(argv[1]);
  test_scores(argv[2]);
  test_pieces(argv[1]);
  test_streams(argv[1]);
  sage_free_engine(NULL);
  sage_free_stream(NULL);
  sage_free_score(NULL);
  sage_free_bytes(NULL);
  if (failures == 0) puts("the C interface holds");
  return failures != 0;
}
