/* reshape: only the last of several reshapes in a row counts.
 *
 *     %0 = reshape(%x, shape=[6])
 *     %1 = reshape(%0, shape=[3, 2])     =>    %0 = reshape(%x, shape=[3, 2])
 */
#include <hidet/plugin.h>

const hdt_rewrite_rule hdt_rewrite_join_reshapes = {
	.size = sizeof(hdt_rewrite_rule),
	.name = "join-reshapes",
	.doc = "reshape of reshape is one reshape",
	.rank = 40,
	.pattern = "reshape(reshape(%x, shape=a), shape=b) => reshape(%x, shape=b)",
};
