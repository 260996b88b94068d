/* Composes 16 bars for flute, piano, bass and drums, and writes bars 5 to 8 of the piano again:
 * compose OUTPUT.mid */
#include <sage/sage.h>
#include <stdio.h>

static int complain(void) { return fprintf(stderr, "compose: %s\n", sage_last_error()), 1; }

int main(int argc, char** argv) {
  sage_engine* engine = NULL;
  sage_score *piece = NULL, *changed = NULL;
  if (argc != 2) return fprintf(stderr, "usage: %s OUTPUT.mid\n", argv[0]), 2;
  if (sage_engine_open(NULL, &engine) != SAGE_OK) return complain(); /* the bundled model */
  const char* request =
      "{\"bars\": 16, \"instruments\": [\"flute\", \"piano\", \"acoustic bass\", \"drums\"],"
      " \"tempo\": 126, \"seed\": 7}";
  if (sage_generate(engine, request, NULL, NULL, NULL, &piece) != SAGE_OK) return complain();
  if (sage_infill(engine, "{\"bars\": \"5-8\", \"instruments\": [\"piano\"]}", piece, NULL, NULL,
                  &changed) != SAGE_OK)
    return complain();
  if (sage_score_write(changed, argv[1]) != SAGE_OK) return complain();
  printf("%s: %zu notes, %.1f s\n", argv[1], sage_score_notes(changed, NULL, 0),
         sage_score_seconds(changed));
  sage_free_score(changed);
  sage_free_score(piece);
  sage_free_engine(engine);
  return 0;
}
