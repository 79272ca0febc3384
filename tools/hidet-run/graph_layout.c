/* graph_layout.c: a layered drawing (after Sugiyama, Tagawa and Toda, 1981).
 *
 *  1. Each box goes one layer below the lowest box that it reads from; what reads from nothing, right above its first reader.
 *  2. An edge over several layers gets a cell in each of them, which the edges of one box share; a very long one goes straight.
 *  3. The cells of a layer are sorted by the mean place of their neighbours above, then below, several times.
 *  4. Each cell goes where its neighbours are on average, as nearly as the order and the gaps allow. */
#include "graph_layout.h"

#include <stdlib.h>
#include <string.h>

#define BOX_GAP 18.0
#define LINE_GAP 8.0
#define LAYER_GAP 34.0
#define MARGIN 12.0
enum { LONGEST_EDGE = 64, SORT_ROUNDS = 12, PLACE_ROUNDS = 16, LAST_ROUNDS = 4 };

/* A box, or the place where edges pass through a layer. */
typedef struct cell {
	int layer;
	double width;
	double x;                                               /* of its middle */
	int first_above, above_count, first_below, below_count; /* neighbours, in `links` */
	double key;                                             /* while sorting */
} cell;

typedef struct placer {
	layout *l;
	cell *cells; /* the boxes, then the others */
	int cell_count;
	int *chain;      /* box -> its first passing cell; the cell of a layer follows that of the layer above; -1: none */
	int *chain_end;  /* box -> the lowest layer that the chain reaches */
	int (*links)[2]; /* upper and lower cell */
	int link_count;
	int *neighbours; /* of all cells, above and below */
	int *order;      /* the cells by layer, and in a layer from left to right */
	int *starts;     /* layer -> its first in `order` */
	int layer_count;
	double *tops; /* of the layers */
} placer;

/* ---- layers ---- */

static int compare_from(const void *a, const void *b)
{
	const layout_edge *x = *(layout_edge *const *)a, *y = *(layout_edge *const *)b;
	return x->from != y->from ? (x->from > y->from) - (x->from < y->from) : (x->to > y->to) - (x->to < y->to);
}

static bool find_layers(placer *p)
{
	layout *l = p->l;
	layout_edge **sorted = malloc(((size_t)l->edge_count + 1) * sizeof(layout_edge *));
	int *readers =
		malloc(((size_t)l->box_count + 1) * sizeof *readers); /* the highest layer that reads a box; -1: none */
	bool *reads = calloc((size_t)l->box_count + 1, sizeof *reads);
	bool good = sorted && readers && reads;
	for (int i = 0; i < l->edge_count && good; i++)
		sorted[i] = &l->edges[i];
	if (good && l->edge_count)
		qsort(sorted, (size_t)l->edge_count, sizeof *sorted, compare_from);
	for (int i = 0; i < l->box_count && good; i++) {
		l->boxes[i].layer = 0;
		readers[i] = -1;
	}
	for (int i = 0; i < l->edge_count && good; i++) {
		const layout_box *from = &l->boxes[sorted[i]->from];
		layout_box *to = &l->boxes[sorted[i]->to];
		reads[sorted[i]->to] = true;
		to->layer = to->layer > from->layer ? to->layer : from->layer + 1;
	}
	for (int i = 0; i < l->edge_count && good; i++) {
		int layer = l->boxes[l->edges[i].to].layer, *highest = &readers[l->edges[i].from];
		*highest = *highest < 0 || layer < *highest ? layer : *highest;
	}
	for (int i = 0; i < l->box_count && good; i++) {
		if (!reads[i] && readers[i] > 0)
			l->boxes[i].layer = readers[i] - 1;
		p->layer_count = l->boxes[i].layer >= p->layer_count ? l->boxes[i].layer + 1 : p->layer_count;
	}
	free(sorted);
	free(readers);
	free(reads);
	return good;
}

/* ---- cells and links ---- */

static int span(const layout *l, const layout_edge *e)
{
	return l->boxes[e->to].layer - l->boxes[e->from].layer;
}

/* The cell of this edge in a layer above the one it leads to. */
static int passing_cell(const placer *p, const layout_edge *e, int layer)
{
	int from = p->l->boxes[e->from].layer;
	return layer == from ? e->from : p->chain[e->from] + layer - from - 1;
}

