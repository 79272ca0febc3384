/* map_recurrent.c: recurrent layers, unrolled: the sequence's length must be fixed.
 *
 * The part of each gate that comes from the input is one linear layer over all steps; what remains of a step is the
 * part that comes from the state. Layers are stacked; a bidirectional layer runs both ways and puts the results side by
 * side. A model may also step a cell itself. */
#include "map.h"

enum { MAX_STEPS = 2048, MAX_STATES = 64 };

/* One step: the gates' inputs and the states before; the states after. `c` is NULL but for lstm. */
typedef struct cell {
	int gates; /* rows of the weights by the size of the state */
	void (*step)(hdt_call *call, hdt_value *from_input, hdt_value *from_state, hdt_value **h, hdt_value **c);
} cell;

/* ---- cells ------------------------------------------------------------------------------------------------------- */

/* The i-th of `count` equal parts of the last axis. */
static hdt_value *part(hdt_call *call, hdt_value *x, int i, int count)
{
	hdt_context *context = hdt_call_context(call);
	if (!x)
		return NULL;
	const hdt_expr *size = hdt_floordiv(x->shape[x->rank - 1], hdt_int(context, count));
	const hdt_expr *start = hdt_mul(size, hdt_int(context, i));
	return map_slice(call, x, x->rank - 1, start, hdt_add(start, size), 1);
}

/* i, f, g, o = gates; c = f c + i g; h = o tanh(c) */
static void step_lstm(hdt_call *call, hdt_value *from_input, hdt_value *from_state, hdt_value **h, hdt_value **c)
{
	hdt_value *gates = map_binary(call, "add", from_input, from_state);
	hdt_value *input = map_unary(call, "sigmoid", part(call, gates, 0, 4)),
			  *forget = map_unary(call, "sigmoid", part(call, gates, 1, 4));
	hdt_value *candidate = map_unary(call, "tanh", part(call, gates, 2, 4)),
			  *output = map_unary(call, "sigmoid", part(call, gates, 3, 4));
	*c = map_binary(call, "add", map_binary(call, "mul", forget, *c), map_binary(call, "mul", input, candidate));
	*h = map_binary(call, "mul", output, map_unary(call, "tanh", *c));
}

/* r, z = gates; n = tanh(n of input + r (n of state)); h = n + z (h - n) */
static void step_gru(hdt_call *call, hdt_value *from_input, hdt_value *from_state, hdt_value **h, hdt_value **c)
{
	(void)c;
	hdt_value *reset =
		map_unary(call, "sigmoid", map_binary(call, "add", part(call, from_input, 0, 3), part(call, from_state, 0, 3)));
	hdt_value *update =
		map_unary(call, "sigmoid", map_binary(call, "add", part(call, from_input, 1, 3), part(call, from_state, 1, 3)));
	hdt_value *candidate = map_binary(call, "mul", reset, part(call, from_state, 2, 3));
	candidate = map_unary(call, "tanh", map_binary(call, "add", part(call, from_input, 2, 3), candidate));
	*h = map_binary(call, "add", candidate, map_binary(call, "mul", update, map_binary(call, "sub", *h, candidate)));
}

static void step_tanh(hdt_call *call, hdt_value *from_input, hdt_value *from_state, hdt_value **h, hdt_value **c)
{
	(void)c;
	*h = map_unary(call, "tanh", map_binary(call, "add", from_input, from_state));
}

static void step_relu(hdt_call *call, hdt_value *from_input, hdt_value *from_state, hdt_value **h, hdt_value **c)
{
	(void)c;
	*h = map_unary(call, "relu", map_binary(call, "add", from_input, from_state));
}

/* ---- layers ------------------------------------------------------------------------------------------------------ */

typedef struct network {
	cell cell;
	int64_t steps;
	int layers, directions, per_layer; /* parameters for each layer and direction */
	bool biases, projects;
	hdt_value *const *parameters;
	hdt_value *h0, *c0; /* [layers * directions, batch, size]; c0 NULL but for lstm */
	hdt_value *last_h[MAX_STATES], *last_c[MAX_STATES];
} network;

