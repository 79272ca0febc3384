/* targets.c: names of PyTorch's operators. An in-place operator is mapped as the functional one of the same name; the
 * caller then puts the result in the receiver's place. */
#include "targets.h"
#include <string.h>

#define FRAMEWORK "torch"

/* Operators whose result lies in the memory of their first argument, without overload ... */
/* clang-format off */
static const char *const views[] = {
	"alias", "detach", "view", "view_as", "_unsafe_view", "unflatten", "squeeze", "unsqueeze", "permute", "transpose", "t",
	"numpy_T", "mT", "swapaxes", "swapdims", "movedim", "moveaxis", "slice", "select", "narrow", "split", "split_with_sizes",
	"chunk", "unsafe_chunk", "unsafe_split", "tensor_split", "hsplit", "vsplit", "dsplit", "unbind", "expand", "expand_as",
	"broadcast_to", "diagonal", "unfold", "as_strided", "real", "positive",
};
/* clang-format on */
/* ... if they have nothing to do ... */
static const char *const conversions[] = {"to", "type_as", "dropout", "feature_dropout"};
/* ... and if it is row-major. */
static const char *const reshapes[] = {"reshape", "reshape_as", "flatten", "ravel"};

/* In-place operators that change the receiver's shape, not its elements. */
static const char *const reshaping[] = {"unsqueeze_", "squeeze_",  "t_",     "transpose_",
                                        "swapaxes_",  "swapdims_", "detach_"};

/* Operators that apply a graph to the rest of their arguments. */
static const char *const inlining[] = {"higher_order.wrap_with_autocast", "higher_order.wrap_with_set_grad_enabled"};

static bool is_listed(const char *const *list, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i], name) == 0)
			return true;
	return false;
}

#define IS_LISTED(list, name) is_listed(list, sizeof(list) / sizeof(list[0]), name)

static target_alias find_alias(const char *base)
{
	if (IS_LISTED(views, base))
		return ALIAS_ALWAYS;
	if (IS_LISTED(conversions, base))
		return ALIAS_UNCHANGED;
	if (IS_LISTED(reshapes, base))
		return ALIAS_IF_CONTIGUOUS;
	return strcmp(base, "contiguous") == 0 ? ALIAS_CONTIGUOUS : ALIAS_NEVER;
}

/* "aten.add_.Tensor" -> "aten", "add_", ".Tensor". */
static bool split_name(hdt_context *context, const char *name, const char **library, const char **base,
                       const char **overload)
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
	if (IS_LISTED(inlining, name)) {
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
		bool changes_shape = IS_LISTED(reshaping, base);
		out->effect = changes_shape ? EFFECT_RESHAPE : EFFECT_WRITE;
		out->alias = ALIAS_ALWAYS;
	}
	return out->mapping != NULL;
}