static bool make_cells(placer *p)
{
	layout *l = p->l;
	size_t boxes = (size_t)l->box_count;
	p->chain = malloc((boxes + 1) * sizeof *p->chain);
	p->chain_end = calloc(boxes + 1, sizeof *p->chain_end);
	if (!p->chain || !p->chain_end)
		return false;
	for (int i = 0; i < l->edge_count; i++) {
		int end = l->boxes[l->edges[i].to].layer - 1, *furthest = &p->chain_end[l->edges[i].from];
		if (span(l, &l->edges[i]) <= LONGEST_EDGE && end > *furthest)
			*furthest = end;
	}
	p->cell_count = l->box_count;
	for (int i = 0; i < l->box_count; i++) {
		int length = p->chain_end[i] - l->boxes[i].layer;
		p->chain[i] = length > 0 ? p->cell_count : -1;
		p->cell_count += length > 0 ? length : 0;
	}
	p->cells = calloc((size_t)p->cell_count + 1, sizeof *p->cells);
	p->links = malloc(((size_t)p->cell_count + (size_t)l->edge_count + 1) * sizeof *p->links);
	if (!p->cells || !p->links)
		return false;
	for (int i = 0; i < l->box_count; i++) {
		p->cells[i] = (cell){.layer = l->boxes[i].layer, .width = l->boxes[i].width};
		for (int layer = l->boxes[i].layer + 1, c = p->chain[i]; c >= 0 && layer <= p->chain_end[i]; layer++, c++) {
			p->cells[c] = (cell){.layer = layer};
			p->links[p->link_count][0] = c == p->chain[i] ? i : c - 1;
			p->links[p->link_count++][1] = c;
		}
	}
	for (int i = 0; i < l->edge_count; i++) {
		const layout_edge *e = &l->edges[i];
		if (span(l, e) > LONGEST_EDGE)
			continue;
		p->links[p->link_count][0] = passing_cell(p, e, l->boxes[e->to].layer - 1);
		p->links[p->link_count++][1] = e->to;
	}
	return true;
}

/* Lists of neighbours, by counting. */
static bool link_cells(placer *p)
{
	int at = 0;
	p->neighbours = malloc((2 * (size_t)p->link_count + 1) * sizeof *p->neighbours);
	if (!p->neighbours)
		return false;
	for (int i = 0; i < p->link_count; i++) {
		p->cells[p->links[i][0]].below_count++;
		p->cells[p->links[i][1]].above_count++;
	}
	for (int i = 0; i < p->cell_count; i++) {
		cell *c = &p->cells[i];
		c->first_above = at;
		c->first_below = at + c->above_count;
		at = c->first_below + c->below_count;
		c->above_count = c->below_count = 0;
	}
	for (int i = 0; i < p->link_count; i++) {
		cell *upper = &p->cells[p->links[i][0]], *lower = &p->cells[p->links[i][1]];
		p->neighbours[upper->first_below + upper->below_count++] = p->links[i][1];
		p->neighbours[lower->first_above + lower->above_count++] = p->links[i][0];
	}
	return true;
}

static bool fill_layers(placer *p)
{
	p->starts = calloc((size_t)p->layer_count + 2, sizeof *p->starts);
	p->order = malloc(((size_t)p->cell_count + 1) * sizeof *p->order);
	if (!p->starts || !p->order)
		return false;
	for (int i = 0; i < p->cell_count; i++)
		p->starts[p->cells[i].layer + 2]++;
	for (int layer = 0; layer < p->layer_count; layer++)
		p->starts[layer + 2] += p->starts[layer + 1];
	for (int i = 0; i < p->cell_count; i++)
		p->order[p->starts[p->cells[i].layer + 1]++] = i;
	return true;
}

/* ---- order in the layers ---- */

static double mean_of(const placer *p, const int *neighbours, int count)
{
	double sum = 0;
	for (int i = 0; i < count; i++)
		sum += p->cells[neighbours[i]].x;
	return sum / count;
}

typedef struct sort_item {
	double key;
	int place, cell;
} sort_item;

static int compare_key(const void *a, const void *b)
{
	const sort_item *x = a, *y = b;
	return x->key != y->key ? (x->key > y->key) - (x->key < y->key) : (x->place > y->place) - (x->place < y->place);
}

