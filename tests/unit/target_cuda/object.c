/* Tests of compiled files and of compiling itself, which needs NVRTC but no GPU. */
#include "helpers.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

TestSuite(object, .init = open_fake, .fini = close_fake);

static char path[] = "/tmp/hidet-test-XXXXXX";

/* The file cut to `bytes`, or with one byte changed, is refused. */
static void damaged(size_t bytes, size_t change)
{
	static const char lines[] = "k 1\n\0.text.k";
	const unsigned char *image = (const unsigned char *)lines;
	size_t size = sizeof lines;
	hdt_object *object;
	hdt_context *c = context_new(NULL);
	cr_assert_eq(container_write(c, path, &(container){.count = 1, .images = &image, .sizes = &size}), HDT_OK);
	if (change) {
		int fd = open(path, O_RDWR);
		cr_assert_eq(pwrite(fd, "\xff", 1, (off_t)change), 1);
		close(fd);
	} else {
		cr_assert_eq(truncate(path, (off_t)bytes), 0);
	}
	cr_assert_neq(hdt_target_cuda.load(c, device, path, &object), HDT_OK);
	cr_assert_null(object);
	cr_assert_neq(c->message[0], 0);
	context_free(c);
}

Test(object, damaged_files_are_refused)
{
	close(mkstemp(path));
	for (size_t bytes = 0; bytes < 16 + 8 + 5; bytes++)
		damaged(bytes, 0);
	for (size_t at = 1; at < 16 + 8; at++)
		damaged(0, at);
	unlink(path);
}

Test(object, what_follows_in_the_file_is_left_alone)
{
	static const char lines[] = "k 1\n\0.text.k";
	const unsigned char *image = (const unsigned char *)lines;
	size_t size = sizeof lines;
	hdt_object *o;
	close(mkstemp(path));
	cr_assert_eq(container_write(context, path, &(container){.count = 1, .images = &image, .sizes = &size}), HDT_OK);
	int fd = open(path, O_WRONLY | O_APPEND);
	cr_assert_eq(write(fd, "trailer", 7), 7);
	close(fd);
	cr_assert_eq(hdt_target_cuda.load(context, device, path, &o), HDT_OK);
	cr_assert_not_null(hdt_target_cuda.find(o, "k"));
	hdt_target_cuda.unload(device, o);
	unlink(path);
}

Test(object, kernels_are_found_by_name)
{
	hdt_object *o = load_kernels("k 1\nk_2 1\n");
	cr_assert_not_null(hdt_target_cuda.find(o, "k_2"));
	cr_assert_eq(hdt_target_cuda.find(o, "k"), hdt_target_cuda.find(o, "k"));
	cr_assert_null(hdt_target_cuda.find(o, "k_3"));
	hdt_target_cuda.unload(device, o);
}

Test(object, what_the_driver_does_not_take_is_told)
{
	cr_assert_null(load_kernels("no image"));
	cr_assert_not_null(strstr(context->message, "cannot load compiled code"), "%s", context->message);
}

/* ---- compiling ---- */

static hdt_context *c;
static hdt_device *d;

static void open_compiler(void)
{
	setenv("HIDET_CUDA_ARCH", "sm_90a", 1);
	setenv("TMPDIR", "/tmp", 1);
	c = context_new(NULL);
	if (hdt_target_cuda.open(c, NULL, &d) != HDT_OK)
		cr_skip_test("%s", c->message);
	close(mkstemp(path));
}

static void close_compiler(void)
{
	unlink(path);
	if (d)
		hdt_target_cuda.close(d);
	context_free(c);
}

TestSuite(compile, .init = open_compiler, .fini = close_compiler);

static hdt_status compile_texts(const char *const *texts, int count, int jobs)
{
	const char **units = hdt_allocate(c, sizeof *units * (size_t)count);
	for (int i = 0; i < count; i++)
		units[i] = hdt_format(c, "%s%s", hdt_target_cuda.prelude(d), texts[i]);
	return hdt_target_cuda.compile(c, d, &(hdt_source){units, count, jobs}, path);
}

static const char add_one[] =
	"HIDET_KERNEL(256, 0) void k_add(const float *restrict x, float *restrict y, const int64_t n, const "
	"hidet_runtime rt)\n{ y[HIDET_THREAD_X] = x[hidet_bounded(rt, HIDET_THREAD_X, n)] + 1.0f; }\n";
static const char copy_one[] =
	"HIDET_KERNEL(256, 0) void k_copy(const float *restrict x, float *restrict y, const hidet_runtime rt)\n"
	"{ y[HIDET_THREAD_X] = x[HIDET_THREAD_X]; }\n";

Test(compile, units_become_one_object)
{
	const char *texts[] = {add_one, copy_one};
	hdt_object *o;
	cr_assert_eq(compile_texts(texts, 2, 2), HDT_OK, "%s", c->message);
	cr_assert_eq(hdt_target_cuda.load(c, d, path, &o), HDT_OK);
	cr_assert_not_null(hdt_target_cuda.find(o, "k_add"));
	cr_assert_not_null(hdt_target_cuda.find(o, "k_copy"));
	cr_assert_null(hdt_target_cuda.find(o, "k_"));
	hdt_target_cuda.unload(d, o);
}

Test(compile, an_error_tells_the_line_of_our_file_and_keeps_the_text)
{
	const char *texts[] = {copy_one, "HIDET_KERNEL(32, 0) void k_bad(float *y, const hidet_runtime rt)\n{\n#line 42 "
	                                 "\"mine.hds\"\n  y[0] = nothing;\n}\n"};
	cr_assert_eq(compile_texts(texts, 2, 1), HDT_BAD_TARGET);
	cr_assert_not_null(strstr(c->message, "mine.hds(42): error: identifier \"nothing\" is undefined"), "%s",
	                   c->message);
	char *kept = strstr(c->message, "/tmp/hidet-refused-");
	cr_assert_not_null(kept);
	kept = strndup(kept, strcspn(kept, ":\n"));
	cr_assert_eq(unlink(kept), 0, "%s", kept);
	free(kept);
}
