/* define.h: small helpers for the `define` functions of operators: lists of dimensions and indices changed by copying,
 * attributes that must be plain integers, dtypes of expressions.
 *
 * Every function takes what an earlier fault left behind: an item out of range is NULL, a list that cannot be made is
 * empty, and both are faults where they are used. Copies belong to the context's arena. In a plugin these come after
 * <hidet/calls.h>: include <hidet/plugin.h>, never this. */
#ifndef HIDET_DEFINE_H
#define HIDET_DEFINE_H

#include <hidet/task.h>

HDT_BEGIN

/* Item `i`; NULL when there is none. */
static inline const hdt_expr *hdt_list_item(hdt_list list, int i)
{
	return list.items && i >= 0 && i < list.count ? list.items[i] : NULL;
}

/* Items first..first+count-1, cut to those that exist; shares the memory of `list`. */
static inline hdt_list hdt_list_part(hdt_list list, int first, int count)
{
	hdt_list part = {NULL, 0};
	first = first < 0 ? 0 : first;
	if (!list.items || first >= list.count || count <= 0)
		return part;
	part.items = list.items + first;
	part.count = count < list.count - first ? count : list.count - first;
	return part;
}

/* The items of `a`, then those of `b`. */
static inline hdt_list hdt_list_join(hdt_task *task, hdt_list a, hdt_list b)
{
	hdt_list joined = {NULL, 0};
	const hdt_expr **items;
	if (a.count + b.count == 0)
		return joined;
	items = (const hdt_expr **)hdt_allocate(task->context, (size_t)(a.count + b.count) * sizeof *items);
	if (!items)
		return joined;
	for (int i = 0; i < a.count; i++)
		items[i] = hdt_list_item(a, i);
	for (int i = 0; i < b.count; i++)
		items[a.count + i] = hdt_list_item(b, i);
	joined.items = items;
	joined.count = a.count + b.count;
	return joined;
}

/* `list` with `e` put in before item `i`, without item `i`, and with `e` in the place of item `i`. */
static inline hdt_list hdt_list_insert(hdt_task *task, hdt_list list, int i, const hdt_expr *e)
{
	hdt_list one = {&e, 1};
	hdt_list head = hdt_list_join(task, hdt_list_part(list, 0, i), one);
	return hdt_list_join(task, head, hdt_list_part(list, i, list.count));
}
static inline hdt_list hdt_list_remove(hdt_task *task, hdt_list list, int i)
{
	return hdt_list_join(task, hdt_list_part(list, 0, i), hdt_list_part(list, i + 1, list.count));
}
static inline hdt_list hdt_list_replace(hdt_task *task, hdt_list list, int i, const hdt_expr *e)
{
	return hdt_list_insert(task, hdt_list_remove(task, list, i), i, e);
}

/* The attribute `name` as at most `most` constant integers; -1 and a fault when there are more or one is not constant.
 */
static inline int hdt_get_ints(hdt_task *task, const char *name, int64_t *values, int most)
{
	hdt_list list = hdt_get_dims(task, name);
	for (int i = 0; i < list.count; i++) {
		if (i >= most || !hdt_is_const(hdt_list_item(list, i), &values[i])) {
			hdt_reject(task, "%s must be at most %d constant integers", name, most);
			return -1;
		}
	}
	return list.count;
}

/* The attribute `name` as axes of a tensor of `rank`, in the order given; negative ones count from the end. Gives their
 * number; -1 and a fault when one is out of range. (hdt_get_axes in task.h gives a set of axes instead.) */
static inline int hdt_get_axis_list(hdt_task *task, const char *name, int rank, int axes[HDT_MAX_RANK])
{
	int64_t values[HDT_MAX_RANK];
	int count = hdt_get_ints(task, name, values, HDT_MAX_RANK);
	for (int i = 0; i < count; i++) {
		if (values[i] < -rank || values[i] >= rank) {
			hdt_reject(task, "%s: axis %lld is out of range for %d dimensions", name, (long long)values[i], rank);
			return -1;
		}
		axes[i] = (int)(values[i] < 0 ? values[i] + rank : values[i]);
	}
	return count;
}

/* A fault unless every size is at least 0. For shapes that attributes give or arithmetic makes. */
static inline void hdt_require_sizes(hdt_task *task, hdt_list shape)
{
	for (int d = 0; d < shape.count; d++) {
		const hdt_expr *zero = hdt_int(task->context, 0);
		const hdt_expr *fits = hdt_binary(HDT_OP_LE, zero, hdt_list_item(shape, d));
		hdt_require(task, fits, "dimension %d would have a negative size", d);
	}
}

/* The dtype of an expression; f32 after a fault. */
static inline hdt_dtype hdt_expr_dtype(const hdt_expr *e)
{
	return e ? (hdt_dtype)e->dtype : HDT_F32;
}

/* `e` in the dtype in which arithmetic on it may be rounded several times: f16 and bf16 become f32, integers and bool
 * too, f32 and f64 stay. Operators with several roundings inside compute on this and cast back once. */
static inline const hdt_expr *hdt_widen(const hdt_expr *e)
{
	hdt_dtype dtype = hdt_expr_dtype(e);
	return hdt_cast(e, hdt_is_float(dtype) ? hdt_dtype_of(dtype)->compute : HDT_F32);
}

HDT_END
#endif
