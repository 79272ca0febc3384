/* direct.h: what the files of conv-cpu share: how the loops of a convolution are cut, and the program being written.
 *
 *     for task in .. parallel {                       a band of tiles and some panels of output channels
 *       for tiles of the band, panels {               or the other way round
 *         for taps, channels {
 *           sums[line, window, column] += source[position, channel] * packed[panel, tap, channel, column]    in registers
 *         }
 *         y[window, column] = relu(sums[..] + bias[column])
 *       }
 *     }
 *
 * The source is the input itself, or what is made of it ahead: with its padding, and with what was fused in front of the convolution. */
#ifndef SCHED_CONV_DIRECT_H
#define SCHED_CONV_DIRECT_H

#include "conv.h"
#include "cut.h"

/* A tile is some windows side by side in some lines, by some vectors of columns. */
typedef struct direct_plan {
	conv c;
	int x, y;               /* the last two of c.dims, along windows and lines; y -1: there is but one */
	bool merged;            /* the lines lie behind each other without a gap: they are one line */
	int64_t lines, windows; /* their numbers */
	bool in_place;          /* the source is the input */
	bool channels_last;     /* in the source */
	bool joined;            /* taps of x and channels lie side by side in the source, and are one loop */
	int lanes;              /* floats of a vector */
	int registers;          /* vector registers */
	bool fused;             /* a product is added in one instruction */
	/* what can be chosen: */
	int64_t vectors; /* of a panel */
	cut line_tiles, window_tiles;
	bool panels_outside;         /* of the loops over tiles */
	int64_t bands, panel_groups; /* tasks: parts of the outer loop over tiles, and of the panels, most of them */
} direct_plan;

/* direct_plan.c: what the task says; then what is best for it. */
bool direct_find(const hdt_task *task, const hdt_target_info *target, direct_plan *out, const char **reason);
/* direct_space.c */
extern const char *const direct_params[];
/* Choices worth trying, the best guess first; returns their number. */
int direct_space(const direct_plan *p, int level, hdt_choice *out, int most);
/* False when it is no choice for this plan. */
bool direct_choose(direct_plan *p, const hdt_choice *choice);
/* Microseconds with that many workers, of a plan with its choice made. */
double direct_time(const direct_plan *p, int workers);

/* Columns of a panel, panels, and columns of the last one. */
static inline int64_t panel_width(const direct_plan *p)
{
	return p->vectors * p->lanes;
}
static inline int64_t panel_count(const direct_plan *p)
{
	return round_up_divide(p->c.columns, panel_width(p));
}
static inline int64_t last_columns(const direct_plan *p)
{
	return p->c.columns - (panel_count(p) - 1) * panel_width(p);
}
/* The loop over tiles that is split into bands: over lines where there are several tiles of them. */
static inline const cut *banded(const direct_plan *p)
{
	return p->line_tiles.pieces > 1 ? &p->line_tiles : &p->window_tiles;
}

/* ---- the program being written ---- */

typedef enum depth_kind { DEPTH_TAP, DEPTH_CHANNEL, DEPTH_JOINED } depth_kind;
typedef struct depth_loop {
	depth_kind kind;
	int dim; /* of a tap */
	int64_t extent;
} depth_loop;

typedef struct direct_nest {
	const direct_plan *plan;
	hdt_context *context;
	hdt_program *program;
	hdt_function *function;
	depth_loop loops[HDT_MAX_RANK + 1]; /* over taps and channels, outermost first; those over one are left out */
	int loop_count;
	const hdt_tensor *source; /* workspace; NULL: the input, in place */
	const hdt_tensor *packed; /* [group, panel, loops.., column] */
	const hdt_tensor *output;
	conv_place at;         /* outer windows and the group */
	const hdt_expr *panel; /* its number */
	const hdt_expr *
		tile; /* number of the tile among those that go over the panel, one after the other; NULL: the panels are inside */
	int64_t tiles; /* their number */
} direct_nest;

/* direct_program.c */
hdt_program *direct_program(const hdt_task *task, const direct_plan *p);
/* direct_pack.c: the weight as n->packed, zeros behind the last column. */
void direct_pack(direct_nest *n, const hdt_task *task);
/* direct_source.c: makes the source where it is not the input. */
void direct_fill_source(direct_nest *n, const hdt_task *task);
/* The source at the place's positions, group and channel; `joined`: tap * channels + channel in the place of the channel. */
const hdt_expr *direct_read(const direct_nest *n, const conv_place *at, const hdt_expr *joined);
/* direct_tile.c: computes and stores one tile of the panel at hand. */
typedef struct direct_tile {
	int64_t lines, windows, vectors;
	int64_t columns, last_columns;             /* those that are stored, and of the last panel */
	const hdt_expr *line, *window;             /* the first ones */
	const hdt_expr *line_start, *column_start; /* direct_tile.c: the positions where these begin */
} direct_tile;
void direct_emit_tile(direct_nest *n, const direct_tile *t);

static inline const hdt_expr *constant(const direct_nest *n, int64_t value)
{
	return hdt_int(n->context, value);
}

#endif
