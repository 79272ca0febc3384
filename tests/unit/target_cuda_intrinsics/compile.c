/* Every intrinsic's text compiles, for the smallest architecture that has it and for the largest, down to machine
 * code, and keeps its registers out of memory. */
#include "cuda.h"

#include "compiler.h"
#include "kernel.h"
#include <criterion/criterion.h>
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct cubin {
	char *bytes;
	size_t size;
} cubin;

/* The log on the standard error when it is refused and `tell`. */
static bool compile(const compiler *c, const char *source, const char *architecture, bool tell, cubin *out)
{
	char option[64];
	const char *options[COMPILER_OPTIONS + 1] = {option};
	nvrtcProgram program;
	*out = (cubin){0};
	snprintf(option, sizeof option, "--gpu-architecture=%s", architecture);
	memcpy(options + 1, compiler_options, sizeof compiler_options);
	cr_assert_eq(c->create(&program, source, "intrinsics.cu", 0, NULL, NULL), NVRTC_SUCCESS);
	bool good = c->compile(program, COMPILER_OPTIONS + 1, options) == NVRTC_SUCCESS;
	size_t bytes = 0;
	if (good && c->cubin_size(program, &out->size) == NVRTC_SUCCESS && (out->bytes = malloc(out->size + 1)))
		good = c->cubin(program, out->bytes) == NVRTC_SUCCESS;
	if (!good && tell && c->log_size(program, &bytes) == NVRTC_SUCCESS) {
		char *log = calloc(1, bytes + 1);
		c->log(program, log);
		fprintf(stderr, "%s\n%s\n", source + strlen(prelude_text(NULL)), log);
		free(log);
	}
	c->destroy(&program);
	return good;
}

/* Bytes of local memory of the kernels: EIATTR_FRAME_SIZE in the sections .nv.info of the ELF file. */
static uint32_t frame_bytes(const cubin *c)
{
	enum { FORMAT_SIZED = 4, FRAME_SIZE = 0x11 };
	Elf64_Ehdr header;
	uint32_t largest = 0;
	memcpy(&header, c->bytes, sizeof header);
	for (int i = 0; i < header.e_shnum; i++) {
		Elf64_Shdr section;
		memcpy(&section, c->bytes + header.e_shoff + (size_t)i * header.e_shentsize, sizeof section);
		if (section.sh_type != 0x70000000) /* SHT_CUDA_INFO */
			continue;
		for (size_t at = 0; at + 12 <= section.sh_size;) {
			unsigned char item[4];
			uint32_t frame;
			memcpy(item, c->bytes + section.sh_offset + at, 4);
			memcpy(&frame, c->bytes + section.sh_offset + at + 8, 4);
			if (item[0] == FORMAT_SIZED && item[1] == FRAME_SIZE && frame > largest)
				largest = frame;
			at += 4 + (item[0] == FORMAT_SIZED ? (size_t)item[2] + ((size_t)item[3] << 8) : 0);
		}
	}
	return largest;
}

/* The variants that differ: each is written under one name first. */
static void add_kernels(text *t, const hdt_intrinsic *row, int number)
{
	text seen[KERNEL_VARIANTS] = {{0}};
	for (int variant = 0; variant < KERNEL_VARIANTS; variant++) {
		char name[64];
		bool fresh = true;
		kernel_write(&seen[variant], row, variant, "k");
		for (int i = 0; i < variant; i++)
			fresh = fresh && strcmp(seen[i].data, seen[variant].data) != 0;
		snprintf(name, sizeof name, "k%d_%d", number, variant);
		if (fresh)
			kernel_write(t, row, variant, name);
	}
	for (int variant = 0; variant < KERNEL_VARIANTS; variant++)
		text_free(&seen[variant]);
}

/* Which of the rows it was that the compiler refused. */
static void tell_refused(const compiler *c, const char *family_text, int smallest, int most, const char *architecture)
{
	for (int i = 0; cuda_intrinsics[i]; i++) {
		const hdt_intrinsic *row = cuda_intrinsics[i];
		if (row->text != family_text || row->architecture < smallest || row->architecture > most)
			continue;
		text one = {0};
		cubin made;
		text_format(&one, "%s\n%s\n", prelude_text(NULL), row->text);
		add_kernels(&one, row, i);
		if (!compile(c, one.data, architecture, true, &made))
			cr_assert_fail("%s%s is refused for %s", row->name, row->signature, architecture);
		if (frame_bytes(&made) != 0)
			cr_assert_fail("%s%s needs local memory for %s", row->name, row->signature, architecture);
		free(made.bytes);
		text_free(&one);
	}
}

/* All rows whose architecture lies in smallest..most, a unit for each family. */
static void compile_rows(const char *architecture, int smallest, int most)
{
	const char *reason;
	const compiler *c = compiler_get(&reason);
	if (!c)
		cr_skip_test("NVRTC is not here: %s", reason);
	for (int i = 0; cuda_intrinsics[i]; i++) {
		const char *family_text = cuda_intrinsics[i]->text;
		if (i > 0 && cuda_intrinsics[i - 1]->text == family_text)
			continue;
		text t = {0};
		cubin made;
		int rows = 0;
		text_format(&t, "%s\n%s\n", prelude_text(NULL), family_text);
		for (int j = i; cuda_intrinsics[j] && cuda_intrinsics[j]->text == family_text; j++)
			if (cuda_intrinsics[j]->architecture >= smallest && cuda_intrinsics[j]->architecture <= most) {
				add_kernels(&t, cuda_intrinsics[j], j);
				rows++;
			}
		if (rows && (!compile(c, t.data, architecture, false, &made) || frame_bytes(&made)))
			tell_refused(c, family_text, smallest, most, architecture);
		if (rows)
			free(made.bytes);
		text_free(&t);
	}
}

Test(intrinsics, those_of_every_device_compile_for_sm_75)
{
	compile_rows("sm_75", 0, 75);
}

Test(intrinsics, those_up_to_ampere_compile_for_sm_80)
{
	compile_rows("sm_80", 0, 80);
}

Test(intrinsics, all_compile_for_sm_90a)
{
	compile_rows("sm_90a", 0, 90);
}
