/* info.c: the verb info: what a model takes, gives, needs and will cost, without running it. */
#include "verbs.h"

#include "data.h"
#include "graph/graph.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *dims_text(hdt_context *context, hdt_list shape)
{
	const char *all = "";
	for (int d = 0; d < shape.count; d++)
		all = hdt_format(context, "%s%s%s", all, d ? ", " : "", hdt_expr_text(shape.items[d]));
	return all;
}

static json_t *describe_values(hdt_value *const *values, const char *const *names, int count)
{
	json_t *list = json_array();
	for (int i = 0; i < count; i++) {
		json_t *shape = json_array();
		for (int d = 0; d < values[i]->rank; d++) {
			int64_t size;
			json_array_append_new(shape, hdt_is_const(values[i]->shape[d], &size)
			                                 ? json_integer(size)
			                                 : json_string(hdt_expr_text(values[i]->shape[d])));
		}
		json_array_append_new(list, json_pack("{s:s, s:s, s:o}", "name", names ? names[i] : values[i]->name, "dtype",
		                                      hdt_dtype_of(values[i]->dtype)->name, "shape", shape));
	}
	return list;
}

static json_t *describe_symbols(const hdt_graph *graph)
{
	json_t *list = json_array();
	for (int s = 0; s < graph->symbol_count; s++)
		json_array_append_new(list, json_pack("{s:s, s:I, s:I}", "name", graph->symbols[s]->name, "min",
		                                      (json_int_t)graph->symbols[s]->args[0]->integer, "max",
		                                      (json_int_t)graph->symbols[s]->args[1]->integer));
	return list;
}

static json_t *count_operators(const hdt_graph *graph)
{
	json_t *counts = json_object();
	for (int n = 0; n < graph->node_count; n++) {
		const char *name = graph->nodes[n]->op->name;
		json_object_set_new(counts, name, json_integer(json_integer_value(json_object_get(counts, name)) + 1));
	}
	return counts;
}

static json_t *count_missing(const hdt_context *context)
{
	json_t *counts = json_object();
	for (const missing_name *m = context->missing; m; m = m->next)
		json_object_set_new(counts, m->name, json_integer(m->count));
	return counts;
}

static int64_t count_flops(const hdt_graph *graph, const int64_t *values)
{
	int64_t total = 0;
	bindings b = {graph->symbols, values, graph->symbol_count};
	for (int n = 0; n < graph->node_count; n++) {
		int64_t flops = task_flops(graph->nodes[n]->task, &b);
		if (flops > 0)
			total += flops;
	}
	return total;
}

static void print_values(hdt_context *context, const char *title, hdt_value *const *values, const char *const *names,
                         int count)
{
	printf("%s\n", title);
	for (int i = 0; i < count; i++)
		printf("  %-32s %s[%s]\n", names ? names[i] : values[i]->name, hdt_dtype_of(values[i]->dtype)->name,
		       dims_text(context, hdt_value_shape(values[i])));
}

static void print_counts(const char *title, const json_t *counts)
{
	const char *name;
	json_t *count;
	printf("%s\n", title);
	json_object_foreach ((json_t *)(uintptr_t)counts, name, count) {
		printf("  %-32s %lld\n", name, (long long)json_integer_value(count));
	}
}

