/* program.c: checks that a JSON document is an exported program of a version that this reader knows. */
#include "program.h"
#include "schema.h"
#include <string.h>

enum { SCHEMA_MAJOR = 8 };

static hdt_status check_version(const program *p)
{
	const json_t *version = json_object_get(p->root, "schema_version");
	const json_t *major = json_object_get(version, "major");
	const char *torch = schema_string(p->root, "torch_version");
	if (!json_is_integer(major))
		return hdt_fail(p->context, HDT_BAD_MODEL, "%s: is no exported program: it has no schema_version", p->path);
	json_int_t number = json_integer_value(major);
	if (number == SCHEMA_MAJOR)
		return HDT_OK;
	return hdt_fail(
		p->context, HDT_UNSUPPORTED,
		"%s: has version %lld of the export schema (written by PyTorch %.40s); this reader knows version %d: %s",
		p->path, (long long)number, torch ? torch : "of unknown version", SCHEMA_MAJOR,
		number < SCHEMA_MAJOR ? "export the model again with PyTorch 2.11 or newer" : "a newer plugin is needed");
}

hdt_status program_open(hdt_context *context, const char *path, json_t *root, program *out)
{
	*out = (program){.context = context, .path = path, .root = root};
	hdt_status status = check_version(out);
	if (status != HDT_OK)
		return status;
	const json_t *module = json_object_get(root, "graph_module");
	out->graph = json_object_get(module, "graph");
	out->nodes = json_object_get(out->graph, "nodes");
	out->signature = json_object_get(module, "signature");
	out->symbols = (symbol_table){.context = context, .ranges = json_object_get(root, "range_constraints")};
	if (!json_is_object(out->graph) || !json_is_array(out->nodes) || !json_is_object(out->signature))
		return hdt_fail(context, HDT_BAD_MODEL, "%s: the exported program has no graph or no signature", path);
	return HDT_OK;
}

void program_close(program *p)
{
	json_decref(p->root);
	p->root = NULL;
}

/* The stack is "key,path,type;key,path,type;...", outermost first. */
const char *program_origin(hdt_context *context, const json_t *node)
{
	const char *stack = schema_string(json_object_get(node, "metadata"), "nn_module_stack");
	if (!stack)
		return NULL;
	const char *last = strrchr(stack, ';');
	const char *path = strchr(last ? last : stack, ',');
	if (!path)
		return NULL;
	size_t length = strcspn(++path, ",;");
	return length && length < 1024 ? hdt_format(context, "%.*s", (int)length, path) : NULL;
}
