/* model.c: models and compiled models of hidet/hidet.h: reading, evaluating, compiling, running.
 *
 * A file is read by the front end that recognises it, or, when it is a text file (.hds), by the core. Compiling changes a graph in
 * place, and a fault stays in its context; so a model keeps its readings of the file, uses a fresh one for each of these, and
 * reads the file again when it has none. */
#include "base/file.h"
#include "base/text.h"
#include "core/session.h"
#include "graph/graph.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HEAD_BYTES = 4096, MOST_TEXT_BYTES = 256 * 1024 * 1024 };

/* One reading of the model's file. */
typedef struct reading {
	hdt_context *context;
	hdt_graph *graph;
	bool spent; /* changed by a compilation, or its context holds a fault */
	struct reading *next;
} reading;

struct hdt_model {
	hdt_session *session;
	char *path;
	reading *readings; /* newest first */
};

struct hdt_compiled {
	hdt_model *model;
	compiled_graph *graph;
	hdt_context *diagnostics; /* of runs; renewed after a fault */
};

/* ---- reading --------------------------------------------------------------------------------------------------------- */

/* The first bytes of a file, for recognising it. A file that cannot be opened has none: the reader will say why. */
static size_t read_head(const char *path, unsigned char *head)
{
	size_t got = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	while (fd >= 0 && got < HEAD_BYTES) {
		ssize_t n = read(fd, head + got, HEAD_BYTES - got);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		got += (size_t)n;
	}
	if (fd >= 0)
		close(fd);
	return got;
}

static const hdt_frontend *find_frontend(const hdt_registry *registry, const char *path)
{
	unsigned char head[HEAD_BYTES];
	size_t bytes = read_head(path, head);
	for (int i = 0; i < registry_count(registry, REGISTRY_FRONTEND); i++) {
		const hdt_frontend *f = registry_at(registry, REGISTRY_FRONTEND, i)->descriptor;
		if (f->recognises(path, head, bytes))
			return f;
	}
	return NULL;
}

static bool is_text(const char *path)
{
	size_t length = strlen(path);
	return length > 4 && !strcmp(path + length - 4, ".hds");
}

static hdt_status read_text(hdt_context *context, const char *path, hdt_graph **out)
{
	char *source;
	size_t bytes;
	parsed_file parsed;
	hdt_status status = file_read(context, path, MOST_TEXT_BYTES, &source, &bytes);
	if (status != HDT_OK)
		return status;
	if (strlen(source) != bytes)
		status = hdt_fail(context, HDT_BAD_MODEL, "%s: byte %zu is NUL: this is no text file", path, strlen(source));
	else
		status = text_parse_file(context, path, source, &parsed);
	free(source);
	if (status != HDT_OK)
		return status;
	if (parsed.graph_count != 1)
		return hdt_fail(context, HDT_BAD_MODEL, "%s: a model's file holds one graph, this one holds %d", path,
		                parsed.graph_count);
	*out = parsed.graphs[0];
	return HDT_OK;
}

static hdt_status fail_unknown(hdt_context *context, const hdt_session *session, const char *path)
{
	const hdt_registry *registry = session_registry(session);
	text known = {0};
	for (int i = 0; i < registry_count(registry, REGISTRY_FRONTEND); i++) {
		const hdt_frontend *f = registry_at(registry, REGISTRY_FRONTEND, i)->descriptor;
		text_format(&known, ", %s (%s)", f->name, f->extensions ? f->extensions : "");
	}
	const char *refusals = loader_refusals(session_loader(session));
	const char *none = "; no plugin that reads other files is loaded";
	hdt_fail(context, HDT_BAD_MODEL, "cannot tell what '%s' is; files are read as text (.hds)%s%s%s", path,
	         known.data ? known.data : none, *refusals ? "\nrefused plugins:\n" : "", refusals);
	text_free(&known);
	return HDT_BAD_MODEL;
}

/* One message with all names, so that nobody has to try again and again. */
static hdt_status fail_missing(hdt_context *context, const hdt_session *session, const char *path)
{
	text t = {0};
	int names = 0;
	for (const missing_name *m = context->missing; m; m = m->next, names++)
		text_format(&t, "\n  %s  %d time%s%s%s", m->name, m->count, m->count == 1 ? "" : "s",
		            m->where ? ", first in " : "", m->where ? m->where : "");
	const char *refusals = loader_refusals(session_loader(session));
	if (*refusals)
		text_format(&t, "\nrefused plugins, which may be what is missing:\n%s", refusals);
	context_clear_fault(context);
	hdt_fail(context, HDT_UNSUPPORTED, "'%s' needs %d operator%s that no plugin provides:%s", path, names,
	         names == 1 ? "" : "s", t.data ? t.data : "");
	text_free(&t);
	return HDT_UNSUPPORTED;
}

