/* candidate.h: the ways in which a task can be computed: the schedulers that apply, each with the choices of its tuning space. */
#ifndef CORE_EXEC_CANDIDATE_H
#define CORE_EXEC_CANDIDATE_H

#include "base/text.h"
#include "exec/compiled.h"

typedef struct candidate {
	const hdt_scheduler *scheduler; /* NULL: none */
	bool chosen;                    /* `choice` is set; else its best guess is taken */
	hdt_choice choice;
	double cost_us; /* as the scheduler's query estimates its best guess */
} candidate;

/* The schedulers that serve the target, sorted by name. NULL when memory is out. */
const hdt_scheduler *const *schedulers_for(hdt_context *context, const hdt_target *target, int *count);
/* Has its program parameters that can be tuned? */
bool scheduler_is_template(const hdt_scheduler *scheduler);
/* Its samples, ended by NULL; NULL: it has none. */
const char *const *scheduler_samples(const hdt_scheduler *scheduler);

/* Those that apply to the task, the lowest cost first; equal costs: the higher rank, then the name. At level 0 each scheduler once, above with
 * every choice of its space at this level, in its order. Why others do not apply goes to `declined`. Returns their number; -1 after a fault. */
int candidates_list(hdt_context *context, const hdt_task *task, const loaded *on, int level, candidate **out,
                    text *declined);
/* Choose the best guess, where the scheduler is a template and nothing is chosen yet. False: it has none. */
bool candidate_guess(candidate *c, const hdt_task *task, const hdt_target_info *info);
/* Its program for the task, as the scheduler wrote it; NULL after a fault, or where there is no guess. */
hdt_program *candidate_program(candidate c, const hdt_task *task, const hdt_target_info *info);
/* The step of the group by this candidate, its program complete. */
hdt_status candidate_build(const candidate *c, const fusion_group *group, const loaded *on, step *out);
/* "product rows=14 columns=32" */
void candidate_print(text *t, const candidate *c);
/* Same scheduler, same choice? */
bool candidate_equal(const candidate *a, const candidate *b);

#endif
