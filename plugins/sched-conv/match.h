/* match.h: the steps by which match.c and pooling.c find windows. */
#ifndef SCHED_CONV_MATCH_H
#define SCHED_CONV_MATCH_H

#include "conv.h"

enum { MOST_AXES = 2 * HDT_MAX_RANK };

/* The axes that count: those of one element are 0 everywhere. */
typedef struct axis_set {
	const hdt_expr *rows[HDT_MAX_RANK], *depth[HDT_MAX_RANK];
	int row_count, depth_count;
} axis_set;

/* match.c: of c->found, whose axes of one element become 0. */
axis_set match_axes(conv *c);
/* What is summed up or reduced. */
bool match_is_narrow_float(const hdt_expr *e);

/* Each of these gives the reason why there is no convolution; NULL: none. */

/* dims.c: windows, taps and the channel; then that all axes are among them; then the element as a function of positions. */
const char *dims_take(conv *c, const axis_set *set);
const char *dims_check_all(const conv *c, const axis_set *set);
const char *dims_place(conv *c);
/* The LOAD with the most of the axes; NULL: none has any. */
const hdt_expr *dims_main_load(const hdt_expr *element, const axis_set *set);
/* phases.c: the phase of the results that is asked for, in place of all of them. */
const char *phases_take(conv *c, int phase);

#endif
