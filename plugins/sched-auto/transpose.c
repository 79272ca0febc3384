/* transpose.c: what is read across the lanes, but along another loop, goes through square tiles:
 *
 *     y[i, j] = x[j, i] + 1.0
 *  -> register tile: f32[16, 64]; for s in 0..4 { transpose_lanes(&tile[0, s * 16], 64, &x[j + s * 16, i], stride, 16); }
 *     for r in 0..16 { for l in 0..64 vectorise { y[i + r, j + l] = tile[r, l] + 1.0; } }
 *
 * so that memory is read and written in whole lines. */
#include "auto.h"

/* Elements of memory from one index of dimension `dim` to the next. */
static const hdt_expr *stride_of(const hdt_tensor *t, int dim)
{
	const hdt_expr *stride = hdt_int(t->context, 1);
	for (int d = dim + 1; d < t->rank; d++)
		stride = hdt_mul(stride, t->shape[d]);
	return stride;
}

/* Of a read that goes along `row`: elements from one lane to the next; NULL: it is none for a tile. */
static const hdt_expr *lane_stride(const hdt_expr *load, const hdt_expr *lane, const hdt_expr *row)
{
	int64_t factor;
	const hdt_expr *stride = NULL;
	if (load->op != HDT_OP_LOAD || load->dtype != HDT_F32 || !read_is_along(load, row) || !guard_needless(load))
		return NULL;
	for (int d = 0; d < load->count; d++) {
		if (!depends_on(load->args[d], lane))
			continue;
		if (stride || !linear_factor(load->args[d], lane, &factor) || factor <= 0)
			return NULL;
		stride = hdt_mul(stride_of(load->tensor, d), hdt_int(load->context, factor));
	}
	return stride;
}

bool transpose_suits(const hdt_expr *value, const hdt_expr *lane, const hdt_expr *row)
{
	expr_list nodes = {0};
	expr_nodes(value, &nodes);
	for (int i = 0; i < nodes.count; i++)
		if (lane_stride(nodes.items[i], lane, row))
			return true;
	return false;
}

const hdt_expr *transpose_fill(nest *n, const hdt_expr *value, const panel_span *lane, const panel_span *row)
{
	expr_list nodes = {0};
	expr_map tiles = {0};
	hdt_context *c = n->context;
	const hdt_expr *width = hdt_int(c, lane->most), *size = hdt_int(c, row->most), *zero = hdt_int(c, 0);
	expr_nodes(value, &nodes);
	for (int i = 0; i < nodes.count; i++) {
		const hdt_expr *load = nodes.items[i], *stride = lane_stride(load, lane->axis, row->axis);
		const hdt_expr *indices[HDT_MAX_RANK];
		if (!stride)
			continue;
		const hdt_tensor *laid = hdt_local(n->function, "tile", HDT_F32, HDT_AT(size, width));
		const hdt_expr *square = hdt_begin_for(n->function, "square", hdt_floordiv(width, size), HDT_LOOP_SERIAL);
		const hdt_expr *done = hdt_mul(square, size), *to[] = {zero, done};
		const hdt_expr *from[] = {lane->axis, row->axis}, *first[] = {hdt_add(lane->first, done), row->first};
		for (int d = 0; d < load->count; d++)
			indices[d] = hdt_substitute(load->args[d], from, first, 2);
		hdt_do(n->function, "transpose_lanes",
		       HDT_AT(hdt_address(laid, to, 2), width, hdt_address(load->tensor, indices, load->count), stride, size));
		hdt_end(n->function);
		const hdt_expr *element = hdt_at(laid, hdt_sub(row->axis, row->first), hdt_sub(lane->axis, lane->first));
		if (element)
			expr_map_set(&tiles, load, element);
	}
	value = replace_nodes(value, &tiles);
	expr_map_free(&tiles);
	return value;
}
