/* program_writer.c: jansson does the work; the schema's many wrappings are put around what a test says. */
#include "program_writer.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *parse(const char *text)
{
	json_error_t error;
	json_t *json = json_loads(text, JSON_DECODE_ANY, &error);
	if (!json) {
		fprintf(stderr, "test's JSON: %s: %s\n", text, error.text);
		abort();
	}
	return json;
}

program_writer program_new(void)
{
	program_writer p = {.inputs = json_array(),
	                    .outputs = json_array(),
	                    .nodes = json_array(),
	                    .values = json_object(),
	                    .sizes = json_object(),
	                    .specs_in = json_array(),
	                    .specs_out = json_array(),
	                    .weights = json_object()};
	p.root = json_pack("{s{s{sososososo s{} sb}s{soso}s[]} s{}s{}s{sisi}s[]ss}", "graph_module", "graph", "inputs",
	                   p.inputs, "outputs", p.outputs, "nodes", p.nodes, "tensor_values", p.values, "sym_int_values",
	                   p.sizes, "sym_bool_values", "is_single_tensor_return", 0, "signature", "input_specs", p.specs_in,
	                   "output_specs", p.specs_out, "module_call_graph", "opset_version", "range_constraints",
	                   "schema_version", "major", 8, "minor", 17, "verifiers", "torch_version", "2.11.0");
	if (!p.root)
		abort();
	return p;
}

/* [2, "s0"] -> [{"as_int": 2}, {"as_expr": {"expr_str": "s0"}}] */
static json_t *wrap_sizes(const char *shape)
{
	json_t *list = parse(shape), *wrapped = json_array(), *item;
	size_t i;
	json_array_foreach (list, i, item)
		json_array_append_new(wrapped, json_is_string(item) ? json_pack("{s{sO}}", "as_expr", "expr_str", item)
		                                                    : json_pack("{sO}", "as_int", item));
	json_decref(list);
	return wrapped;
}

/* Row-major strides of a shape in numbers; a symbolic size ends the pretence and counts as 1. */
static json_t *default_strides(const char *shape)
{
	json_t *list = parse(shape), *wrapped = json_array();
	json_int_t stride = 1;
	for (size_t i = json_array_size(list); i-- > 0;) {
		json_array_insert_new(wrapped, 0, json_pack("{sI}", "as_int", stride));
		json_t *size = json_array_get(list, i);
		stride *= json_is_integer(size) ? json_integer_value(size) : 1;
	}
	json_decref(list);
	return wrapped;
}

static json_t *describe(int dtype, const char *shape, const char *strides, int offset)
{
	return json_pack("{sisosbs{sssn}sos{si}si}", "dtype", dtype, "sizes", wrap_sizes(shape), "requires_grad", 0,
	                 "device", "type", "cpu", "index", "strides",
	                 strides ? wrap_sizes(strides) : default_strides(shape), "storage_offset", "as_int", offset,
	                 "layout", 7);
}

void program_describe(program_writer *p, const char *name, int dtype, const char *shape, const char *strides)
{
	json_object_set_new(p->values, name, describe(dtype, shape, strides, 0));
}

static json_t *tensor(const char *name)
{
	return json_pack("{s{ss}}", "as_tensor", "name", name);
}

void program_input(program_writer *p, const char *name, int dtype, const char *shape)
{
	program_describe(p, name, dtype, shape, NULL);
	json_array_append_new(p->inputs, tensor(name));
	json_array_append_new(p->specs_in, json_pack("{s{so}}", "user_input", "arg", tensor(name)));
}

void program_weight(program_writer *p, const char *kind, const char *name, int dtype, const char *shape,
                    const char *strides, int offset, const char *path)
{
	char key[64];
	snprintf(key, sizeof(key), "%s_name", kind);
	program_describe(p, name, dtype, shape, strides);
	json_array_append_new(p->inputs, tensor(name));
	json_array_append_new(p->specs_in, json_pack("{s{s{ss}ss}}", kind, "arg", "name", name, key, name));
	json_object_set_new(p->weights, name,
	                    json_pack("{sssbsbso}", "path_name", path, "is_param", 1, "use_pickle", 0, "tensor_meta",
	                              describe(dtype, shape, strides, offset)));
}

