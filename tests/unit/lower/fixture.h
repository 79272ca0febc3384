/* fixture.h: programs from text, passes by their words. */
#ifndef TESTS_UNIT_LOWER_FIXTURE_H
#define TESTS_UNIT_LOWER_FIXTURE_H

#include "lower/lower.h"
#include "tests/lower/meaning.h"
#include "tests/lower/target.h"
#include <criterion/criterion.h>

/* One for each test; freed after it. */
extern hdt_context *c;
void fixture_init(void);
void fixture_fini(void);

/* A program from its text; the test fails when it is none. */
hdt_program *program_of(const char *source);
/* Run the pass of this word. */
hdt_status run_pass(hdt_program *program, const char *word);
/* Text of a program, in the context. */
const char *text_of(const hdt_program *program);
/* The pass refuses the program, with these words in its message, and leaves it as it was. */
void refuses(const char *word, const char *source, const char *says);
/* The pass does not change what the program does; gives the program afterwards. */
hdt_program *keeps_meaning(const char *word, const char *source);

#endif