static hdt_value *linear(hdt_call *call, hdt_value *x, hdt_value *weight, hdt_value *bias)
{
	return x && weight ? hdt_apply(hdt_call_graph(call), "linear", HDT_VALUES(x, weight, bias), NULL) : NULL;
}

/* One layer in one direction over x [steps, batch, features]: its results at all steps. */
static hdt_value *run_direction(hdt_call *call, network *n, hdt_value *x, int state, bool backwards)
{
	hdt_value *const *p = n->parameters + (ptrdiff_t)state * n->per_layer;
	hdt_value *projection = n->projects ? p[n->per_layer - 1] : NULL;
	const hdt_expr *at = hdt_int(hdt_call_context(call), state);
	hdt_value *h = map_select(call, n->h0, 0, at), *c = n->c0 ? map_select(call, n->c0, 0, at) : NULL;
	hdt_value *inputs = linear(call, x, p[0], n->biases ? p[2] : NULL);
	hdt_value **results = hdt_allocate(hdt_call_context(call), ((size_t)n->steps + 1) * sizeof(*results));
	for (int64_t i = 0; results && i < n->steps; i++) {
		int64_t t = backwards ? n->steps - 1 - i : i;
		hdt_value *from_state = linear(call, h, p[1], n->biases ? p[3] : NULL);
		n->cell.step(call, map_select(call, inputs, 0, hdt_int(hdt_call_context(call), t)), from_state, &h, &c);
		if (projection)
			h = linear(call, h, projection, NULL);
		results[t] = h;
	}
	n->last_h[state] = h;
	n->last_c[state] = c;
	if (map_status(call) != HDT_OK || !results)
		return NULL;
	return hdt_apply_list(hdt_call_graph(call), "stack", results, (int)n->steps, HDT_WITH(hdt_int_value("axis", 0)));
}

static bool read_network(hdt_call *call, const cell *kind, const hdt_value *x, network *n)
{
	hdt_value *const *states;
	int time = hdt_call_bool(call, "batch_first") ? 1 : 0, count = hdt_call_values(call, "params", &n->parameters);
	int state_count = hdt_call_values(call, "hx", &states);
	n->cell = *kind;
	n->layers = (int)hdt_call_int(call, "num_layers");
	n->directions = hdt_call_bool(call, "bidirectional") ? 2 : 1;
	n->biases = hdt_call_bool(call, "has_biases");
	if (!x || x->rank != 3 || !hdt_is_const(x->shape[time], &n->steps))
		return map_refuse(call, "the sequence's length is not fixed; export the model with a fixed length"), false;
	if (hdt_call_bool(call, "train") && hdt_call_float(call, "dropout") != 0)
		return map_refuse(call, "dropout between the layers is on; call model.eval() before export"), false;
	if (n->layers < 1 || n->layers * n->directions > MAX_STATES || n->steps < 1 ||
	    n->steps * n->layers * n->directions > MAX_STEPS)
		return map_refuse(call, "%d layers over %lld steps are too many to unroll (at most %d steps in all)", n->layers,
		                  (long long)n->steps, MAX_STEPS),
		       false;
	int plain = n->biases ? 4 : 2;
	n->per_layer = count / (n->layers * n->directions);
	n->projects = n->per_layer == plain + 1;
	n->h0 = state_count ? states[0] : NULL;
	n->c0 = state_count > 1 ? states[1] : NULL;
	bool complete =
		n->per_layer * n->layers * n->directions == count && (n->per_layer == plain || n->projects) && n->h0;
	for (int i = 0; i < count && complete; i++)
		complete = n->parameters[i] != NULL;
	if (!complete || (kind->gates == 4) != (n->c0 != NULL))
		return map_refuse(call, "%d parameters for %d layers, or the wrong states", count, n->layers), false;
	return map_status(call) == HDT_OK;
}

static hdt_value *stack_states(hdt_call *call, hdt_value *const *states, int count)
{
	return map_status(call) == HDT_OK
	           ? hdt_apply_list(hdt_call_graph(call), "stack", states, count, HDT_WITH(hdt_int_value("axis", 0)))
	           : NULL;
}

