/* run.c: the verb run: load, compile (or evaluate), run once, show, compare, save. */
#include "verbs.h"

#include "compare.h"
#include "data.h"
#include "show.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One run of a model, from its inputs to its outputs. */
typedef struct model_run {
	hdt_session *session;
	const options *o;
	hdt_model *model;
	hdt_context *context; /* of this run: names and diagnostics */
	hdt_compiled *compiled;
	input_set inputs;
	hdt_array *outputs;
	int output_count;
	double compile_ms, run_ms;
	double max_absolute, max_relative;
	int64_t mismatched;
} model_run;

static hdt_status compute(model_run *r)
{
	const hdt_graph *graph = model_graph(r->model);
	r->output_count = graph->output_count;
	r->outputs = calloc((size_t)r->output_count + 1, sizeof *r->outputs);
	if (!r->outputs)
		return HDT_OUT_OF_MEMORY;
	double start = now_ms();
	if (r->o->reference) {
		hdt_status status =
			hdt_model_evaluate(r->model, r->inputs.arrays, r->inputs.count, r->outputs, r->output_count);
		r->run_ms = now_ms() - start;
		return status;
	}
	hdt_compile_options how = compile_options_of(r->o);
	hdt_status status = hdt_compile(r->model, &how, &r->compiled);
	r->compile_ms = now_ms() - start;
	if (status != HDT_OK || r->o->stop_after)
		return status;
	start = now_ms();
	status = hdt_compiled_run(r->compiled, r->inputs.arrays, r->inputs.count, r->outputs, r->output_count);
	r->run_ms = now_ms() - start;
	return status;
}

static const hdt_array *expected(const tensor_file *file, const char *name, int index)
{
	char position[24];
	snprintf(position, sizeof position, "out%d", index);
	for (int i = 0; i < file->count; i++)
		if (strcmp(file->items[i].name, position) == 0 || (name && strcmp(file->items[i].name, name) == 0))
			return &file->items[i];
	return NULL;
}

/* Compare with --expect; prints one line an output. A mismatch is counted, not a fault. */
static hdt_status check(model_run *r)
{
	FILE *to = json_on_stdout(r->o) ? stderr : stdout;
	tensor_file file;
	hdt_status status = safetensors_read(r->context, r->o->expect, &file);
	if (status != HDT_OK)
		return status;
	int compared = 0;
	for (int i = 0; i < r->output_count; i++) {
		const hdt_array *got = &r->outputs[i], *want = expected(&file, got->name, i);
		char a[SHOW_TYPE_BYTES], b[SHOW_TYPE_BYTES];
		if (!want) {
			if (!r->o->quiet)
				fprintf(to, "%s: not compared: '%s' has no out%d\n", got->name, r->o->expect, i);
			continue;
		}
		compared++;
		if (!same_shape(got, want)) {
			fprintf(to, "%s: MISMATCH: the result is %s, expected %s\n", got->name, show_type(got, a),
			        show_type(want, b));
			r->mismatched++;
			continue;
		}
		comparison c = compare_arrays(got, want, (tolerance){r->o->rtol, r->o->atol, 0});
		r->max_absolute = c.max_absolute > r->max_absolute ? c.max_absolute : r->max_absolute;
		r->max_relative = c.max_relative > r->max_relative ? c.max_relative : r->max_relative;
		r->mismatched += c.mismatched;
		if (!c.mismatched) {
			if (!r->o->quiet)
				fprintf(to, "%s: equal within tolerance, largest error %.3g absolute, %.3g relative\n", got->name,
				        c.max_absolute, c.max_relative);
			continue;
		}
		fprintf(to, "%s: MISMATCH in %lld of %lld elements, largest error %.3g absolute, %.3g relative; worst at [",
		        got->name, (long long)c.mismatched, (long long)c.elements, c.max_absolute, c.max_relative);
		for (int d = 0; d < want->rank; d++)
			fprintf(to, "%s%lld", d ? ", " : "", (long long)c.worst[d]);
		fprintf(to, "]: %.9g, expected %.9g\n", c.worst_got, c.worst_want);
	}
	tensor_file_close(&file);
	if (!compared)
		return hdt_fail(r->context, HDT_BAD_INPUT, "'%s' holds none of the outputs: it should have out0, out1, ...",
		                r->o->expect);
	return HDT_OK;
}

