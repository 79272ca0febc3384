#include "helpers.h"

#include <criterion/criterion.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

hdt_context *context;
hdt_device *device;
fake_state *fake;

const hdt_launch_grid one_block = {.grid = {1, 1, 1}, .block = {128, 1, 1}, .cluster = {1, 1, 1}};

void open_fake(void)
{
	setenv("HIDET_CUDA_DRIVER", FAKE_DRIVER, 1);
	unsetenv("HIDET_CUDA_ARCH");
	unsetenv("HIDET_CUDA_GRAPH");
	void *library = dlopen(FAKE_DRIVER, RTLD_NOW | RTLD_LOCAL);
	cr_assert_not_null(library, "%s", dlerror());
	fake_state *(*state)(void);
	void *found = dlsym(library, "fake_driver_state");
	memcpy(&state, &found, sizeof state);
	fake = state();
	context = context_new(NULL);
	hdt_status status =
		hdt_target_cuda.open(context, &(hdt_target_options){.size = sizeof(hdt_target_options)}, &device);
	cr_assert_eq(status, HDT_OK, "%s", context->message);
}

void close_fake(void)
{
	bool lost = hdt_target_cuda.lost(device) != NULL;
	hdt_target_cuda.close(device);
	context_free(context);
	if (lost) /* what a crashed driver holds is left to it */
		return;
	cr_assert_eq(fake->contexts, 0, "a context was left");
	cr_assert_eq(fake->depth, 0, "a context stayed current");
	cr_assert_eq(fake->executables, 0, "a graph was left");
	cr_assert_eq(fake->modules, 0, "a module was left");
	cr_assert_eq(fake->events, 0, "an event was left");
	cr_assert_eq(logged("no function") + logged("no variable"), 0, "the driver was asked for what is not there");
}

/* The lines for the fake driver, then the names of the sections that an image of these kernels has. Returns the bytes. */
static size_t make_image(const char *lines, char *image, size_t room)
{
	size_t bytes = strlen(lines) + 1;
	cr_assert_lt(bytes, room);
	memcpy(image, lines, bytes);
	for (const char *line = lines; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
		bytes += 1 + (size_t)snprintf(image + bytes, room - bytes, ".text.%.*s", (int)strcspn(line, " \n"), line);
	cr_assert_lt(bytes, room);
	return bytes;
}

hdt_object *load_kernels(const char *lines)
{
	char path[] = "/tmp/hidet-test-XXXXXX", made[4096], all[1024];
	bool faults = strstr(lines, "index_") || strstr(lines, "assert_");
	close(mkstemp(path));
	snprintf(all, sizeof all, "%s%s", lines, faults ? "hidet_faults 0\n" : "");
	const unsigned char *image = (const unsigned char *)made;
	size_t size = make_image(all, made, sizeof made);
	hdt_object *object = NULL;
	if (container_write(context, path, &(container){.count = 1, .images = &image, .sizes = &size}) == HDT_OK)
		(void)hdt_target_cuda.load(context, device, path, &object);
	unlink(path);
	return object;
}

hdt_launch launch_of(hdt_object *object, const char *name, void *const *buffers, int buffer_count,
                     const hdt_launch_grid *grid)
{
	void *function = hdt_target_cuda.find(object, name);
	cr_assert_not_null(function, "no kernel %s", name);
	return (hdt_launch){.function = function, .buffers = buffers, .buffer_count = buffer_count, .grid = grid};
}

int logged(const char *text)
{
	int count = 0;
	for (const char *at = fake->log; (at = strstr(at, text)); at++)
		count++;
	return count;
}
