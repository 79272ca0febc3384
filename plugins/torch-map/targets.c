/* targets.c: names of PyTorch's operators. An in-place operator is mapped as the functional one of the same name; the caller then puts
 * the result in the receiver's place. */
#include "targets.h"
#include <string.h>

#define FRAMEWORK "torch"

/* Operators whose result may lie in the memory of their first argument, without overload. */
static const struct {
	const char *name;
	target_alias alias;
} aliases[] = {
	{"alias", ALIAS_ALWAYS},          {"detach", ALIAS_ALWAYS},          {"view", ALIAS_ALWAYS},
	{"view_as", ALIAS_ALWAYS},        {"_unsafe_view", ALIAS_ALWAYS},    {"unflatten", ALIAS_ALWAYS},
	{"squeeze", ALIAS_ALWAYS},        {"unsqueeze", ALIAS_ALWAYS},       {"permute", ALIAS_ALWAYS},
	{"transpose", ALIAS_ALWAYS},      {"t", ALIAS_ALWAYS},               {"numpy_T", ALIAS_ALWAYS},
	{"mT", ALIAS_ALWAYS},             {"swapaxes", ALIAS_ALWAYS},        {"swapdims", ALIAS_ALWAYS},
	{"movedim", ALIAS_ALWAYS},        {"moveaxis", ALIAS_ALWAYS},        {"slice", ALIAS_ALWAYS},
	{"select", ALIAS_ALWAYS},         {"narrow", ALIAS_ALWAYS},          {"split", ALIAS_ALWAYS},
	{"split_with_sizes", ALIAS_ALWAYS}, {"chunk", ALIAS_ALWAYS},         {"unsafe_chunk", ALIAS_ALWAYS},
	{"unsafe_split", ALIAS_ALWAYS},   {"tensor_split", ALIAS_ALWAYS},    {"hsplit", ALIAS_ALWAYS},
	{"vsplit", ALIAS_ALWAYS},         {"dsplit", ALIAS_ALWAYS},          {"unbind", ALIAS_ALWAYS},
	{"expand", ALIAS_ALWAYS},         {"expand_as", ALIAS_ALWAYS},       {"broadcast_to", ALIAS_ALWAYS},
	{"diagonal", ALIAS_ALWAYS},       {"unfold", ALIAS_ALWAYS},          {"as_strided", ALIAS_ALWAYS},
	{"real", ALIAS_ALWAYS},           {"positive", ALIAS_ALWAYS},        {"dropout", ALIAS_UNCHANGED},
	{"feature_dropout", ALIAS_UNCHANGED}, {"to", ALIAS_UNCHANGED},       {"type_as", ALIAS_UNCHANGED},
	{"contiguous", ALIAS_CONTIGUOUS}, {"reshape", ALIAS_IF_CONTIGUOUS},  {"reshape_as", ALIAS_IF_CONTIGUOUS},
	{"flatten", ALIAS_IF_CONTIGUOUS}, {"ravel", ALIAS_IF_CONTIGUOUS},
};

/* In-place operators that change the receiver's shape, not its elements. */
static const char *const reshaping[] = {"unsqueeze_", "squeeze_", "t_", "transpose_", "swapaxes_", "swapdims_", "detach_"};

/* Operators that apply a graph to the rest of their arguments. */
static const char *const inlining[] = {"higher_order.wrap_with_autocast", "higher_order.wrap_with_set_grad_enabled"};

static bool is_listed(const char *const *list, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i], name) == 0)
			return true;
	return false;
}

static target_alias find_alias(const char *base)
{
	for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++)
		if (strcmp(aliases[i].name, base) == 0)
			return aliases[i].alias;
	return ALIAS_NEVER;
}

/* "aten.add_.Tensor" -> "aten", "add_", ".Tensor". */
static bool split_name(hdt_context *context, const char *name, const char **library, const char **base, const char **overload)
{
	const char *first = strchr(name, '.');
	if (!first)
		return false;
	*overload = first + 1 + strcspn(first + 1, ".");
	*library = hdt_format(context, "%.*s", (int)(first - name), name);
	*base = hdt_format(context, "%.*s", (int)(*overload - first - 1), first + 1);
	return *library && *base;
}

static bool is_in_place(const char *base)
{
	size_t length = strlen(base);
	return length > 1 && base[length - 1] == '_' && base[length - 2] != '_';
}

bool target_resolve(hdt_context *context, const char *text, target *out)
{
	static const char prefix[] = "torch.ops.";
	const char *name = strncmp(text, prefix, strlen(prefix)) == 0 ? text + strlen(prefix) : text;
	const char *library, *base, *overload;
	*out = (target){.name = hdt_intern(context, name)};
	if (is_listed(inlining, sizeof(inlining) / sizeof(inlining[0]), name)) {
		out->effect = EFFECT_INLINE;
		return true;
	}
	if (!split_name(context, name, &library, &base, &overload))
		return false;
	out->mapping = hdt_find_mapping(context, FRAMEWORK, name);
	out->alias = find_alias(base);
	if (is_in_place(base)) {
		const char *functional = hdt_format(context, "%s.%.*s%s", library, (int)strlen(base) - 1, base, overload);
		if (!out->mapping && functional)
			out->mapping = hdt_find_mapping(context, FRAMEWORK, functional);
		bool reshapes = is_listed(reshaping, sizeof(reshaping) / sizeof(reshaping[0]), base);
		out->effect = reshapes ? EFFECT_RESHAPE : EFFECT_WRITE;
		out->alias = ALIAS_ALWAYS;
	}
	return out->mapping != NULL;
}
