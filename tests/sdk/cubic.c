/* cubic.c: a plugin of one operator in one file, without CMake. */
#include <hidet/plugin.h>

static void define(hdt_task *task)
{
	const hdt_expr *x = hdt_element(task, 0);
	hdt_output_elements(task, hdt_mul(x, hdt_mul(x, x)));
}

static const hdt_operator cubic = {
	.size = sizeof(hdt_operator),
	.name = "acme.cubic",
	.doc = "x * x * x",
	.inputs = "x",
	.dtypes = "float",
	.define = define,
	.samples = (const char *const[]){"acme.cubic(T[4])", NULL},
};
static const hdt_operator *const operators[] = {&cubic, NULL};

HDT_PLUGIN(.id = "acme.cubic", .version = "1.0", .license = "MIT", .operators = operators);
