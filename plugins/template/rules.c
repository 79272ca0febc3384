/* rules: what graphs may be simplified to.
 *
 *     %1 = square(abs(%x))    =>    %1 = square(%x)
 *
 * A rule that is plain text is complete; one that must look closer sets `apply` (see hidet/rule.h). */
#include <hidet/plugin.h>

const hdt_rewrite_rule hdt_rewrite_square_of_absolute = {
	.size = sizeof(hdt_rewrite_rule),
	.name = "acme.square-of-absolute",
	.doc = "square(abs(x)) is square(x)",
	.rank = 20,
	.pattern = "square(abs(%x)) => square(%x)",
};
