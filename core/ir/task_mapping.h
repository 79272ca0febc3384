/* task_mapping.h: the host's side of hidet/task_mapping.h.
 *
 * A mapping is the list of its factors, outermost first: composition is associative, and a projection of a composition
 * is the composition of the projections, so that every mapping has this form. */
#ifndef CORE_IR_TASK_MAPPING_H
#define CORE_IR_TASK_MAPPING_H

#include "ir/box.h"
#include "ir/lex.h"
#include <hidet/task_mapping.h>

enum { MAPPING_MAX_FACTORS = 64 };

typedef struct mapping_factor {
	bool spatial;       /* each worker one position of the box; else one worker all of them */
	unsigned projected; /* bit d: dimension d of its tasks is 0, of extent 1 */
	box box;
	hdt_loop_style styles[HDT_MAX_RANK]; /* of a repeat */
} mapping_factor;

typedef struct task_mapping {
	hdt_task_mapping mapping; /* first: a pointer to it is a pointer to the record */
	const mapping_factor *factors;
	int count;
} task_mapping;

static inline const task_mapping *task_mapping_of(const hdt_task_mapping *mapping)
{
	return (const task_mapping *)mapping;
}
static inline int64_t factor_extent(const mapping_factor *f, int d)
{
	return f->projected >> d & 1 ? 1 : f->box.extents[d];
}
static inline int64_t factor_workers(const mapping_factor *f)
{
	return f->spatial ? f->box.size : 1;
}
static inline int64_t factor_tasks(const mapping_factor *f)
{
	return f->spatial ? 1 : f->box.size;
}

/* The tasks of `worker`, in 0..workers-1, in their order: mapping->tasks tuples, of which the first `rank` entries
 * count. */
void mapping_enumerate(const hdt_task_mapping *mapping, int64_t worker, int64_t (*tasks)[HDT_MAX_RANK]);

/* Styles of loops over `count` dimensions of these extents from their text; NULL: the defaults. False and a fault. */
bool loop_styles_parse(hdt_context *context, const char *styles, const int64_t *extents, int count,
                       hdt_loop_style *out);
hdt_loop_style loop_style_default(int64_t extent);
/* As loop_styles_parse reads it: once when all are the same. */
void loop_styles_print(text *t, const hdt_loop_style *styles, int count);

void mapping_print(text *t, const hdt_task_mapping *mapping);
/* mapping := factor { * factor }, leaning on no other names than those of lex.h's `resolve` and `resolve_constant`:
 *     spatial(4, 2) * repeat(2, 2)          spatial(2, 3, ranks=[1, 0])     col_spatial(2, 3)    col_repeat(2, 3)
 *     repeat(2, 8, loops="u+.")             (spatial(4, 2) * repeat(2, 2)).project(0)
 *     auto_map(64, 8, workers=256)          predicated_auto_map(8, 3, workers=64, ranks=[1, 0]) */
const hdt_task_mapping *parse_task_mapping(parser *p);
/* Does this word before a parenthesis begin a task mapping? */
bool names_task_mapping(const char *word);

#endif
