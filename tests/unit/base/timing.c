/* Tests of the clock and of medians. */
#include "base/timing.h"

#include <criterion/criterion.h>

Test(timing, the_clock_never_goes_back_and_its_units_agree)
{
	double us = now_us(), ms = now_ms(), seconds = now_seconds();
	cr_assert_leq(us, ms * 1e3 + 1);
	cr_assert_leq(ms, seconds * 1e3 + 1e-3);
	cr_assert_lt(seconds * 1e6 - us, 1e6);
}

Test(timing, the_median_is_one_of_the_times_and_leaves_them_sorted)
{
	double odd[] = {5, 1, 3}, even[] = {4, 1, 3, 2}, one[] = {7};
	cr_assert_eq(times_median(odd, 3), 3);
	cr_assert_eq(times_median(even, 4), 3, "the upper one");
	cr_assert_eq(times_median(one, 1), 7);
	for (int i = 1; i < 4; i++)
		cr_assert_lt(even[i - 1], even[i]);
}
