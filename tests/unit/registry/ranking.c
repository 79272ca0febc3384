/* ranking.c: what templates rank their choices with: the best are kept, in order, however many there are; and pieces of a whole. */
#include <criterion/criterion.h>
#include <hidet/plugin.h>

enum { ROOM = 4 };

static hdt_choice out[ROOM];
static hdt_ranking ranking;

/* The choices have the position of their cost as their value. */
static void rank(const double *costs, int count)
{
	for (int i = 0; i < count; i++)
		hdt_ranking_add(&ranking, (hdt_choice){{i}}, costs[i]);
}

#define RANK(...) rank((const double[]){__VA_ARGS__}, sizeof((const double[]){__VA_ARGS__}) / sizeof(double))

Test(ranking, the_best_that_fit_are_kept_in_the_order_of_their_cost)
{
	hdt_ranking_begin(&ranking, 2, 1, out, ROOM);
	RANK(5, 3, 9, 1, 4, 8, 2);
	cr_assert_eq(ranking.count, ROOM);
	const int64_t best[] = {3, 6, 1, 4};
	for (int i = 0; i < ROOM; i++) {
		cr_expect_eq(out[i].values[0], best[i], "at %d", i);
		cr_expect_eq(ranking.costs[i], i + 1, "at %d", i);
	}
}

Test(ranking, of_equal_costs_the_first_one_added_comes_first_and_stays)
{
	hdt_ranking_begin(&ranking, 2, 1, out, 3);
	RANK(7, 2, 7, 2, 2, 2);
	cr_assert_eq(ranking.count, 3);
	const int64_t first[] = {1, 3, 4};
	for (int i = 0; i < 3; i++)
		cr_expect_eq(out[i].values[0], first[i], "at %d", i);
}

Test(ranking, a_level_says_how_many_are_kept_but_never_more_than_there_is_room_for)
{
	const int kept[][4] = {{0, 3, ROOM, 1}, {1, 3, ROOM, 3}, {1, 9, ROOM, ROOM}, {2, 3, ROOM, ROOM}, {2, 3, 0, 0}};
	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
		hdt_ranking_begin(&ranking, kept[i][0], kept[i][1], out, kept[i][2]);
		RANK(6, 5, 4, 3, 2, 1);
		cr_expect_eq(ranking.count, kept[i][3], "row %zu", i);
	}
	hdt_ranking_begin(&ranking, 2, 1, out, 1 << 20);
	cr_expect_eq(ranking.most, HDT_MOST_RANKED);
}

Test(ranking, pieces_are_counted_up_and_may_be_more_than_integers)
{
	cr_expect_eq(hdt_pieces(12, 4), 3);
	cr_expect_eq(hdt_pieces(13, 4), 4);
	cr_expect_eq(hdt_pieces(0, 4), 0);
	cr_expect_eq(hdt_pieces(1e300, 4), 2.5e299);
}
