/* c_names.c: names of a program in C. Each name of the text form gets one name in C, valid, and different from those of all others;
 * names that are valid as they are stay. */
#include "emit/c.h"

#include <string.h>

/* Words that a name must not be: the language's, the emitted functions' parameters, and libm functions that the prelude may declare. */
static const char *const reserved[] = {
	"auto",
	"break",
	"case",
	"char",
	"const",
	"continue",
	"default",
	"do",
	"double",
	"else",
	"enum",
	"extern",
	"float",
	"for",
	"goto",
	"if",
	"inline",
	"int",
	"long",
	"register",
	"restrict",
	"return",
	"short",
	"signed",
	"sizeof",
	"static",
	"struct",
	"switch",
	"typedef",
	"typeof",
	"union",
	"unsigned",
	"void",
	"volatile",
	"while",
	"asm",
	"bool",
	"true",
	"false",
	"linux",
	"unix",
	"rt",
	"buffers",
	"symbols",
	"begin",
	"end",
	"int8_t",
	"int16_t",
	"int32_t",
	"int64_t",
	"uint8_t",
	"uint16_t",
	"uint32_t",
	"uint64_t",
	"size_t",
	/* of C++, and names that are built in where kernels are compiled */
	"alignas",
	"alignof",
	"and",
	"catch",
	"char16_t",
	"char32_t",
	"class",
	"compl",
	"concept",
	"consteval",
	"constexpr",
	"decltype",
	"delete",
	"dynamic_cast",
	"explicit",
	"export",
	"friend",
	"mutable",
	"namespace",
	"new",
	"noexcept",
	"not",
	"nullptr",
	"operator",
	"or",
	"private",
	"protected",
	"public",
	"requires",
	"static_assert",
	"template",
	"this",
	"throw",
	"try",
	"typeid",
	"typename",
	"using",
	"virtual",
	"wchar_t",
	"xor",
	"bitand",
	"bitor",
	"threadIdx",
	"blockIdx",
	"blockDim",
	"gridDim",
	"warpSize",
};

static bool is_reserved(const char *name)
{
	for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
		if (!strcmp(name, reserved[i]))
			return true;
	/* t1, t2, ... are the emitter's own locals; _X and hidet_ belong to the compiler and the prelude. */
	size_t digits = strspn(name + 1, "0123456789");
	return (name[0] == 't' && digits && !name[1 + digits]) || name[0] == '_' || !strncmp(name, "hidet_", 6) ||
	       !strncmp(name, "HIDET_", 6);
}

/* Endings of names that the emitter makes of others: a local's memory, a kernel's parameters before they are converted. */
static bool has_own_ending(const char *name)
{
	static const char *const endings[] = {"_memory", "_wide_", "_stored_"};
	size_t length = strlen(name);
	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
		size_t ending = strlen(endings[i]);
		if (length >= ending && !strcmp(name + length - ending, endings[i]))
			return true;
	}
	return false;
}

static bool is_taken(const emitter *em, const char *name)
{
	for (int i = 0; i < em->taken.count; i++)
		if (!strcmp(em->taken.items[i], name))
			return true;
	return false;
}

const char *c_name(emitter *em, const char *name)
{
	const char *known = map_get(&em->names, name);
	if (known)
		return known;
	char *plain = arena_string(&em->context->arena, name, strlen(name));
	if (!plain) {
		em->out->failed = true;
		return "fault";
	}
	for (char *c = plain; *c; c++)
		if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') || *c == '_'))
			*c = '_';
	const char *chosen = plain;
	if (has_own_ending(plain) || !*plain || (*plain >= '0' && *plain <= '9') || is_reserved(plain))
		chosen = hdt_format(em->context, "v_%s_", plain);
	for (int i = 1; chosen && is_taken(em, chosen); i++)
		chosen = hdt_format(em->context, "%s_x%d", plain, i);
	if (!chosen || !vec_push(em->context, &em->taken, chosen) || !map_set(&em->names, name, (void *)(uintptr_t)chosen))
		return "fault";
	return chosen;
}

const char *c_value_type(hdt_dtype dtype)
{
	static const char *const types[HDT_DTYPE_COUNT] = {
		[HDT_BOOL] = "_Bool",   [HDT_U8] = "uint8_t", [HDT_U16] = "uint16_t", [HDT_U32] = "uint32_t",
		[HDT_U64] = "uint64_t", [HDT_I8] = "int8_t",  [HDT_I16] = "int16_t",  [HDT_I32] = "int32_t",
		[HDT_I64] = "int64_t",  [HDT_F16] = "float",  [HDT_BF16] = "float",   [HDT_F32] = "float",
		[HDT_F64] = "double",
	};
	return types[dtype];
}

const char *c_vector_type(hdt_dtype dtype)
{
	const hdt_dtype_info *info = hdt_dtype_of(dtype);
	if (info->compute == HDT_F32)
		return "hidet_v_f32";
	bool fits = info->kind == HDT_KIND_INT ? info->bytes <= 4 : info->kind == HDT_KIND_UINT && info->bytes < 4;
	return dtype == HDT_BOOL || fits ? "hidet_v_i32" : NULL;
}

const char *c_memory_type(hdt_dtype dtype)
{
	if (dtype == HDT_BOOL)
		return "uint8_t";
	return dtype == HDT_F16 || dtype == HDT_BF16 ? "uint16_t" : c_value_type(dtype);
}
