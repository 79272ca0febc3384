/* shrink.c: tries ever smaller forms of a failing case and keeps those that fail the same way: fewer outputs, nodes that become inputs or
 * are passed by, constants that become inputs, sizes that become numbers, smaller numbers in the text. */
#include "shrink.h"

#include "copy.h"
#include "values.h"
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_TRIES = 400 };

typedef struct shrinker {
	const checker *checker;
	fuzz_case *best;
	verdict *verdict;
	int tries;
} shrinker;

/* Keep `trial` if it fails as the best one does. Takes it over. */
static bool keep_if_failing(shrinker *s, fuzz_case *trial)
{
	verdict v = {0};
	const fuzz_case *one = trial;
	bool fails = s->tries++ < MOST_TRIES && strcmp(trial->text, s->best->text) != 0 &&
	             check_cases(s->checker, &one, 1, &v) && v.outcome == s->verdict->outcome &&
	             v.optimised == s->verdict->optimised;
	if (fails) {
		fuzz_case old = *s->best;
		*s->best = *trial;
		*trial = old;
		*s->verdict = v;
	}
	case_free(trial);
	return fails;
}

static void drop_ranges(fuzz_case *c, const hdt_graph *graph)
{
	int kept = 0;
	for (int i = 0; i < c->range_count; i++)
		for (int n = 0; n < graph->input_count; n++)
			if (strcmp(graph->inputs[n]->name, c->ranges[i].input) == 0)
				c->ranges[kept++] = c->ranges[i];
	c->range_count = kept;
}

/* The range of a value becomes that of the input which stands for it. */
static bool note_range(fuzz_case *c, hdt_graph *graph, const hdt_value *value)
{
	values v;
	values_init(&v, graph, c, 0);
	(void)values_add_graph(&v);
	const known_value *k = values_find(&v, value);
	bool fine = !k || k->low > k->high || case_set_range(c, copy_name(value), fmax(k->low, -1000), fmin(k->high, 1000));
	values_fini(&v);
	return fine;
}

/* ---- changes of the graph ------------------------------------------------------------------------------------------- */

typedef bool (*change)(const shrinker *s, hdt_graph *graph, int index, copy_plan *plan, fuzz_case *trial);

/* Try one change of the best case: 1 kept, 0 it does not fail any more, -1 there is no change of this index. */
static int try_change(shrinker *s, change make, int index)
{
	hdt_context *context = context_new(s->checker->registry);
	hdt_graph *graph = context ? case_graph(s->best, context) : NULL;
	copy_plan plan = {0};
	fuzz_case trial = {0};
	text t = {0};
	int result = -1;
	if (graph && case_copy(s->best, &trial) && make(s, graph, index, &plan, &trial)) {
		hdt_graph *smaller = hdt_context_status(context) == HDT_OK ? graph_copy(graph, &plan) : NULL;
		if (smaller) {
			graph_print(&t, smaller, NULL);
			drop_ranges(&trial, smaller);
		}
		result = t.data && case_set_text(&trial, t.data) ? keep_if_failing(s, &trial) : 0;
	}
	case_free(&trial);
	text_free(&t);
	context_free(context);
	return result;
}

static bool try_changes(shrinker *s, change make)
{
	bool any = false;
	for (int i = 0, result; (result = try_change(s, make, i)) >= 0 && s->tries < MOST_TRIES;) {
		any = any || result > 0;
		i += result == 0;
	}
	return any;
}

static bool drop_output(const shrinker *s, hdt_graph *graph, int index, copy_plan *plan, fuzz_case *trial)
{
	(void)s, (void)trial;
	bool *kept = hdt_allocate(graph->context, sizeof *kept * (size_t)(graph->output_count + 1));
	for (int i = 0; i < graph->output_count && kept; i++)
		kept[i] = i != index;
	plan->outputs = kept;
	return kept && graph->output_count > 1 && index < graph->output_count;
}

static bool keep_output(const shrinker *s, hdt_graph *graph, int index, copy_plan *plan, fuzz_case *trial)
{
	(void)s, (void)trial;
	bool *kept = hdt_allocate(graph->context, sizeof *kept * (size_t)(graph->output_count + 1));
	if (kept && index < graph->output_count)
		kept[index] = true;
	plan->outputs = kept;
	return kept && graph->output_count > 1 && index < graph->output_count;
}

/* Later nodes first: more goes at once. */
static bool cut_node(const shrinker *s, hdt_graph *graph, int index, copy_plan *plan, fuzz_case *trial)
{
	(void)s;
	if (index >= graph->node_count)
		return false;
	const hdt_node *node = graph->nodes[graph->node_count - 1 - index];
	plan->cut = node;
	for (int i = 0; i < node->output_count; i++)
		if (!note_range(trial, graph, node->outputs[i]))
			return false;
	return true;
}