static void print_report(const hdt_graph *graph, const int64_t *values, const json_t *report)
{
	hdt_context *context = graph->context;
	print_values(context, "inputs", graph->inputs, NULL, graph->input_count);
	print_values(context, "outputs", graph->outputs, graph->output_names, graph->output_count);
	if (graph->symbol_count)
		printf("symbols\n");
	for (int s = 0; s < graph->symbol_count; s++)
		printf("  %-32s %lld..%lld\n", graph->symbols[s]->name, (long long)graph->symbols[s]->args[0]->integer,
		       (long long)graph->symbols[s]->args[1]->integer);
	print_counts("operators", json_object_get(report, "operators"));
	for (int s = 0; s < graph->symbol_count; s++)
		printf("%s%s = %lld%s", s ? ", " : "at ", graph->symbols[s]->name, (long long)values[s],
		       s + 1 == graph->symbol_count ? ": " : "");
	printf("%lld kernels a run, %.2f MFLOP, weights %.2f MB, intermediates %.2f MB at their peak (at least %.2f MB)\n",
	       (long long)json_integer_value(json_object_get(report, "kernels")),
	       (double)json_integer_value(json_object_get(report, "flops")) * 1e-6,
	       (double)json_integer_value(json_object_get(report, "weight_bytes")) * 1e-6,
	       (double)json_integer_value(json_object_get(report, "planned_bytes")) * 1e-6,
	       (double)json_integer_value(json_object_get(report, "lower_bound_bytes")) * 1e-6);
}

static int finish(const options *o, json_t *report, int code)
{
	return report_json(o, report) ? code : exit_code_of(HDT_IO_ERROR);
}

/* The model needs what nothing provides: say what. */
static int report_missing(hdt_session *session, const options *o, int code)
{
	const hdt_context *context = session_failed_context(session);
	if (!context || !context->missing) /* unreadable: there is nothing to list */
		return code;
	json_t *report = json_pack("{s:o}", "missing", count_missing(context));
	if (!json_on_stdout(o))
		print_counts("missing", json_object_get(report, "missing"));
	return finish(o, report, code);
}

/* The report of a model whose every operator is known; NULL after a fault in `context`. */
static json_t *make_report(hdt_context *context, hdt_model *model, const options *o, const int64_t **sizes)
{
	hdt_graph *graph = model_graph(model);
	int64_t *values = hdt_allocate(context, sizeof *values * (size_t)(graph->symbol_count + 1));
	if (!values || sizes_choose(context, graph, o, values) != HDT_OK)
		return NULL;
	*sizes = values;
	json_t *inputs = describe_values(graph->inputs, NULL, graph->input_count);
	json_t *outputs = describe_values(graph->outputs, graph->output_names, graph->output_count);
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:I}", "inputs", inputs, "outputs", outputs, "symbols",
	                 describe_symbols(graph), "operators", count_operators(graph), "missing",
	                 count_missing(graph->context), "flops", (json_int_t)count_flops(graph, values));
}

static hdt_status add_plan(hdt_model *model, const options *o, const int64_t *values, json_t *report)
{
	hdt_compile_options how = compile_options_of(o);
	compile_report plan = {0};
	hdt_status status = model_plan(model, &how, values, &plan);
	json_object_set_new(report, "kernels", json_integer(plan.launches));
	json_object_set_new(report, "planned_bytes", json_integer(plan.planned_bytes));
	json_object_set_new(report, "lower_bound_bytes", json_integer(plan.lower_bound_bytes));
	json_object_set_new(report, "weight_bytes", json_integer(plan.weight_bytes));
	return status;
}

int verb_info(hdt_session *session, const options *o)
{
	int code;
	const int64_t *values = NULL;
	hdt_model *model = load_model(session, o, &code);
	if (!model)
		return code == exit_code_of(HDT_UNSUPPORTED) ? report_missing(session, o, code) : code;
	hdt_context *context = context_new(session_registry(session));
	json_t *report = context ? make_report(context, model, o, &values) : NULL;
	hdt_status status = report ? add_plan(model, o, values, report) : HDT_OK;
	if (!report)
		code = context ? report_fault(context) : exit_code_of(HDT_OUT_OF_MEMORY);
	else if (status != HDT_OK) {
		code = report_session_fault(session, status);
		json_decref(report);
	} else {
		if (!json_on_stdout(o))
			print_report(model_graph(model), values, report);
		code = finish(o, report, 0);
	}
	context_free(context);
	hdt_model_free(model);
	return code;
}
