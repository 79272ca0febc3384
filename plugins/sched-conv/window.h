/* window.h: what the files of the schedulers for windows of single channels share: depthwise convolutions and poolings.
 *
 *     for task in .. parallel {                                  a band of lines and some blocks of channels
 *       for blocks of channels, lines, tiles of windows {
 *         for taps of lines {
 *           sums[window, channel] += x[line, position, channel] * weight[tap, tap, channel]    in registers; for each position under the tile
 *         }
 *         y[line, window, channel] = relu(sums[..] + bias[channel])
 *       }
 *     }
 *
 * Nothing is copied: taps that look beyond the border are left out. */
#ifndef SCHED_CONV_WINDOW_H
#define SCHED_CONV_WINDOW_H

#include "conv.h"
#include "cut.h"

typedef struct window_plan {
	conv c;
	int x; /* the last of c.dims; the one before is the lines, where there is one */
	conv_limits border;
	int lanes, registers;
	bool fused; /* a product is added in one instruction */
	/* what can be chosen: */
	int64_t windows;               /* of a tile */
	int64_t vectors;               /* of a block of channels */
	int64_t bands, channel_groups; /* tasks, at most */
} window_plan;

/* window_plan.c: false with the reason. `c` is what was matched. */
bool window_find(const conv *c, const hdt_target_info *target, window_plan *out, const char **reason);
extern const char *const window_params[];
int window_space(const window_plan *p, int level, hdt_choice *out, int most);
bool window_choose(window_plan *p, const hdt_choice *choice);
/* As another phase of the same task chose, whose tiles may be larger than this one's windows. */
bool window_choose_like(window_plan *p, const window_plan *first);
double window_time(const window_plan *p, int workers);

/* window_program.c: `plans`: of each phase (see conv_match). */
hdt_program *window_program(const hdt_task *task, const window_plan *plans, int count);

static inline int64_t block_channels(const window_plan *p)
{
	return p->vectors * p->lanes < p->c.groups ? p->vectors * p->lanes : p->c.groups;
}
/* The dimension of the lines; -1: there is none. */
static inline int line_dim(const window_plan *p)
{
	return p->x - 1;
}

#endif
