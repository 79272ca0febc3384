/* check.c: compiles files behind the prelude and the texts of all intrinsics, as kernels are:
 *     nvrtc_check ARCHITECTURE FILE.cu...
 * 0: NVRTC takes all of them, 1: it does not and says why, 77: there is no NVRTC. */
#include "base/context.h"
#include "target-cuda/cuda.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern const hdt_target hdt_target_cuda;

/* Prelude and the texts of the intrinsics, each once. */
static const char *before_kernels(hdt_context *c, const hdt_device *d)
{
	const char *text = hdt_target_cuda.prelude(d);
	for (int i = 0; cuda_intrinsics[i]; i++) {
		const char *own = cuda_intrinsics[i]->text;
		bool first = own != NULL;
		for (int k = 0; first && k < i; k++)
			first = cuda_intrinsics[k]->text != own;
		if (first)
			text = hdt_format(c, "%s\n%s", text, own);
	}
	return text;
}

static const char *read_text(hdt_context *c, const char *path)
{
	FILE *f = fopen(path, "re");
	char *text = hdt_allocate(c, 1 << 20);
	size_t bytes = f && text ? fread(text, 1, (1 << 20) - 1, f) : 0;
	if (f)
		fclose(f);
	return bytes ? text : NULL;
}

static hdt_status compile_files(hdt_context *c, hdt_device *d, char **files, int count)
{
	const char *before = before_kernels(c, d), **units = hdt_allocate(c, sizeof *units * (size_t)(count + 1));
	char path[] = "/tmp/hidet-nvrtc-XXXXXX";
	for (int i = 0; i < count; i++) {
		const char *text = read_text(c, files[i]);
		if (!text)
			return hdt_fail(c, HDT_IO_ERROR, "cannot read '%s'", files[i]);
		units[i] = hdt_format(c, "%s\n#line 1 \"%s\"\n%s", before, files[i], text);
	}
	close(mkstemp(path));
	hdt_status status = hdt_target_cuda.compile(c, d, &(hdt_source){units, count, 2}, path);
	unlink(path);
	return status;
}

int main(int argc, char **argv)
{
	if (argc < 3) {
		fprintf(stderr, "usage: nvrtc_check ARCHITECTURE FILE.cu...\n");
		return 2;
	}
	hdt_context *c = context_new(NULL);
	hdt_device *d;
	setenv("HIDET_CUDA_ARCH", argv[1], 1);
	if (hdt_target_cuda.open(c, NULL, &d) != HDT_OK) {
		printf("skipped: %s\n", hdt_context_message(c));
		context_free(c);
		return 77;
	}
	hdt_status status = compile_files(c, d, argv + 2, argc - 2);
	if (status == HDT_OK)
		printf("%d file%s compiled for %s\n", argc - 2, argc == 3 ? "" : "s", argv[1]);
	else
		fprintf(stderr, "%s\n", hdt_context_message(c));
	hdt_target_cuda.close(d);
	context_free(c);
	return status != HDT_OK;
}
