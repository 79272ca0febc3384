/* batch_matmul: c[p, i, j] = sum over k of a[p, i, k] * b[p, k, j]. */
#include <hidet/plugin.h>

static void define(hdt_task *task)
{
	const hdt_tensor *a = hdt_input(task, 0), *b = hdt_input(task, 1);
	if (a->rank != 3 || b->rank != 3) {
		hdt_reject(task, "both inputs have three dimensions, not %d and %d", a->rank, b->rank);
		return;
	}
	hdt_require(task, hdt_equal(a->shape[0], b->shape[0]), "the batches differ: %s and %s", hdt_expr_text(a->shape[0]), hdt_expr_text(b->shape[0]));
	hdt_require(task, hdt_equal(a->shape[2], b->shape[1]), "a has %s columns, b %s rows", hdt_expr_text(a->shape[2]), hdt_expr_text(b->shape[1]));

	const hdt_expr *p = hdt_axis("p", a->shape[0]), *i = hdt_axis("i", a->shape[1]), *j = hdt_axis("j", b->shape[2]);
	const hdt_expr *k = hdt_axis("k", a->shape[2]);
	const hdt_expr *sum = hdt_sum(k, hdt_mul(hdt_at(a, p, i, k), hdt_at(b, p, k, j)));
	hdt_output(task, hdt_compute(task, "c", HDT_AT(p, i, j), sum));
}

const hdt_operator hdt_op_batch_matmul = {
	.size = sizeof(hdt_operator),
	.name = "acme.batch_matmul",
	.doc = "products of the matrices of two batches",
	.inputs = "a, b",
	.dtypes = "float i32",
	.define = define,
	.samples = (const char *const[]){
		"acme.batch_matmul(T[2, 2, 3], T[2, 3, 2])",
		"acme.batch_matmul(T[n, 4, 5], T[n, 5, 3]) where n = 3",
		"acme.batch_matmul(T[2, 4, n], T[2, n, 3]) where n = 7",
		"acme.batch_matmul(T[2, 4, 0], T[2, 0, 3])",
		"acme.batch_matmul(T[1, 1, 1], T[1, 1, 1])",
		NULL,
	},
};
