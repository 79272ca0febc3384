/* lower.h: from a program as it was written to one that can be emitted: one file and one verb for each pass.
 *
 * A pass rewrites the program in place and leaves it valid: program_verify holds after each. All of them leave a program that has nothing of
 * theirs unchanged, so programs for every kind of function take the one way; passes.def holds their order. */
#ifndef CORE_LOWER_LOWER_H
#define CORE_LOWER_LOWER_H

#include "script/script.h"
#include <hidet/target.h>

typedef struct lowering {
	const hdt_target *target;
	const hdt_target_info *info; /* NULL: limits and architecture are not checked */
	/* Called after each pass that changed something (dumps, goldens); may be NULL. */
	hdt_status (*after)(void *closure, const char *pass, const hdt_program *program);
	void *closure;
} lowering;

/* Run the passes that the target's language needs: a target that takes script keeps shapes, views and layouts, by which it checks indices.
 * With HIDET_VERIFY set the verifier runs after each. */
hdt_status program_lower(hdt_program *program, const lowering *how);

#define LOWER_PASS(verb, word, script, doc) hdt_status lower_##verb(hdt_program *program, const lowering *how);
#include "lower/passes.def"
#undef LOWER_PASS

typedef struct lower_pass {
	const char *word;
	hdt_status (*run)(hdt_program *program, const lowering *how);
	bool script; /* also for targets that take script */
	const char *doc;
} lower_pass;
extern const lower_pass lower_passes[];
extern const int lower_pass_count;
/* Run one of them as program_lower does. */
hdt_status lower_run(const lower_pass *pass, hdt_program *program, const lowering *how);

#endif