static hdt_status read_graph(hdt_context *context, const hdt_session *session, const char *path, hdt_graph **out)
{
	const hdt_frontend *frontend = is_text(path) ? NULL : find_frontend(session_registry(session), path);
	hdt_status status = HDT_OK;
	if (frontend)
		status = frontend->load(context, path, out);
	else if (is_text(path))
		status = read_text(context, path, out);
	else if (!file_exists(path))
		status = hdt_fail(context, HDT_IO_ERROR, "cannot open '%s': %s", path, strerror(errno));
	else
		status = fail_unknown(context, session, path);
	if (context->missing && (status == HDT_OK || status == HDT_UNSUPPORTED))
		return fail_missing(context, session, path);
	if (status == HDT_OK)
		status = context->status;
	if (status == HDT_OK && !*out)
		status = hdt_fail(context, HDT_INTERNAL, "'%s': the front end gave no graph", path);
	if (status != HDT_OK && context->status == HDT_OK)
		hdt_fail(context, status, "'%s' cannot be read, and the front end does not say why", path);
	/* For whoever asked for a model, a file that cannot be opened is a model that cannot be read. */
	if (status == HDT_IO_ERROR)
		status = context->status = HDT_BAD_MODEL;
	return status;
}

static hdt_status read_again(hdt_model *model)
{
	reading *r = calloc(1, sizeof *r);
	hdt_context *context = context_new(session_registry(model->session));
	if (!r || !context) {
		free(r);
		context_free(context);
		return session_fail(model->session, HDT_OUT_OF_MEMORY, "out of memory reading '%s'", model->path);
	}
	hdt_status status = read_graph(context, model->session, model->path, &r->graph);
	if (status != HDT_OK) {
		session_keep_fault(model->session, context);
		session_set_failed_context(model->session, context);
		free(r);
		return status;
	}
	r->context = context;
	r->next = model->readings;
	model->readings = r;
	return HDT_OK;
}

/* A reading that nothing has changed. */
static hdt_status get_fresh(hdt_model *model, reading **out)
{
	session_clear_error(model->session);
	hdt_status status = model->readings->spent ? read_again(model) : HDT_OK;
	*out = model->readings;
	return status;
}

hdt_status hdt_model_load(hdt_session *session, const char *path, hdt_model **out)
{
	*out = NULL;
	session_clear_error(session);
	session_set_failed_context(session, NULL);
	hdt_model *model = calloc(1, sizeof *model);
	if (!model || !(model->path = strdup(path))) {
		free(model);
		return session_fail(session, HDT_OUT_OF_MEMORY, "out of memory reading '%s'", path);
	}
	model->session = session;
	hdt_status status = read_again(model);
	if (status != HDT_OK)
		hdt_model_free(model);
	else
		*out = model;
	return status;
}

void hdt_model_free(hdt_model *model)
{
	if (!model)
		return;
	for (reading *r = model->readings, *next; r; r = next) {
		next = r->next;
		context_free(r->context);
		free(r);
	}
	free(model->path);
	free(model);
}

hdt_graph *model_graph(hdt_model *model)
{
	reading *r;
	return get_fresh(model, &r) == HDT_OK ? r->graph : NULL;
}

/* ---- evaluating ------------------------------------------------------------------------------------------------------ */

static hdt_status check_counts(hdt_session *session, const hdt_graph *graph, int input_count, int output_count)
{
	if (input_count != graph->input_count)
		return session_fail(session, HDT_BAD_INPUT, "the model takes %d inputs, %d are given", graph->input_count,
		                    input_count);
	if (output_count != graph->output_count)
		return session_fail(session, HDT_BAD_INPUT, "the model gives %d outputs, there is room for %d",
		                    graph->output_count, output_count);
	return HDT_OK;
}

static hdt_status evaluate(const hdt_graph *graph, const hdt_array *inputs, hdt_array *outputs)
{
	hdt_context *context = graph->context;
	size_t input_count = (size_t)graph->input_count, output_count = (size_t)graph->output_count;
	actual_input *actual = hdt_allocate(context, input_count * sizeof *actual);
	const void **data = hdt_allocate(context, input_count * sizeof *data);
	int64_t *values = hdt_allocate(context, (size_t)graph->symbol_count * sizeof *values);
	evaluated *results = hdt_allocate(context, output_count * sizeof *results);
	if (!actual || !data || !values || !results)
		return HDT_OUT_OF_MEMORY;
	for (size_t i = 0; i < input_count; i++) {
		actual[i] = (actual_input){inputs[i].dtype, inputs[i].rank, inputs[i].shape};
		data[i] = inputs[i].data;
	}
	hdt_status status = graph_bind(graph, context, actual, graph->input_count, values);
	bindings b = {graph->symbols, values, graph->symbol_count};
	if (status == HDT_OK)
		status = graph_evaluate(graph, &b, data, results);
	for (size_t i = 0; i < output_count && status == HDT_OK; i++) {
		outputs[i] = (hdt_array){.name = graph->output_names[i], .dtype = results[i].dtype, .rank = results[i].rank};
		memcpy(outputs[i].shape, results[i].shape, sizeof outputs[i].shape);
		outputs[i].data = results[i].data;
	}
	return status;
}

