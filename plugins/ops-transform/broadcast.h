/* broadcast.h: checks of operators whose result has a given shape that an input is broadcast to. */
#ifndef OPS_TRANSFORM_BROADCAST_H
#define OPS_TRANSFORM_BROADCAST_H

#include <hidet/plugin.h>

/* A fault unless a tensor of shape `from` broadcasts to exactly `to`. */
static inline void broadcast_require(hdt_task *t, hdt_list from, hdt_list to)
{
	if (from.count > to.count)
		hdt_reject(t, "%d dimensions do not broadcast to %d", from.count, to.count);
	for (int d = 0; d < from.count && from.count <= to.count; d++) {
		const hdt_expr *size = hdt_list_item(from, d), *wanted = hdt_list_item(to, to.count - from.count + d);
		int64_t known;
		if (!hdt_is_const(size, &known) || known != 1)
			hdt_require(t, hdt_equal(size, wanted), "dimension %d does not broadcast to the shape of the result", d);
	}
}

#endif
