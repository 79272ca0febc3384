/* graph.c: the verb graph: a model before and after the passes over it, as text or as a drawing. Nothing is compiled. */
#include "verbs.h"

#include "base/file.h"
#include "data.h"
#include "graph_picture.h"
#include <stdio.h>
#include <string.h>

typedef enum drawing { DRAW_HTML, DRAW_SVG, DRAW_DOT, DRAW_TEXT, DRAWING_COUNT } drawing;
static const char *const suffixes[DRAWING_COUNT] = {".html", ".svg", ".dot", ".hds"};

/* DRAWING_COUNT: the name has none of the suffixes. */
static drawing drawing_of(const char *path)
{
	size_t length = strlen(path);
	for (int i = 0; i < DRAWING_COUNT; i++) {
		size_t suffix = strlen(suffixes[i]);
		if (length > suffix && strcmp(path + length - suffix, suffixes[i]) == 0)
			return (drawing)i;
	}
	return DRAWING_COUNT;
}

/* The graph after its passes, drawn into `t`; `before` and what rules did are there for the page that shows all. */
static hdt_status draw(hdt_graph *graph, const options *o, drawing what, const picture *before, const text *rules,
                       const int64_t *values, text *t)
{
	partition groups;
	picture after = {0};
	text fusion = {0};
	hdt_compile_options how = compile_options_of(o);
	hdt_status status = compile_groups(graph, &how, &fusion, &groups);
	if (status == HDT_OK)
		status = picture_make(graph, &groups, values, o->constants, &after);
	if (status == HDT_OK && what == DRAW_HTML)
		graph_html(t, before, &after, rules->data ? rules->data : "", fusion.data ? fusion.data : "");
	else if (status == HDT_OK && what == DRAW_SVG)
		graph_svg(t, &after, true);
	else if (status == HDT_OK)
		graph_dot(t, &after);
	picture_free(&after);
	text_free(&fusion);
	return status;
}

static hdt_status write_graph(hdt_graph *graph, const options *o, drawing what)
{
	hdt_context *context = graph->context;
	hdt_compile_options how = compile_options_of(o);
	picture before = {0};
	text t = {0}, rules = {0};
	int64_t *values = hdt_allocate(context, sizeof *values * (size_t)(graph->symbol_count + 1));
	hdt_status status = values ? sizes_choose(context, graph, o, values) : HDT_OUT_OF_MEMORY;
	if (status == HDT_OK && what == DRAW_HTML)
		status = picture_make(graph, NULL, values, o->constants, &before);
	if (status == HDT_OK)
		status = compile_optimise(graph, &how, o->stop_after, &rules);
	if (status == HDT_OK && what == DRAW_TEXT)
		graph_print(&t, graph, NULL);
	else if (status == HDT_OK)
		status = draw(graph, o, what, &before, &rules, values, &t);
	if (status == HDT_OK && t.failed)
		status = hdt_fail(context, HDT_OUT_OF_MEMORY, "out of memory writing '%s'", o->out);
	if (status == HDT_OK)
		status = file_write_atomically(context, o->out, t.data ? t.data : "", t.length);
	picture_free(&before);
	text_free(&rules);
	text_free(&t);
	return status;
}

int verb_graph(hdt_session *session, const options *o)
{
	int code;
	drawing what = o->out ? drawing_of(o->out) : DRAWING_COUNT;
	if (what == DRAWING_COUNT) {
		fprintf(stderr,
		        "hidet-run: %s%s%s: a graph is written to a file that ends in .html, .svg, .dot or .hds: -o FILE\n",
		        o->out ? "'" : "", o->out ? o->out : "where to", o->out ? "'" : "");
		return exit_code_of(HDT_USAGE);
	}
	hdt_model *model = load_model(session, o, &code);
	if (!model)
		return code;
	hdt_graph *graph = model_graph(model);
	code = write_graph(graph, o, what) == HDT_OK ? 0 : report_fault(graph->context);
	hdt_model_free(model);
	return code;
}
