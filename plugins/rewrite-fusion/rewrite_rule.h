/* rewrite_rule.h: the descriptors of rewrite rules in a few lines: complete as text, or a pattern and a function. */
#ifndef REWRITE_FUSION_REWRITE_RULE_H
#define REWRITE_FUSION_REWRITE_RULE_H

#include <hidet/plugin.h>

#define TEXT_RULE(symbol, its_name, its_rank, its_doc, its_text) \
	const hdt_rewrite_rule hdt_rewrite_##symbol = {              \
		.size = sizeof(hdt_rewrite_rule),                        \
		.name = its_name,                                        \
		.doc = its_doc,                                          \
		.rank = its_rank,                                        \
		.pattern = its_text,                                     \
	}

#define FUNCTION_RULE(symbol, its_name, its_rank, its_doc, its_pattern, function) \
	const hdt_rewrite_rule hdt_rewrite_##symbol = {                               \
		.size = sizeof(hdt_rewrite_rule),                                         \
		.name = its_name,                                                         \
		.doc = its_doc,                                                           \
		.rank = its_rank,                                                         \
		.pattern = its_pattern,                                                   \
		.apply = function,                                                        \
	}

#endif
