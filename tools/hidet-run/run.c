/* run.c: the verb run: load, compile (or evaluate), run once, give the results. A kernel file alone is kernel.c's. */
#include "verbs.h"

#include "data.h"
#include "results.h"
#include <stdio.h>
#include <stdlib.h>

/* One run of a model, from its inputs to its outputs. */
typedef struct model_run {
	hdt_session *session;
	const options *o;
	hdt_model *model;
	hdt_compiled *compiled;
	input_set inputs;
	results results;
} model_run;

static hdt_status compute(model_run *r)
{
	const hdt_graph *graph = model_graph(r->model);
	results *out = &r->results;
	out->count = graph->output_count;
	out->outputs = calloc((size_t)out->count + 1, sizeof *out->outputs);
	if (!out->outputs)
		return HDT_OUT_OF_MEMORY;
	double start = now_ms();
	if (r->o->reference) {
		hdt_status status = hdt_model_evaluate(r->model, r->inputs.arrays, r->inputs.count, out->outputs, out->count);
		out->run_ms = now_ms() - start;
		return status;
	}
	hdt_compile_options how = compile_options_of(r->o);
	hdt_status status = hdt_compile(r->model, &how, &r->compiled);
	out->compile_ms = now_ms() - start;
	if (status != HDT_OK || r->o->stop_after)
		return status;
	start = now_ms();
	status = hdt_compiled_run(r->compiled, r->inputs.arrays, r->inputs.count, out->outputs, out->count);
	out->run_ms = now_ms() - start;
	return status;
}

static int finish(model_run *r, int code)
{
	hdt_compiled_free(r->compiled);
	if (r->o->reference)
		for (int i = 0; i < r->results.count && r->results.outputs; i++)
			free(r->results.outputs[i].data);
	free(r->results.outputs);
	inputs_free(&r->inputs);
	hdt_model_free(r->model);
	context_free(r->results.context);
	return code;
}

int verb_run(hdt_session *session, const options *o)
{
	int code;
	if (o->kernels.count && !o->operands.count)
		return run_kernel(session, o);
	model_run r = {.session = session, .o = o, .results = {.o = o, .context = context_new(session_registry(session))}};
	hdt_context *context = r.results.context;
	if (!context || !(r.model = load_model(session, o, &code)))
		return finish(&r, context ? code : exit_code_of(HDT_OUT_OF_MEMORY));
	if (!o->stop_after && inputs_gather(context, model_graph(r.model), o, &r.inputs) != HDT_OK)
		return finish(&r, report_fault(context));
	hdt_status status = compute(&r);
	if (status != HDT_OK)
		return finish(&r, report_session_fault(session, status));
	return finish(&r, o->stop_after ? 0 : results_give(&r.results));
}
