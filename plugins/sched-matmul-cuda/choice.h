/* choice.h: choosing between the choices of a template, cheapest first. */
#ifndef SCHED_MATMUL_CHOICE_H
#define SCHED_MATMUL_CHOICE_H

#include "tile.h"

/* Choices in the order of their cost. */
typedef struct ranking {
	hdt_choice *choices;
	double *costs;
	int count, capacity;
} ranking;

bool ranking_init(ranking *r, hdt_context *context, int capacity);
void ranking_add(ranking *r, const hdt_choice *choice, double cost);
/* The first ones into `out`: one at level 0, a dozen at level 1. Returns how many. */
int ranking_give(const ranking *r, int level, hdt_choice *out, int most);

/* a / b, rounded up to a whole number. */
double parts_of(double a, double b);
static inline double larger(double a, double b)
{
	return a > b ? a : b;
}
static inline double smaller(double a, double b)
{
	return a < b ? a : b;
}

/* Surely no elements? */
bool product_is_empty(const product *p);

#endif
