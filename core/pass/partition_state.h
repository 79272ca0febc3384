/* partition_state.h: a partition while it is being made; shared by the files of this pass.
 *
 * Every node that is no view begins as a unit of its own. Three steps change that: nodes behind a heavy reduction join its unit
 * (partition_epilogue.c), units that work on the same rows join (partition_rows.c), and nodes that are cheap enough are absorbed: each unit
 * that reads them computes them itself (partition_prologue.c). */
#ifndef CORE_PASS_PARTITION_STATE_H
#define CORE_PASS_PARTITION_STATE_H

#include "base/explain.h"
#include "base/map.h"
#include "base/vec.h"
#include "pass/partition.h"
#include "task/rows.h"

/* Bounds of one group. */
enum { MAX_MEMBERS = 64, MAX_INPUTS = 32, MAX_STAGES = 16 };

/* Why a part is not computed together with another one, which reads it. */
typedef struct refusal {
	int to;
	const char *reason;
} refusal;

typedef struct part {
	hdt_node *node;
	int unit;      /* that computes it; -1: a view, or absorbed */
	bool view;     /* gives memory of its inputs: costs nothing */
	bool absorbed; /* every unit that reads it computes it itself */
	bool setup;    /* depends on constants alone: computed once, before the first run */
	bool reduces, heavy;
	bool moves;      /* each element of its output is one of an input: an index map */
	bool functions;  /* it computes functions like exp for each element along its rows */
	int cost;        /* operations for an element, when it does not reduce */
	int stages;      /* tensors of its own that have to be somewhere */
	double elements; /* of its first output */
	double steps;    /* of its reductions, for each of these */
	unsigned mark;   /* the last walk that met it */
	VEC(refusal) refusals;
} part;

typedef enum unit_kind { UNIT_MAP, UNIT_ROWS, UNIT_HEAVY } unit_kind; /* no reduction; rows; one heavy reduction */

typedef VEC(int) int_list;

/* The computation of a unit, to which what it reads can be added without doing all of it again (task/compose.h). */
typedef struct unit_draft {
	int_list members;
	composition joined;
} unit_draft;

typedef struct unit {
	VEC(int) parts; /* in order of joining; none: it has become part of another one */
	unit_kind kind;
	unsigned mark;
	int earliest; /* no higher than the numbers of its parts, and than this of any unit that needs what it makes */
	bool cost_known;
	double cost;       /* estimated time, as far as it is known */
	unit_draft *draft; /* of its members at some time since which it has only taken in what they read; NULL: none yet */
} unit;

/* Who reads a value. */
typedef struct value_uses {
	VEC(int) parts;
	bool output;
} value_uses;

typedef struct partitioner {
	hdt_graph *graph;
	const partition_options *options;
	hdt_context *context;
	part *parts; /* by node */
	unit *units; /* by node: the one that it began as */
	int count;
	map numbers;              /* node -> its index, plus 1 */
	map uses;                 /* value -> value_uses */
	map costs;                /* interned text of a task -> double: estimated time */
	unsigned walk, unit_walk; /* the last walks over parts and over units */
	bool explain;             /* refusals are kept */
} partitioner;

static inline bool list_has(const int_list *l, int item)
{
	for (int i = 0; i < l->count; i++)
		if (l->items[i] == item)
			return true;
	return false;
}

/* ---- partition_units.c ---- */

/* -1: no node of this graph makes it. */
int part_of(const partitioner *p, const hdt_value *value);
/* The units that read the value, through views and absorbed nodes too; -1 among them: an output of the graph. False after a fault. */
bool users_of(partitioner *p, const hdt_value *value, int_list *out);
bool unit_users(partitioner *p, int u, int_list *out); /* without itself */
/* Would the two, as one unit, need what depends on them? Also true when it takes too long to tell. */
bool units_tangle(partitioner *p, int a, int b);
/* The parts of `from` become parts of `to`; and back to a unit: those of `u` behind the first `count`. */
bool unit_take(partitioner *p, int to, int from);
void unit_give_back(partitioner *p, int u, int count);

/* The parts whose computation is the unit's, sorted: its own, absorbed ones, and the views between them. False after a fault. */
bool unit_members(partitioner *p, int u, int_list *out);
/* The values that others need of it, sorted by the parts that make them. */
typedef VEC(const void *) value_list;
bool unit_needed(partitioner *p, int u, value_list *out);
/* Its composition. False when it is too large or cannot be made; *reason tells. */
bool unit_compose(partitioner *p, int u, composition *out, const char **reason);
/* The same by way of a draft, with `also` (or NULL) as one more output; made from the unit's draft, which is what it was before. */
bool unit_compose_draft(partitioner *p, int u, const void *also, unit_draft *draft, composition *out,
                        const char **reason);

/* Note why two parts, the second of which reads the first one, are kept apart; what was noted before is no longer true. */
void refuse(partitioner *p, int from, int to, const char *reason);

/* ---- the steps: false after a fault ---- */
bool partition_facts(partitioner *p);
bool partition_epilogues(partitioner *p);
bool partition_rows(partitioner *p);
bool partition_prologues(partitioner *p);

/* ---- partition_cost.c ---- */
/* Is there anybody to ask for times? */
bool partition_asks(const partitioner *p);
/* Estimated microseconds of a unit by this composition of it; infinite when nobody would schedule it. */
double partition_cost(partitioner *p, int u, const composition *c);
double unit_cost(partitioner *p, int u); /* as it is */
/* Why it is better apart; NULL: it is not. */
const char *cost_reason(partitioner *p, double together, double apart);

/* ---- partition_explain.c ---- */
void partition_explain(partitioner *p, const partition *made, explanation *to);

/* Are rows a good way to compute this? NULL: yes; else why not. */
const char *rows_reason(const composition *c);

#endif