hdt_status hdt_model_evaluate(hdt_model *model, const hdt_array *inputs, int input_count, hdt_array *outputs,
                              int output_count)
{
	reading *r;
	hdt_status status = get_fresh(model, &r);
	if (status == HDT_OK)
		status = check_counts(model->session, r->graph, input_count, output_count);
	if (status != HDT_OK)
		return status;
	status = evaluate(r->graph, inputs, outputs);
	if (status != HDT_OK) {
		session_keep_fault(model->session, r->context);
		r->spent = true;
	}
	return status;
}

/* ---- compiling and running ------------------------------------------------------------------------------------------- */

hdt_status hdt_compile(hdt_model *model, const hdt_compile_options *options, hdt_compiled **out)
{
	hdt_compile_options o = {.size = sizeof o};
	*out = NULL;
	if (options) /* of a caller with older or newer headers: what both know */
		memcpy(&o, options, options->size < sizeof o ? options->size : sizeof o);
	reading *r;
	hdt_status status = get_fresh(model, &r);
	if (status != HDT_OK)
		return status;
	hdt_compiled *compiled = calloc(1, sizeof *compiled);
	if (!compiled)
		return session_fail(model->session, HDT_OUT_OF_MEMORY, "out of memory");
	compiled->model = model;
	r->spent = true;
	status = compile_graph(r->graph, &o, &compiled->graph);
	if (status != HDT_OK)
		session_keep_fault(model->session, r->context);
	if (compiled->graph) {
		session_count_compilation(model->session);
		*out = compiled;
	} else {
		free(compiled); /* a fault, or asked to stop before there is anything to run */
	}
	return status;
}

hdt_status model_plan(hdt_model *model, const hdt_compile_options *options, const int64_t *values, compile_report *out)
{
	reading *r;
	*out = (compile_report){0};
	hdt_status status = get_fresh(model, &r);
	if (status != HDT_OK)
		return status;
	r->spent = true;
	status = compile_plan(r->graph, options, values, out);
	return status == HDT_OK ? status : session_keep_fault(model->session, r->context);
}

hdt_status model_tune(hdt_model *model, const hdt_compile_options *options, const hdt_array *inputs, int input_count,
                      const tune_options *how, tune_report *out)
{
	reading *r;
	*out = (tune_report){0};
	hdt_status status = get_fresh(model, &r);
	if (status == HDT_OK)
		status = check_counts(model->session, r->graph, input_count, r->graph->output_count);
	if (status != HDT_OK)
		return status;
	r->spent = true;
	status = tune_graph(r->graph, options, inputs, input_count, how, out);
	return status == HDT_OK ? status : session_keep_fault(model->session, r->context);
}

void hdt_compiled_free(hdt_compiled *compiled)
{
	if (!compiled)
		return;
	compiled_free(compiled->graph);
	context_free(compiled->diagnostics);
	free(compiled);
}

/* Where a run leaves its faults: a fault makes the next run take a new one. */
static hdt_context *begin_run(hdt_compiled *compiled)
{
	hdt_session *session = compiled->model->session;
	session_clear_error(session);
	if (!compiled->diagnostics && !(compiled->diagnostics = context_new(session_registry(session))))
		session_fail(session, HDT_OUT_OF_MEMORY, "out of memory");
	return compiled->diagnostics;
}

static hdt_status end_run(hdt_compiled *compiled, hdt_status status)
{
	if (status != HDT_OK) {
		session_keep_fault(compiled->model->session, compiled->diagnostics);
		context_free(compiled->diagnostics);
		compiled->diagnostics = NULL;
	}
	return status;
}

hdt_status hdt_compiled_run(hdt_compiled *compiled, const hdt_array *inputs, int input_count, hdt_array *outputs,
                            int output_count)
{
	hdt_context *diagnostics = begin_run(compiled);
	if (!diagnostics)
		return HDT_OUT_OF_MEMORY;
	return end_run(compiled, compiled_run(compiled->graph, diagnostics, inputs, input_count, outputs, output_count));
}

hdt_status compiled_model_measure(hdt_compiled *compiled, const hdt_array *inputs, int input_count, int rounds,
                                  step_measure *out)
{
	hdt_context *diagnostics = begin_run(compiled);
	if (!diagnostics)
		return HDT_OUT_OF_MEMORY;
	return end_run(compiled, compiled_measure(compiled->graph, diagnostics, inputs, input_count, rounds, out));
}

const compile_report *compiled_model_report(const hdt_compiled *compiled)
{
	return compiled_report(compiled->graph);
}

const loaded *compiled_model_loaded(const hdt_compiled *compiled)
{
	return compiled_loaded(compiled->graph);
}

int compiled_model_steps(const hdt_compiled *compiled)
{
	return compiled_step_count(compiled->graph);
}
