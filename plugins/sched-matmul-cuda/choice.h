/* choice.h: the frame of a template for products: which tasks it takes, and choosing between its choices, cheapest first. */
#ifndef SCHED_MATMUL_CHOICE_H
#define SCHED_MATMUL_CHOICE_H

#include "tile.h"

static inline double larger(double a, double b)
{
	return a > b ? a : b;
}
static inline double smaller(double a, double b)
{
	return a < b ? a : b;
}

/* What one template does otherwise than another. */
typedef struct frame {
	const char *name;
	int architecture;    /* the least one, */
	const char *missing; /* and the reason on lesser ones */
	int64_t least_depth; /* of a sum, in elements */
	bool (*takes)(hdt_dtype factors, const hdt_target_info *target);
	/* Adds all choices of a level. */
	void (*rank)(const product *p, const hdt_target_info *target, int level, hdt_ranking *out);
	bool (*is_possible)(const product *p, const hdt_target_info *target, const hdt_choice *choice);
	hdt_program *(*build)(const product *p, const hdt_choice *choice);
} frame;

/* Find the product that the template takes; false with the reason. */
bool frame_find(const frame *f, const hdt_task *task, const hdt_target_info *target, product *out, const char **reason);
/* As the functions of hdt_scheduler. */
hdt_answer frame_query(const frame *f, const hdt_task *task, const hdt_target_info *target);
int frame_space(const frame *f, const hdt_task *task, const hdt_target_info *target, int level, hdt_choice *out,
                int most);
hdt_program *frame_build(const frame *f, const hdt_task *task, const hdt_target_info *target, const hdt_choice *choice);

#endif
