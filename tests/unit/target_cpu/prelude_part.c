/* Tests of vectors of fewer lanes (prelude/vector_part.h): they hold what is there, the rest is 0, and memory behind them is neither read nor
 * written: it may belong to nobody. */
#include "helpers.h"

#include "base/text.h"
#include <criterion/criterion.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MOST_LANES = 16 };

static const struct {
	hdt_dtype dtype;
	const char *type;
	bool stored;
} parts[] = {
	{HDT_F32, "float", true},     {HDT_F16, "uint16_t", true}, {HDT_BF16, "uint16_t", true},
	{HDT_BOOL, "uint8_t", true},  {HDT_I32, "int32_t", true},  {HDT_I16, "int16_t", false},
	{HDT_U16, "uint16_t", false}, {HDT_I8, "int8_t", false},   {HDT_U8, "uint8_t", false},
};
enum { PART_COUNT = sizeof parts / sizeof *parts };

typedef int copy_part(const void *from, void *to, int count, void *all);

/* int copy_f32(from, to, count, all): moves `count` elements, and all lanes of the vector to `all`; gives the number of lanes. */
static const char *make_text(hdt_context *context)
{
	text t = {0};
	for (int i = 0; i < PART_COUNT; i++) {
		const char *name = hdt_dtype_of(parts[i].dtype)->name, *type = parts[i].type;
		const char *vector = hdt_is_float(parts[i].dtype) ? "f32" : "i32";
		text_format(&t,
		            "int copy_%s(const %s *from, %s *to, int count, void *all) { hidet_v_%s v = "
		            "hidet_v_load_part_%s(from, count); "
		            "hidet_v_store_%s(all, v); ",
		            name, type, type, vector, name, vector);
		if (parts[i].stored)
			text_format(&t, "hidet_v_store_part_%s(to, v, count); ", name);
		text_add(&t, "return HIDET_LANES; }\n");
	}
	return text_finish(&t, context);
}

/* The last bytes before memory that nobody may touch. */
static unsigned char *end_of_memory(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	unsigned char *memory = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	cr_assert(memory != MAP_FAILED);
	cr_assert_eq(mprotect(memory + page, page, PROT_NONE), 0);
	return memory + page;
}

static void check_part(hdt_object *object, int i, unsigned char *from_end, unsigned char *to_end)
{
	char name[32] = "copy_";
	copy_part *copy;
	int lanes = 2, bytes = hdt_dtype_of(parts[i].dtype)->bytes;
	void *symbol = hdt_target_cpu.find(object, strcat(name, hdt_dtype_of(parts[i].dtype)->name));
	memcpy(&copy, &symbol, sizeof copy);
	for (int count = 1; count < lanes; count++) {
		unsigned char *from = from_end - count * bytes, *to = to_end - count * bytes;
		int32_t all[MOST_LANES];
		for (int k = 0; k < count * bytes; k++)
			from[k] = parts[i].dtype == HDT_BOOL ? 1 : (unsigned char)(k % 2 ? 0x40 : 0x41 + k);
		memset(to, 0, (size_t)(count * bytes));
		lanes = copy(from, to, count, all);
		cr_expect(!parts[i].stored || !memcmp(from, to, (size_t)(count * bytes)), "%s of %d lanes", name, count);
		for (int lane = 0; lane < lanes; lane++)
			cr_expect_eq(all[lane] == 0, lane >= count, "%s of %d lanes: lane %d is %d", name, count, lane, all[lane]);
	}
}

static void check_parts(hdt_object *object)
{
	unsigned char *from_end = end_of_memory(), *to_end = end_of_memory();
	for (int i = 0; i < PART_COUNT; i++)
		check_part(object, i, from_end, to_end);
	munmap(from_end - sysconf(_SC_PAGESIZE), (size_t)(2 * sysconf(_SC_PAGESIZE)));
	munmap(to_end - sysconf(_SC_PAGESIZE), (size_t)(2 * sysconf(_SC_PAGESIZE)));
}

Test(prelude_part, what_an_extent_leaves_over_touches_nothing_else)
{
	check_levels(vector_levels, "gcc", make_text, check_parts);
	check_levels(vector_levels, "clang", make_text, check_parts);
}