/* Sort a layer by where its neighbours of one side are; `x` is the place in the order meanwhile. */
static void sort_layer(placer *p, int layer, bool by_above, sort_item *items)
{
	int start = p->starts[layer], count = p->starts[layer + 1] - start;
	for (int i = 0; i < count; i++) {
		const cell *c = &p->cells[p->order[start + i]];
		const int *side = p->neighbours + (by_above ? c->first_above : c->first_below);
		int neighbours = by_above ? c->above_count : c->below_count;
		items[i] = (sort_item){neighbours ? mean_of(p, side, neighbours) : c->x, i, p->order[start + i]};
	}
	qsort(items, (size_t)count, sizeof *items, compare_key);
	for (int i = 0; i < count; i++) {
		p->order[start + i] = items[i].cell;
		p->cells[items[i].cell].x = i + 0.5 - 0.5 * count;
	}
}

static bool sort_layers(placer *p)
{
	sort_item *items = malloc(((size_t)p->cell_count + 1) * sizeof *items);
	if (!items)
		return false;
	for (int layer = 0; layer < p->layer_count; layer++)
		for (int i = p->starts[layer]; i < p->starts[layer + 1]; i++)
			p->cells[p->order[i]].x = i - p->starts[layer] + 0.5 - 0.5 * (p->starts[layer + 1] - p->starts[layer]);
	for (int round = 0; round < SORT_ROUNDS; round++)
		for (int i = 0; i < p->layer_count; i++)
			sort_layer(p, round % 2 ? p->layer_count - 1 - i : i, round % 2 == 0, items);
	free(items);
	return true;
}

/* ---- places in the layers ---- */

/* Cells of a layer that have moved together, as they would overlap: where the first of the layer would be for their sake. */
typedef struct block {
	double sum, weight; /* of wishes */
	int count;
} block;

/* Long edges shall be straight before boxes stand below each other (the weights are those of Gansner, Koutsofios, North and Vo, 1993). */
static double weight_between(const cell *a, const cell *b)
{
	bool box_a = a->width > 0, box_b = b->width > 0;
	return box_a && box_b ? 1 : box_a || box_b ? 2 : 8;
}

/* What the neighbours on these sides wish: a place with its weight. */
static block wish_of(const placer *p, const cell *c, bool above, bool below)
{
	const int *first = p->neighbours + (above ? c->first_above : c->first_below);
	int count = (above ? c->above_count : 0) + (below ? c->below_count : 0);
	block wish = {0, 0, 1};
	for (int i = 0; i < count; i++) {
		const cell *neighbour = &p->cells[first[i]];
		wish.sum += weight_between(c, neighbour) * neighbour->x;
		wish.weight += weight_between(c, neighbour);
	}
	return count ? wish : (block){c->x * 0.1, 0.1, 1};
}

/* Distance between the middles of two cells side by side. */
static double distance(const cell *a, const cell *b)
{
	return 0.5 * (a->width + b->width) + (a->width > 0 || b->width > 0 ? BOX_GAP : LINE_GAP);
}

/* The places next to the wished ones (least squares) that keep order and distances: neighbours that collide share a block. */
static void place_layer(placer *p, int layer, bool above, bool below, block *blocks)
{
	int start = p->starts[layer], count = p->starts[layer + 1] - start, used = 0;
	double offset = 0; /* of a cell from the first of the layer, side by side */
	for (int i = 0; i < count; i++) {
		const cell *c = &p->cells[p->order[start + i]];
		offset += i ? distance(&p->cells[p->order[start + i - 1]], c) : 0;
		blocks[used] = wish_of(p, c, above, below);
		blocks[used].sum -= offset * blocks[used].weight;
		used++;
		while (used > 1 &&
		       blocks[used - 2].sum * blocks[used - 1].weight >= blocks[used - 1].sum * blocks[used - 2].weight) {
			blocks[used - 2].sum += blocks[used - 1].sum;
			blocks[used - 2].weight += blocks[used - 1].weight;
			blocks[used - 2].count += blocks[used - 1].count;
			used--;
		}
	}
	offset = 0;
	for (int b = 0, i = 0; b < used; b++)
		for (int k = 0; k < blocks[b].count; k++, i++) {
			cell *c = &p->cells[p->order[start + i]];
			offset += i ? distance(&p->cells[p->order[start + i - 1]], c) : 0;
			c->x = blocks[b].sum / blocks[b].weight + offset;
		}
}

