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
 * Where the number of windows is known only when it runs, a tile is a part of one line, and the last one begins so that it ends with the line;
 * a line that is shorter than a tile goes window by window.
 *
 * The source is the input itself, or what is made of it ahead: with its padding, and with what was fused in front of the convolution.
 *
 * Of bf16, channels go in pairs: one step adds two products to a sum, and packed holds both weights of a column side by side. */
#ifndef SCHED_CONV_DIRECT_H
#define SCHED_CONV_DIRECT_H

#include "conv.h"
#include "cut.h"

/* A tile is some windows side by side in some lines, by some vectors of columns. */
typedef struct direct_plan {
	conv c;
	int x, y;               /* the last two of c.dims, along windows and lines; y -1: there is but one */
	bool merged;            /* the lines lie behind each other without a gap: they are one line */
	bool fixed;             /* the numbers of lines and windows are constant */
	int64_t lines, windows; /* their numbers, or estimates of them */
	bool in_place;          /* the source is the input */
	bool channels_last;     /* in the source */
	bool joined;            /* taps of x and channels lie side by side in the source, and are one loop */
	int lanes;              /* floats of a vector */
	int registers;          /* vector registers */
	bool fused;             /* a product is added in one instruction */
	bool pairs;             /* of bf16 */
	hdt_dtype dtype;        /* of source and packed */
	double step_work;       /* instructions that add a vector's products, beside f32 */
	int64_t channels;       /* of the source: an even number where they go in pairs */
	/* what can be chosen: */
	int64_t vectors; /* of a panel */
	cut line_tiles, window_tiles;
	bool panels_outside;         /* of the loops over tiles */
	int64_t bands, panel_groups; /* tasks: parts of the outer loop over tiles, and of the panels, most of them */
} direct_plan;

/* direct_plan.c: what the task says of one phase (see conv_match). */
bool direct_find(const hdt_task *task, const hdt_target_info *target, int phase, direct_plan *out, const char **reason);
/* direct_space.c */
extern const char *const direct_params[];
/* Choices worth trying, the best guess first; returns their number. */
int direct_space(const direct_plan *p, int level, hdt_choice *out, int most);
/* False when it is no choice for this plan. */
bool direct_choose(direct_plan *p, const hdt_choice *choice);
/* As another phase of the same task chose, whose tiles may be larger than this one's windows. */
bool direct_choose_like(direct_plan *p, const direct_plan *first);
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
	bool lines = p->fixed ? p->line_tiles.pieces > 1 : p->y >= 0;
	return lines ? &p->line_tiles : &p->window_tiles;
}

/* ---- the program being written ---- */

typedef enum depth_kind { DEPTH_TAP, DEPTH_CHANNEL, DEPTH_JOINED } depth_kind;
typedef struct depth_loop {
	depth_kind kind;
	int dim;        /* of a tap */
	int64_t extent; /* steps: of pairs, half as many */
} depth_loop;

typedef struct direct_nest {
	const direct_plan *plan;
	hdt_context *context;
	hdt_program *program;
	hdt_function *function;
	int phase;
	depth_loop loops[HDT_MAX_RANK + 1]; /* over taps and channels, outermost first; those over one are left out */
	int loop_count;
	const hdt_tensor *source; /* workspace; NULL: the input, in place */
	const hdt_tensor *packed; /* [group, panel, loops.., column]; of pairs one dimension more */
	const hdt_tensor *output;
	conv_place at;         /* outer windows and the group */
	const hdt_expr *panel; /* its number */
	const hdt_expr *
		tile; /* number of the tile among those that go over the panel, one after the other; NULL: the panels are inside */
	int64_t tiles; /* their number */
} direct_nest;

/* direct_program.c: `plans`: of each phase. */
hdt_program *direct_program(const hdt_task *task, const direct_plan *plans, int count);
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

/* What is there for each phase, by a name of its own. */
static inline const char *direct_name(const direct_nest *n, const char *name)
{
	return n->phase ? hdt_format(n->context, "%s_phase%d", name, n->phase) : name;
}

/* Products that a step adds to a sum. */
static inline int64_t step_products(const direct_plan *p)
{
	return p->pairs ? 2 : 1;
}

static inline const hdt_expr *constant(const direct_nest *n, int64_t value)
{
	return hdt_int(n->context, value);
}

#endif