/* A number or a name of a size inside a list. */
static json_t *wrap_number(json_t *item)
{
	if (json_is_string(item))
		return json_pack("{ss}", "as_name", json_string_value(item) + 1);
	return json_pack("{sO}", "as_int", item);
}

static json_t *wrap_list(json_t *list)
{
	json_t *wrapped = json_array(), *item;
	size_t i;
	bool tensors = false, symbolic = false;
	json_array_foreach (list, i, item) {
		tensors = tensors || (json_is_string(item) && json_string_value(item)[0] == '%');
		symbolic = symbolic || json_is_string(item);
	}
	json_array_foreach (list, i, item) {
		if (tensors)
			json_array_append_new(wrapped, json_pack("{ss}", "name", json_string_value(item) + 1));
		else if (symbolic)
			json_array_append_new(wrapped, wrap_number(item));
		else
			json_array_append(wrapped, item);
	}
	return json_pack("{so}", tensors ? "as_tensors" : symbolic ? "as_sym_ints" : "as_ints", wrapped);
}

static json_t *wrap_argument(json_t *item)
{
	const char *text = json_string_value(item);
	if (json_is_array(item))
		return wrap_list(item);
	if (text && text[0] == '%')
		return tensor(text + 1);
	if (text && text[0] == '$')
		return json_pack("{s{ss}}", "as_sym_int", "as_name", text + 1);
	if (json_is_null(item))
		return json_pack("{sb}", "as_none", 1);
	if (json_is_object(item))
		return json_incref(item);
	return json_pack("{sO}",
	                 text                    ? "as_string"
	                 : json_is_integer(item) ? "as_int"
	                 : json_is_boolean(item) ? "as_bool"
	                                         : "as_float",
	                 item);
}

void program_node(program_writer *p, const char *target, const char *arguments, const char *outputs, const char *module)
{
	json_t *list = parse(arguments), *inputs = json_array(), *results = json_array(), *pair, *metadata = json_object();
	size_t i;
	char copy[256], *rest = copy;
	json_array_foreach (list, i, pair)
		json_array_append_new(inputs, json_pack("{sOsosi}", "name", json_array_get(pair, 0), "arg",
		                                        wrap_argument(json_array_get(pair, 1)), "kind", 1));
	snprintf(copy, sizeof(copy), "%s", outputs);
	for (char *name = strtok_r(copy, " ", &rest); name; name = strtok_r(NULL, " ", &rest)) {
		json_t *text = json_string(name);
		json_array_append_new(results, wrap_argument(text));
		json_decref(text);
	}
	if (module) {
		snprintf(copy, sizeof(copy), "L__self__,,Top;L__self___x,%s,torch.nn.Part", module);
		json_object_set_new(metadata, "nn_module_stack", json_string(copy));
	}
	json_array_append_new(p->nodes, json_pack("{sssososo}", "target", target, "inputs", inputs, "outputs", results,
	                                          "metadata", metadata));
	json_decref(list);
}

void program_output(program_writer *p, const char *name)
{
	json_array_append_new(p->outputs, tensor(name));
	json_array_append_new(p->specs_out, json_pack("{s{so}}", "user_output", "arg", tensor(name)));
}

void program_range(program_writer *p, const char *symbol, int min, int max)
{
	json_object_set_new(json_object_get(p->root, "range_constraints"), symbol,
	                    json_pack("{sisi}", "min_val", min, "max_val", max));
}

void program_free(program_writer *p)
{
	json_decref(p->root);
	json_decref(p->weights);
	*p = (program_writer){0};
}

char *program_text(const program_writer *p)
{
	return json_dumps(p->root, 0);
}

zip_writer program_archive(const program_writer *p)
{
	zip_writer w = {0};
	char *text = program_text(p);
	json_t *config = json_pack("{sO}", "config", p->weights);
	char *weights = json_dumps(config, 0);
	zip_writer_add(&w, "m/models/model.json", text, strlen(text), false);
	zip_writer_add(&w, "m/data/weights/model_weights_config.json", weights, strlen(weights), false);
	zip_writer_add(&w, "m/archive_format", "pt2", 3, false);
	free(text);
	free(weights);
	json_decref(config);
	return w;
}
