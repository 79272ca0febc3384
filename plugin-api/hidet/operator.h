/* operator.h: the operator descriptor: everything the system knows of an operator, in one file of a plugin.
 *
 *     static void define(hdt_task *t)
 *     {
 *         const hdt_expr *x = hdt_element(t, 0);
 *         hdt_output_elements(t, hdt_max(x, hdt_like(x, 0)));
 *     }
 *     const hdt_operator hdt_op_relu = {
 *         .size = sizeof(hdt_operator), .name = "relu", .doc = "max(x, 0)",
 *         .inputs = "x", .dtypes = "float int", .define = define,
 *         .samples = (const char *const[]){"relu(T[4, 7])", "relu(T[0, 3])", "relu(T[n, 33]) where n = 5", NULL},
 *     };
 *
 * From the computation come shape and dtype inference, the reference result, a rule-based schedule on every target, fusion
 * facts, FLOPs and bytes. */
#ifndef HIDET_OPERATOR_H
#define HIDET_OPERATOR_H

#include <hidet/task.h>

HDT_BEGIN

typedef struct hdt_operator {
	size_t size;
	const char *name; /* as in text; letters, digits, _ and . ; a plugin outside this project writes "vendor.name" */
	const char *doc;  /* one line */
	/* Names of the inputs: "x, weight, bias?" (? optional, only at the end) or "xs..." (any number, at least one). */
	const char *inputs;
	const hdt_attribute *attributes; /* ended by {0}; NULL: none */
	/* The dtypes that `T` stands for in the samples: names or the groups float, int, uint, bool, any: "float i64". */
	const char *dtypes;
	/* Build the computation. Called at any time, on any thread (each with its own context); pure. Faults are recorded with
	 * hdt_reject / hdt_require. */
	void (*define)(hdt_task *task);
	/* Sample calls in the text form, ended by NULL. `T` runs over `dtypes`. Inputs are typed `f32[n, 4]`, with `in lo..hi` for
	 * the range of the random data (default -2..2; 0..1 for bool; 0..4 for unsigned). Symbols: `where n = 5`. Give at
	 * least: a plain one, one with a symbol, one with a dimension of 0 or 1, broadcasting where it exists. */
	const char *const *samples;
	/* Optional: looser comparison of the samples, as a multiple of the dtype's tolerances; 0 means 1. */
	double tolerance;
	/* Optional: + - * or / when that is how rules write the operator between its two inputs. */
	const char *sign;
} hdt_operator;

HDT_END
#endif