static bool place_cells(placer *p)
{
	block *blocks = malloc(((size_t)p->cell_count + 1) * sizeof *blocks);
	if (!blocks)
		return false;
	for (int round = 0; round < PLACE_ROUNDS; round++) {
		bool down = round % 2 == 0, last = round >= PLACE_ROUNDS - LAST_ROUNDS; /* the last ones look at both sides */
		for (int i = 0; i < p->layer_count; i++)
			place_layer(p, down ? i : p->layer_count - 1 - i, down || last, !down || last, blocks);
	}
	free(blocks);
	return true;
}

/* ---- results ---- */

static bool give_boxes(placer *p)
{
	layout *l = p->l;
	p->tops = calloc((size_t)p->layer_count + 2, sizeof *p->tops);
	if (!p->tops)
		return false;
	double left = 0, right = 0;
	for (int i = 0; i < p->cell_count; i++) {
		const cell *c = &p->cells[i];
		left = i == 0 || c->x - 0.5 * c->width < left ? c->x - 0.5 * c->width : left;
		right = i == 0 || c->x + 0.5 * c->width > right ? c->x + 0.5 * c->width : right;
	}
	for (int i = 0; i < p->cell_count; i++)
		p->cells[i].x += MARGIN - left;
	for (int i = 0; i < l->box_count; i++) {
		double *next = &p->tops[l->boxes[i].layer + 1];
		*next = l->boxes[i].height > *next ? l->boxes[i].height : *next;
	}
	p->tops[0] = MARGIN;
	for (int layer = 0; layer < p->layer_count; layer++)
		p->tops[layer + 1] += p->tops[layer] + LAYER_GAP;
	for (int i = 0; i < l->box_count; i++) {
		l->boxes[i].x = p->cells[i].x - 0.5 * l->boxes[i].width;
		l->boxes[i].y = p->tops[l->boxes[i].layer];
	}
	l->width = right - left + 2 * MARGIN;
	l->height = p->tops[p->layer_count] + MARGIN - (p->layer_count ? LAYER_GAP : 0);
	return true;
}

static bool give_points(placer *p)
{
	layout *l = p->l;
	size_t most = 0;
	for (int i = 0; i < l->edge_count; i++)
		most += 2 + (span(l, &l->edges[i]) <= LONGEST_EDGE ? 2 * (size_t)(span(l, &l->edges[i]) - 1) : 0);
	l->points = malloc((most + 1) * sizeof *l->points);
	if (!l->points)
		return false;
	for (int i = 0; i < l->edge_count; i++) {
		layout_edge *e = &l->edges[i];
		const layout_box *from = &l->boxes[e->from], *to = &l->boxes[e->to];
		e->first = l->point_count;
		l->points[l->point_count++] = (layout_point){p->cells[e->from].x, from->y + from->height};
		for (int layer = from->layer + 1; layer < to->layer && span(l, e) <= LONGEST_EDGE; layer++) {
			double x = p->cells[passing_cell(p, e, layer)].x;
			l->points[l->point_count++] = (layout_point){x, p->tops[layer]};
			l->points[l->point_count++] = (layout_point){x, p->tops[layer + 1] - LAYER_GAP};
		}
		l->points[l->point_count++] = (layout_point){p->cells[e->to].x, to->y};
		e->count = l->point_count - e->first;
	}
	return true;
}

bool layout_place(layout *l)
{
	placer p = {.l = l};
	l->points = NULL;
	l->point_count = 0;
	bool good = find_layers(&p) && make_cells(&p) && link_cells(&p) && fill_layers(&p) && sort_layers(&p) &&
	            place_cells(&p) && give_boxes(&p) && give_points(&p);
	free(p.cells);
	free(p.chain);
	free(p.chain_end);
	free(p.links);
	free(p.neighbours);
	free(p.order);
	free(p.starts);
	free(p.tops);
	return good;
}

void layout_free(layout *l)
{
	free(l->points);
	l->points = NULL;
	l->point_count = 0;
}
