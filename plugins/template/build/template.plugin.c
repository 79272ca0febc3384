/* Generated from the call of hdt_add_plugin: what this plugin provides. */
#include <hidet/plugin.h>

extern const hdt_operator hdt_op_squareplus;
static const hdt_operator *const operators[] = {
	&hdt_op_squareplus,
	NULL,
};

extern const hdt_rewrite_rule hdt_rewrite_square_of_absolute;
static const hdt_rewrite_rule *const rewrite_rules[] = {
	&hdt_rewrite_square_of_absolute,
	NULL,
};

HDT_PLUGIN(.id = "acme.template", .version = "0.1.0", .license = "Apache-2.0", .operators = operators, .rewrite_rules = rewrite_rules);
