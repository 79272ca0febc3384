/* subject.c: one graph's way from text to text. Inputs are made up and the same in every run. */
#include "subject.h"

#include "pass/pass.h"
#include "programs.h"
#include "rewrite/rewrite.h"
#include <math.h>
#include <stdlib.h>

enum { MAX_SYMBOLS = 16, SMALL_SIZE = 3, FOLD_BYTES = 1 << 16 };

typedef struct run {
	hdt_context *context;
	hdt_graph *graph;
	int64_t sizes[MAX_SYMBOLS];
	const sample *ranges; /* NULL: the usual ones */
	text *out;
} run;

/* ---- evaluation ------------------------------------------------------------------------------------------------- */

static void usual_range(hdt_dtype dtype, double *low, double *high)
{
	hdt_dtype_kind kind = hdt_dtype_of(dtype)->kind;
	*low = kind == HDT_KIND_FLOAT ? -2 : 0;
	*high = kind == HDT_KIND_BOOL ? 1 : 2;
}

static void fill(const run *r, const hdt_value *input, int64_t count, void *data)
{
	double low, high;
	usual_range(input->dtype, &low, &high);
	if (r->ranges) {
		low = r->ranges->low[input->index];
		high = r->ranges->high[input->index];
	}
	for (int64_t i = 0; i < count; i++) {
		double x = fmod(0.618 * (double)(i + 1), 1);
		scalar v = {.f = low + x * (high - low)};
		if (!hdt_is_float(input->dtype))
			v.i = (int64_t)(low + floor(x * (high - low + 1)));
		scalar_store(data, input->dtype, i, v);
	}
}

/* Elements of a shape whose symbols have values; negative when memory is out. */
static int64_t count_elements(const hdt_value *value, const bindings *b)
{
	int64_t count = 1, size = 0;
	for (int d = 0; d < value->rank; d++) {
		if (!expr_evaluate(value->shape[d], b, &size))
			return -1;
		count *= size;
	}
	return count;
}

static bool make_inputs(const run *r, const bindings *b, void **inputs)
{
	for (int i = 0; i < r->graph->input_count; i++) {
		const hdt_value *input = r->graph->inputs[i];
		int64_t count = count_elements(input, b);
		inputs[i] = count < 0 ? NULL : calloc((size_t)count + 1, hdt_dtype_of(input->dtype)->bytes);
		if (!inputs[i])
			return false;
		fill(r, input, count, inputs[i]);
	}
	return true;
}

static void append_output(text *out, const evaluated *e)
{
	size_t bytes = hdt_dtype_of(e->dtype)->bytes;
	for (int d = 0; d < e->rank; d++)
		bytes *= (size_t)e->shape[d];
	text_add_bytes(out, e->data, bytes);
}

static hdt_status evaluate(run *r)
{
	const bindings b = {r->graph->symbols, r->sizes, r->graph->symbol_count};
	void **inputs = calloc((size_t)r->graph->input_count + 1, sizeof *inputs);
	evaluated *outputs = calloc((size_t)r->graph->output_count + 1, sizeof *outputs);
	hdt_status status = HDT_OUT_OF_MEMORY;
	if (inputs && outputs && make_inputs(r, &b, inputs))
		status = graph_evaluate(r->graph, &b, (const void *const *)inputs, outputs);
	for (int i = 0; status == HDT_OK && i < r->graph->output_count; i++)
		append_output(r->out, &outputs[i]);
	for (int i = 0; inputs && i < r->graph->input_count; i++)
		free(inputs[i]);
	for (int i = 0; outputs && i < r->graph->output_count; i++)
		free(outputs[i].data);
	free(inputs);
	free(outputs);
	return status;
}

/* ---- the way ---------------------------------------------------------------------------------------------------- */

static hdt_status print(run *r)
{
	graph_print(r->out, r->graph, NULL);
	for (int n = 0; n < r->graph->node_count; n++)
		task_print(r->out, r->graph->nodes[n]->task);
	return r->out->failed ? HDT_OUT_OF_MEMORY : hdt_context_status(r->context);
}

static hdt_status verify(run *r)
{
	return graph_verify(r->graph);
}
static hdt_status rewrite(run *r)
{
	return graph_rewrite(r->graph, &(rewrite_options){.limit = -1}, NULL);
}
static hdt_status resolve(run *r)
{
	return graph_resolve(r->graph, &(rewrite_options){.limit = -1}, NULL);
}
static hdt_status fold(run *r)
{
	return pass_fold_constants(r->graph, FOLD_BYTES);
}
static hdt_status merge(run *r)
{
	return pass_merge_common(r->graph);
}
static hdt_status drop(run *r)
{
	return pass_drop_dead(r->graph);
}

static hdt_status run_steps(run *r)
{
	static hdt_status (*const steps[])(run *) = {verify, evaluate, print,  rewrite,  resolve, fold,
	                                             merge,  drop,     verify, evaluate, print};
	hdt_status status = HDT_OK;
	for (size_t i = 0; i < sizeof steps / sizeof *steps && status == HDT_OK; i++) {
		status = steps[i](r);
		if (status == HDT_OK)
			status = hdt_context_status(r->context); /* a fault without a status would go unseen */
	}
	return status;
}

static hdt_status run_sample(run *r, const subject *what)
{
	sample s;
	hdt_status status = sample_parse(r->context, what->source, what->dtype, &s);
	if (status != HDT_OK)
		return status;
	r->graph = s.graph;
	r->ranges = &s;
	for (int i = 0; i < s.graph->symbol_count; i++)
		r->sizes[i] = s.values[i];
	return what->kind == SUBJECT_SCHEDULES ? programs_of_graph(r->graph, r->out) : run_steps(r);
}

static int64_t small_size(const hdt_expr *symbol)
{
	int64_t min = 0, max = 0;
	hdt_bounds(symbol, &min, &max);
	return max < SMALL_SIZE ? max : min > SMALL_SIZE ? min : SMALL_SIZE;
}

static hdt_status run_text(run *r, const subject *s)
{
	parsed_file file;
	hdt_status status = text_parse_file(r->context, s->name, s->source, &file);
	for (int i = 0; status == HDT_OK && i < file.graph_count; i++) {
		r->graph = file.graphs[i];
		for (int n = 0; n < r->graph->symbol_count && n < MAX_SYMBOLS; n++)
			r->sizes[n] = small_size(r->graph->symbols[n]);
		status = run_steps(r);
	}
	for (int i = 0; status == HDT_OK && i < file.task_count; i++)
		task_print(r->out, file.tasks[i]);
	if (status == HDT_OK && r->out->failed)
		status = HDT_OUT_OF_MEMORY;
	return status == HDT_OK ? hdt_context_status(r->context) : status;
}

hdt_status subject_run(const subject *s, hdt_context *context, text *out)
{
	run r = {.context = context, .out = out};
	switch (s->kind) {
	case SUBJECT_GRAPHS:
		return run_text(&r, s);
	case SUBJECT_KERNELS:
		return programs_of_text(context, s->name, s->source, out);
	case SUBJECT_RUN:
		return programs_run(context, s->name, s->source, out);
	default:
		return run_sample(&r, s);
	}
}
