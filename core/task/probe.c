/* probe.c: compares index expressions at sample sizes and indices: what the verifier does with an equality it cannot
 * prove.
 *
 * The samples are always the same, so the verdict is. */
#include "task/check.h"
#include "task/machine.h"

#include <stdlib.h>

enum { SIZE_SAMPLES = 6, INDEX_SAMPLES = 24, MAX_SYMBOLS = 32 };

typedef struct symbol_set {
	const hdt_expr *items[MAX_SYMBOLS];
	int64_t values[MAX_SYMBOLS];
	int count;
	bool overflow;
} symbol_set;

static void collect(const hdt_expr *e, void *closure)
{
	symbol_set *s = closure;
	if (e->op != HDT_OP_SYMBOL)
		return;
	for (int i = 0; i < s->count; i++)
		if (s->items[i] == e)
			return;
	if (s->count < MAX_SYMBOLS)
		s->items[s->count++] = e;
	else
		s->overflow = true;
}

static uint64_t draw(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return *state >> 33;
}

/* Small sizes; in every second sample all of them alike, as requirements often want. */
static void choose_sizes(symbol_set *s, int sample, uint64_t *state)
{
	uint64_t same = draw(state);
	for (int i = 0; i < s->count; i++) {
		int64_t min = s->items[i]->args[0]->integer, max = s->items[i]->args[1]->integer;
		uint64_t span = max - min < 12 ? (uint64_t)(max - min) + 1 : 12;
		s->values[i] = min + (int64_t)((sample % 2 ? same : draw(state)) % span);
	}
}

static bool requirements_hold(const hdt_task *task, const bindings *b)
{
	int64_t holds;
	for (int i = 0; i < task->assertion_count; i++)
		if (!expr_evaluate(task->assertions[i].condition, b, &holds) || !holds)
			return false;
	return true;
}

/* One random index; false when an axis has no element. Axes may depend on those before them. */
static bool choose_index(machine *m, int axis_count, uint64_t *state)
{
	for (int i = 0; i < axis_count; i++) {
		int64_t extent = machine_value(m, i).i;
		if (extent <= 0)
			return false;
		machine_set_axis(m, i, (int64_t)(draw(state) % (uint64_t)extent));
	}
	return true;
}

/* The roots are the extents, then got and want in turn. */
static bool differ_at(machine *m, int axis_count, int pairs)
{
	for (int i = 0; i < pairs; i++)
		if (machine_value(m, axis_count + 2 * i).i != machine_value(m, axis_count + 2 * i + 1).i)
			return !machine_failed(m);
	return false;
}

bool probe_equal(const hdt_task *task, hdt_list axes, hdt_list got, hdt_list want)
{
	const hdt_expr *roots[4 * HDT_MAX_RANK];
	symbol_set symbols = {.count = 0};
	int count = 0;
	if (axes.count > HDT_MAX_RANK || got.count > HDT_MAX_RANK || got.count != want.count)
		return false;
	for (int i = 0; i < axes.count; i++)
		roots[count++] = axes.items[i]->args[0];
	for (int i = 0; i < got.count; i++) {
		roots[count++] = got.items[i];
		roots[count++] = want.items[i];
	}
	for (int i = 0; i < count; i++)
		expr_walk(roots[i], collect, &symbols);
	for (int i = 0; i < task->assertion_count; i++)
		expr_walk(task->assertions[i].condition, collect, &symbols);
	bindings b = {symbols.items, symbols.values, symbols.count};
	machine_plan plan = {.context = task->context, .name = task->name, .symbols = &b, .axes = axes.items};
	plan.axis_count = axes.count;
	plan.roots = roots;
	plan.root_count = count;
	uint64_t state = 1;
	bool equal = !symbols.overflow;
	for (int s = 0; s < (symbols.count ? SIZE_SAMPLES : 1) && equal; s++) {
		choose_sizes(&symbols, s, &state);
		machine *m = requirements_hold(task, &b) ? machine_new(&plan) : NULL;
		for (int i = 0; m && i < INDEX_SAMPLES && equal; i++)
			equal = !choose_index(m, axes.count, &state) || !differ_at(m, axes.count, got.count);
		machine_free(m);
	}
	return equal;
}