static hdt_status recurrent(hdt_call *call, const cell *kind)
{
	network n = {0};
	hdt_value *x = hdt_call_value(call, "input");
	if (!read_network(call, kind, x, &n))
		return map_status(call);
	bool batch_first = hdt_call_bool(call, "batch_first");
	x = batch_first ? map_swap_axes(call, x, 0, 1) : x;
	for (int layer = 0; x && layer < n.layers; layer++) {
		hdt_value *ways[2] = {run_direction(call, &n, x, layer * n.directions, false), NULL};
		if (n.directions == 2)
			ways[1] = run_direction(call, &n, x, layer * n.directions + 1, true);
		x = map_status(call) == HDT_OK ? map_concat(call, ways, n.directions, 2) : NULL;
	}
	hdt_call_return(call, batch_first ? map_swap_axes(call, x, 0, 1) : x);
	hdt_call_return(call, stack_states(call, n.last_h, n.layers * n.directions));
	if (n.c0)
		hdt_call_return(call, stack_states(call, n.last_c, n.layers * n.directions));
	return map_status(call);
}

static hdt_status lstm(hdt_call *call)
{
	return recurrent(call, &(cell){4, step_lstm});
}

static hdt_status gru(hdt_call *call)
{
	return recurrent(call, &(cell){3, step_gru});
}

static hdt_status rnn_tanh(hdt_call *call)
{
	return recurrent(call, &(cell){1, step_tanh});
}

static hdt_status rnn_relu(hdt_call *call)
{
	return recurrent(call, &(cell){1, step_relu});
}

/* ---- single steps ------------------------------------------------------------------------------------------------ */

/* A cell that the model steps itself. */
static void run_cell(hdt_call *call, const cell *kind, hdt_value **h, hdt_value **c)
{
	hdt_value *from_input =
		linear(call, hdt_call_value(call, "input"), hdt_call_value(call, "w_ih"), hdt_call_value(call, "b_ih"));
	hdt_value *from_state = linear(call, *h, hdt_call_value(call, "w_hh"), hdt_call_value(call, "b_hh"));
	kind->step(call, from_input, from_state, h, c);
}

static hdt_status lstm_cell(hdt_call *call)
{
	hdt_value *const *states;
	if (hdt_call_values(call, "hx", &states) != 2)
		return map_refuse(call, "an lstm cell needs two states");
	hdt_value *h = states[0], *c = states[1];
	run_cell(call, &(cell){4, step_lstm}, &h, &c);
	hdt_call_return(call, h);
	return map_result(call, c);
}

static hdt_status step_once(hdt_call *call, const cell *kind)
{
	hdt_value *h = hdt_call_value(call, "hx");
	run_cell(call, kind, &h, NULL);
	return map_result(call, h);
}

static hdt_status gru_cell(hdt_call *call)
{
	return step_once(call, &(cell){3, step_gru});
}

static hdt_status rnn_tanh_cell(hdt_call *call)
{
	return step_once(call, &(cell){1, step_tanh});
}

static hdt_status rnn_relu_cell(hdt_call *call)
{
	return step_once(call, &(cell){1, step_relu});
}

#define CELL "input, hx, w_ih, w_hh, b_ih=none, b_hh=none"
#define RECURRENT "input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first"

static const hdt_mapping mappings[] = {
	{"aten.lstm.input", RECURRENT, NULL, lstm},
	{"aten.gru.input", RECURRENT, NULL, gru},
	{"aten.rnn_tanh.input", RECURRENT, NULL, rnn_tanh},
	{"aten.rnn_relu.input", RECURRENT, NULL, rnn_relu},
	{"aten.lstm_cell.default", CELL, NULL, lstm_cell},
	{"aten.gru_cell.default", CELL, NULL, gru_cell},
	{"aten.rnn_tanh_cell.default", CELL, NULL, rnn_tanh_cell},
	{"aten.rnn_relu_cell.default", CELL, NULL, rnn_relu_cell},
	{0},
};

const hdt_mapping_set hdt_mappings_map_recurrent = {
	.size = sizeof(hdt_mapping_set), .framework = "torch", .mappings = mappings};
