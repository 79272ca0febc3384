/* Tests of large tables of which little is used. */
#include "base/sparse.h"

#include <criterion/criterion.h>
#include <stdint.h>

Test(sparse, small_and_large_tables_are_zeroed_and_can_be_written)
{
	static const size_t counts[] = {0, 1, 1000, 100000, 10000000};
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
		uint64_t *table = sparse_new(counts[i] + 1, sizeof *table);
		cr_assert_not_null(table);
		cr_assert_eq(table[0], 0);
		cr_assert_eq(table[counts[i]], 0);
		table[counts[i]] = 7;
		cr_assert_eq(table[counts[i] / 2], counts[i] ? 0 : 7);
		sparse_free(table, counts[i] + 1, sizeof *table);
	}
}

Test(sparse, a_size_that_cannot_be_counted_is_refused)
{
	cr_assert_null(sparse_new(SIZE_MAX / 4, 8));
	sparse_free(NULL, 1000000, 8);
}