/* Index counts nodes and their inputs; a pair that does not fit changes nothing. */
static bool pass_node(const shrinker *s, hdt_graph *graph, int index, copy_plan *plan, fuzz_case *trial)
{
	(void)s, (void)trial;
	enum { INPUTS = 4 };
	if (index >= INPUTS * graph->node_count)
		return false;
	const hdt_node *node = graph->nodes[index / INPUTS];
	const hdt_value *input = index % INPUTS < node->input_count ? node->inputs[index % INPUTS] : NULL,
					*output = node->outputs[0];
	bool same = input && input->dtype == output->dtype && input->rank == output->rank;
	for (int d = 0; same && d < input->rank; d++)
		same = hdt_proves_equal(input->shape[d], output->shape[d]);
	plan->bypassed = same ? output : NULL;
	plan->by = input;
	return true;
}

static bool open_constant(const shrinker *s, hdt_graph *graph, int index, copy_plan *plan, fuzz_case *trial)
{
	(void)s;
	for (int n = 0; n < graph->node_count; n++)
		for (int i = 0; i < graph->nodes[n]->input_count; i++) {
			hdt_value *value = graph->nodes[n]->inputs[i];
			if (value && value->constant && index-- == 0) {
				plan->opened = value;
				return note_range(trial, graph, value);
			}
		}
	return false;
}

static bool give_number(void *closure, const hdt_expr *symbol, int64_t *value)
{
	*value = case_size_of(closure, 0, symbol);
	return true;
}

static bool give_second_number(void *closure, const hdt_expr *symbol, int64_t *value)
{
	const fuzz_case *c = closure;
	*value = case_size_of(c, c->runs - 1, symbol);
	return true;
}

static bool fix_sizes(const shrinker *s, hdt_graph *graph, int index, copy_plan *plan, fuzz_case *trial)
{
	plan->number = index == 0 ? give_number : give_second_number;
	plan->closure = s->best;
	trial->runs = 1;
	trial->symbols = 0;
	return graph->symbol_count && index < 2;
}

/* ---- changes of the text -------------------------------------------------------------------------------------------- */

static bool is_number_at(const char *start, const char *at)
{
	return isdigit((unsigned char)*at) && (at == start || strchr(" [(*+-,=", at[-1]));
}

/* The n-th number of the text after its first line's inputs; NULL when there are no more. */
static const char *find_number(const char *source, int n)
{
	for (const char *at = source; *at; at++)
		if (is_number_at(source, at) && n-- == 0)
			return at;
	return NULL;
}

/* Every number `from` of the text becomes `to`. */
static bool try_number(shrinker *s, long from, long to)
{
	fuzz_case trial;
	text t = {0};
	const char *source = s->best->text;
	for (const char *at = source; *at;) {
		char *end;
		if (is_number_at(source, at) && strtol(at, &end, 10) == from && !strchr(".e", *end)) {
			text_format(&t, "%ld", to);
			at = end;
		} else
			text_add_bytes(&t, at++, 1);
	}
	bool kept = t.data && case_copy(s->best, &trial) && case_set_text(&trial, t.data) && keep_if_failing(s, &trial);
	text_free(&t);
	return kept;
}

static void shrink_numbers(shrinker *s)
{
	const char *at;
	for (int n = 0; (at = find_number(s->best->text, n)); n++) {
		long number = strtol(at, NULL, 10);
		if (number > 1 && number < 1000)
			(void)(try_number(s, number, 1) || try_number(s, number, 2) || try_number(s, number, number / 2) ||
			       try_number(s, number, number - 1));
	}
}

static void drop_run(shrinker *s)
{
	for (int r = 0; s->best->runs > 1 && r < s->best->runs; r++) {
		fuzz_case trial;
		verdict v = {0};
		const fuzz_case *one = &trial;
		if (!case_copy(s->best, &trial))
			return;
		memcpy(trial.sizes[0], s->best->sizes[r], sizeof trial.sizes[0]);
		trial.runs = 1;
		if (check_cases(s->checker, &one, 1, &v) && v.outcome == s->verdict->outcome) {
			fuzz_case old = *s->best;
			*s->best = trial;
			trial = old;
		}
		case_free(&trial);
	}
}

void case_shrink(const checker *k, fuzz_case *c, verdict *v)
{
	shrinker s = {k, c, v, 0};
	bool smaller = true;
	drop_run(&s);
	(void)try_changes(&s, keep_output);
	while (smaller && s.tries < MOST_TRIES) {
		smaller = try_changes(&s, drop_output);
		smaller = try_changes(&s, cut_node) || smaller;
		smaller = try_changes(&s, pass_node) || smaller;
		smaller = try_changes(&s, open_constant) || smaller;
		smaller = try_changes(&s, fix_sizes) || smaller;
	}
	shrink_numbers(&s);
}
