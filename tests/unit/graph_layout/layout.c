/* layout.c: tests of the layered layout: what any drawing keeps, and what makes one readable. */
#include "graph_layout.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void place(layout *l)
{
	for (int i = 0; i < l->box_count; i++) {
		l->boxes[i].width = l->boxes[i].width > 0 ? l->boxes[i].width : 100;
		l->boxes[i].height = l->boxes[i].height > 0 ? l->boxes[i].height : 40;
	}
	cr_assert(layout_place(l));
}
#define PLACE(l, count, ...)                                                                                     \
	layout_box boxes[count] = {{0}};                                                                             \
	layout_edge edges[] = {__VA_ARGS__};                                                                         \
	layout l = {.boxes = boxes, .box_count = count, .edges = edges, .edge_count = sizeof edges / sizeof *edges}; \
	place(&l)

static double middle(const layout_box *b)
{
	return b->x + b->width / 2;
}

static bool apart(const layout_box *a, const layout_box *b)
{
	return a->x + a->width <= b->x || b->x + b->width <= a->x || a->y + a->height <= b->y || b->y + b->height <= a->y;
}

static bool holds(const layout_box *b, layout_point at)
{
	return at.x > b->x && at.x < b->x + b->width && at.y > b->y && at.y < b->y + b->height;
}

/* What every drawing keeps. */
static void check(const layout *l)
{
	for (int i = 0; i < l->box_count; i++) {
		const layout_box *b = &l->boxes[i];
		cr_assert(b->x >= 0 && b->y >= 0 && b->x + b->width <= l->width && b->y + b->height <= l->height,
		          "box %d is outside", i);
		for (int k = 0; k < i; k++)
			cr_assert(apart(b, &l->boxes[k]), "boxes %d and %d overlap", k, i);
	}
	for (int i = 0; i < l->edge_count; i++) {
		const layout_edge *e = &l->edges[i];
		const layout_box *from = &l->boxes[e->from], *to = &l->boxes[e->to];
		const layout_point *points = l->points + e->first;
		cr_assert(from->layer < to->layer);
		cr_assert(e->count >= 2 && e->first + e->count <= l->point_count);
		cr_assert_float_eq(points[0].x, middle(from), 1e-6);
		cr_assert_float_eq(points[0].y, from->y + from->height, 1e-6);
		cr_assert_float_eq(points[e->count - 1].x, middle(to), 1e-6);
		cr_assert_float_eq(points[e->count - 1].y, to->y, 1e-6);
		for (int k = 1; k < e->count; k++)
			cr_assert(points[k].y >= points[k - 1].y, "edge %d leads upwards", i);
		for (int k = 1; k < e->count - 1; k++)
			for (int b = 0; b < l->box_count; b++)
				cr_assert(!holds(&l->boxes[b], points[k]), "edge %d goes through box %d", i, b);
	}
}

Test(graph_layout, nothing_has_a_size)
{
	layout l = {0};
	cr_assert(layout_place(&l));
	cr_assert(l.width > 0 && l.height > 0 && isfinite(l.width));
	layout_free(&l);
}

Test(graph_layout, a_chain_is_straight)
{
	PLACE(l, 4, {.from = 0, .to = 1}, {.from = 1, .to = 2}, {.from = 2, .to = 3});
	check(&l);
	for (int i = 1; i < 4; i++) {
		cr_assert_eq(boxes[i].layer, i);
		cr_assert_float_eq(middle(&boxes[i]), middle(&boxes[0]), 1e-6);
	}
	layout_free(&l);
}

Test(graph_layout, crossings_that_need_not_be_are_not)
{
	PLACE(l, 6, {.from = 0, .to = 5}, {.from = 1, .to = 4}, {.from = 2, .to = 3});
	check(&l);
	for (int a = 0; a < 3; a++)
		for (int b = 0; b < a; b++)
			cr_assert((boxes[a].x < boxes[b].x) == (boxes[5 - a].x < boxes[5 - b].x), "%d and %d cross", a, b);
	layout_free(&l);
}

Test(graph_layout, what_reads_nothing_stands_above_its_reader)
{
	PLACE(l, 4, {.from = 0, .to = 2}, {.from = 2, .to = 3}, {.from = 1, .to = 3});
	check(&l);
	cr_assert_eq(boxes[1].layer, boxes[3].layer - 1);
	layout_free(&l);
}

Test(graph_layout, edges_of_a_box_share_their_way)
{
	PLACE(l, 5, {.from = 0, .to = 1}, {.from = 1, .to = 2}, {.from = 2, .to = 3}, {.from = 3, .to = 4},
	      {.from = 0, .to = 4}, {.from = 0, .to = 3});
	check(&l);
	cr_assert_eq(edges[5].count, 6);
	cr_assert_eq(memcmp(l.points + edges[4].first, l.points + edges[5].first, 5 * sizeof(layout_point)), 0);
	layout_free(&l);
}

/* Would each edge have a place in every layer, this would need 200 million of them. */
Test(graph_layout, very_long_edges_cost_little, .timeout = 60)
{
	enum { COUNT = 20000 };
	layout_box *boxes = calloc(COUNT, sizeof *boxes);
	layout_edge *edges = calloc(2 * COUNT, sizeof *edges);
	layout l = {.boxes = boxes, .box_count = COUNT, .edges = edges};
	cr_assert(boxes && edges);
	for (int i = 1; i < COUNT; i++) {
		edges[l.edge_count++] = (layout_edge){.from = i - 1, .to = i};
		edges[l.edge_count++] = (layout_edge){.from = 0, .to = i};
	}
	place(&l);
	cr_assert_eq(boxes[COUNT - 1].layer, COUNT - 1);
	cr_assert_lt(l.point_count, 6 * COUNT);
	layout_free(&l);
	free(boxes);
	free(edges);
}

static void make_random(layout *l, unsigned *seed)
{
	for (int i = 0; i < l->box_count; i++) {
		l->boxes[i] = (layout_box){.width = 20 + rand_r(seed) % 200, .height = 20 + rand_r(seed) % 40};
		for (int k = rand_r(seed) % 3; k >= 0 && i > 0; k--) {
			int reach = rand_r(seed) % 4 ? 5 : i;
			l->edges[l->edge_count++] = (layout_edge){.from = i - 1 - rand_r(seed) % (reach < i ? reach : i), .to = i};
		}
	}
}

Test(graph_layout, any_graph_is_drawn_without_overlaps)
{
	for (unsigned n = 0; n < 200; n++) {
		layout_box boxes[60], again[60];
		layout_edge edges[180];
		unsigned seed = n;
		layout l = {.boxes = boxes, .box_count = 1 + (int)(n % 60), .edges = edges};
		make_random(&l, &seed);
		place(&l);
		check(&l);
		memcpy(again, boxes, sizeof *boxes * (size_t)l.box_count);
		layout_free(&l);
		place(&l);
		cr_assert_eq(memcmp(again, boxes, sizeof *boxes * (size_t)l.box_count), 0, "another drawing of the same graph");
		layout_free(&l);
	}
}
