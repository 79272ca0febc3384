/* replace.h: programs from files instead of those that schedulers built: how an edited dump is loaded back. */
#ifndef CORE_EXEC_REPLACE_H
#define CORE_EXEC_REPLACE_H

#include "base/vec.h"
#include "exec/compiled.h"

typedef struct replacement {
	const hdt_program *program;
	const char *file;
	int steps; /* in which it stands */
} replacement;
typedef VEC(replacement) replacements;

/* The programs of the files (ended by NULL; none: NULL). */
hdt_status replacements_read(replacements *r, hdt_context *context, const char *const *files);
/* Each takes the place of every step's program that has its name and its buffers, but for constants and workspace; the last one of several.
 * What was put before stays. */
void replacements_put(replacements *r, step *steps, int count);
/* A program that stands in no step is a fault (BAD_INPUT), which tells what there is. */
hdt_status replacements_check(const replacements *r, hdt_context *context, const step *steps, int count);

#endif