static hdt_status save(model_run *r)
{
	hdt_array *named = hdt_allocate(r->context, sizeof *named * (size_t)(r->output_count + 1));
	if (!named)
		return HDT_OUT_OF_MEMORY;
	for (int i = 0; i < r->output_count; i++) {
		named[i] = r->outputs[i];
		named[i].name = hdt_format(r->context, "out%d", i);
	}
	return safetensors_write(r->context, r->o->outputs, named, r->output_count);
}

static json_t *make_report(const model_run *r)
{
	json_t *outputs = json_array();
	for (int i = 0; i < r->output_count; i++) {
		json_t *shape = json_array();
		for (int d = 0; d < r->outputs[i].rank; d++)
			json_array_append_new(shape, json_integer(r->outputs[i].shape[d]));
		json_array_append_new(outputs, json_pack("{s:s, s:s, s:o}", "name", r->outputs[i].name, "dtype",
		                                         hdt_dtype_of(r->outputs[i].dtype)->name, "shape", shape));
	}
	json_t *report = json_pack("{s:o, s:f, s:f}", "outputs", outputs, "compile_ms", r->compile_ms, "run_ms", r->run_ms);
	if (r->o->expect) {
		json_object_set_new(report, "max_abs_err", json_real(r->max_absolute));
		json_object_set_new(report, "max_rel_err", json_real(r->max_relative));
		json_object_set_new(report, "mismatched", json_integer(r->mismatched));
	}
	return report;
}

static void show(const model_run *r)
{
	for (int i = 0; i < r->output_count && !json_on_stdout(r->o) && !r->o->quiet; i++) {
		if (r->o->topk > 0)
			show_top(stdout, &r->outputs[i], r->o->topk);
		else if (!r->o->expect && !r->o->outputs)
			show_array(stdout, &r->outputs[i]);
	}
	if (r->o->verbose)
		fprintf(stderr, "compiled in %.1f ms, ran in %.3f ms\n", r->compile_ms, r->run_ms);
}

static int finish(model_run *r, int code)
{
	hdt_compiled_free(r->compiled);
	if (r->o->reference)
		for (int i = 0; i < r->output_count && r->outputs; i++)
			free(r->outputs[i].data);
	free(r->outputs);
	inputs_free(&r->inputs);
	hdt_model_free(r->model);
	context_free(r->context);
	return code;
}

int verb_run(hdt_session *session, const options *o)
{
	int code;
	model_run r = {.session = session, .o = o, .context = context_new(session_registry(session))};
	if (!r.context || !(r.model = load_model(session, o, &code)))
		return finish(&r, r.context ? code : exit_code_of(HDT_OUT_OF_MEMORY));
	if (!o->stop_after && inputs_gather(r.context, model_graph(r.model), o, &r.inputs) != HDT_OK)
		return finish(&r, report_fault(r.context));
	hdt_status status = compute(&r);
	if (status != HDT_OK)
		return finish(&r, report_session_fault(session, status));
	if (o->stop_after)
		return finish(&r, 0);
	show(&r);
	if ((o->expect && check(&r) != HDT_OK) || (o->outputs && save(&r) != HDT_OK))
		return finish(&r, report_fault(r.context));
	if (!report_json(o, make_report(&r)))
		return finish(&r, exit_code_of(HDT_IO_ERROR));
	return finish(&r, r.mismatched ? exit_code_of(HDT_MISMATCH) : 0);
}
