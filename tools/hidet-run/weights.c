/* weights.c: --random-weights: numbers for the constants of a model that came without them.
 *
 * What they multiply keeps its size from layer to layer: a weight of the form [out, in, ...] is uniform with the variance 1 / (in * ...). What has
 * one dimension (scales, variances, shifts) is near 1, so that nothing is divided by 0. */
#include "data.h"

#include <math.h>
#include <stdlib.h>

static void fill(random_stream *r, const hdt_graph *graph, const hdt_value *v, void *data, int64_t bytes)
{
	int64_t elements = bytes / hdt_dtype_of(v->dtype)->bytes, rows = 1;
	double low = 0.5, high = 1.5;
	if (v->dtype == HDT_BOOL) {
		for (int64_t i = 0; i < elements; i++)
			((unsigned char *)data)[i] = 1; /* a mask that hides nothing */
		return;
	}
	if (hdt_is_integer(v->dtype)) {
		int64_t limit = index_limit(graph, v);
		low = 0;
		high = limit > 0 ? (double)(limit - 1) : 1;
	} else if (v->rank > 1 && hdt_is_const(v->shape[0], &rows) && rows > 0) {
		high = sqrt(3.0 * (double)rows / (double)elements);
		low = -high;
	}
	random_fill(r, v->dtype, data, elements, low, high);
}

static hdt_status make_up(hdt_context *context, random_stream *r, const hdt_graph *graph, hdt_value *v)
{
	int64_t bytes = value_bytes(v);
	if (!v->constant || v->constant->data || bytes <= 0)
		return HDT_OK;
	void *data = malloc((size_t)bytes);
	if (!data)
		return hdt_fail(context, HDT_OUT_OF_MEMORY, "constant '%s' would need %lld bytes", v->name, (long long)bytes);
	fill(r, graph, v, data, bytes);
	hdt_status status = graph_set_constant(v, (hdt_data){data, (size_t)bytes, free, data, false});
	return status == HDT_OK ? HDT_OK : hdt_fail(context, status, "%s", hdt_context_message(graph->context));
}

hdt_status weights_make_up(hdt_context *context, hdt_graph *graph, const options *o)
{
	random_stream stream;
	hdt_status status = HDT_OK;
	random_seed(&stream, o->seed < 0 ? 0 : (uint64_t)o->seed);
	for (int n = 0; n < graph->node_count; n++)
		for (int i = 0; i < graph->nodes[n]->input_count && status == HDT_OK; i++)
			if (graph->nodes[n]->inputs[i])
				status = make_up(context, &stream, graph, graph->nodes[n]->inputs[i]);
	for (int i = 0; i < graph->output_count && status == HDT_OK; i++)
		status = make_up(context, &stream, graph, graph->outputs[i]);
	return status;
}
