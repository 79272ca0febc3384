/* digits.c: a program that embeds Hidet: it classifies pictures of hand-written digits and shows some of them.
 *
 *     hidet-digits digits.pt2 digits.safetensors
 *
 * The model is a small convolutional network trained on the 8x8 digits of the UCI data set (scikit-learn's load_digits); the file
 * beside it holds 450 test images (in0: f32[450, 1, 8, 8]) and what they show (label: i64[450]). */
#include <hidet/hidet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SIDE = 8, CLASSES = 10, SHOWN = 6, REPEATS = 20 };

static double now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

static const hdt_array *find(const hdt_tensors *file, const char *name)
{
	for (int i = 0; i < file->count; i++)
		if (strcmp(file->items[i].name, name) == 0)
			return &file->items[i];
	return NULL;
}

static int largest(const float *scores)
{
	int best = 0;
	for (int c = 1; c < CLASSES; c++)
		if (scores[c] > scores[best])
			best = c;
	return best;
}

/* Some images side by side, darker where there is more ink, and below each what the model says. */
static void show(const float *images, const int64_t *labels, const float *scores, const int *chosen)
{
	static const char ink[] = " .:-=+*#%@";
	float most = 0;
	for (int i = 0; i < SIDE * SIDE; i++)
		most = images[i] > most ? images[i] : most;
	for (int row = 0; row < SIDE; row++) {
		for (int n = 0; n < SHOWN; n++) {
			const float *line = images + (chosen[n] * SIDE + row) * SIDE;
			printf("  ");
			for (int column = 0; column < SIDE; column++) {
				int level = most > 0 ? (int)(line[column] / most * 9 + 0.5f) : 0;
				level = level < 0 ? 0 : level > 9 ? 9 : level;
				printf("%c%c", ink[level], ink[level]);
			}
		}
		printf("\n");
	}
	for (int n = 0; n < SHOWN; n++) {
		int said = largest(scores + chosen[n] * CLASSES);
		printf("  says %d %-9s", said, said == labels[chosen[n]] ? "(right)" : "(wrong)");
	}
	printf("\n\n");
}

/* Mostly the first images, but the first wrong one too, if there is one: that is what a person wants to see. */
static void choose(const int64_t *labels, const float *scores, int count, int *chosen)
{
	for (int n = 0; n < SHOWN; n++)
		chosen[n] = n;
	for (int i = SHOWN; i < count; i++)
		if (largest(scores + i * CLASSES) != labels[i]) {
			chosen[SHOWN - 1] = i;
			return;
		}
}

static hdt_status classify(hdt_session *session, const char *model_path, const hdt_array *images, const int64_t *labels)
{
	hdt_model *model = NULL;
	hdt_compiled *compiled = NULL;
	hdt_array scores = {0};
	double start = now_ms(), ready, best = 1e30;
	hdt_status status = hdt_model_load(session, model_path, &model);
	if (status == HDT_OK)
		status = hdt_compile(model, &(hdt_compile_options){.size = sizeof(hdt_compile_options), .target = "cpu"}, &compiled);
	ready = now_ms() - start;
	for (int i = 0; i < REPEATS && status == HDT_OK; i++) {
		start = now_ms();
		status = hdt_compiled_run(compiled, images, 1, &scores, 1);
		best = now_ms() - start < best ? now_ms() - start : best;
	}
	if (status == HDT_OK) {
		int count = (int)images->shape[0], right = 0, chosen[SHOWN];
		for (int i = 0; i < count; i++)
			right += largest((const float *)scores.data + i * CLASSES) == labels[i];
		choose(labels, scores.data, count, chosen);
		show(images->data, labels, scores.data, chosen);
		printf("%d of %d test images recognised (%.1f %%).\n", right, count, 100.0 * right / count);
		printf("Model ready after %.0f ms; all %d images classified in %.2f ms (best of %d runs).\n", ready, count, best, REPEATS);
	}
	hdt_compiled_free(compiled);
	hdt_model_free(model);
	return status;
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: hidet-digits MODEL.pt2 IMAGES.safetensors\n");
		return 2;
	}
	hdt_session *session = NULL;
	hdt_tensors file = {0};
	hdt_status status = hdt_session_open(NULL, &session);
	if (status == HDT_OK)
		status = hdt_tensors_read(session, argv[2], &file);
	if (status == HDT_OK) {
		const hdt_array *images = find(&file, "in0"), *labels = find(&file, "label");
		if (!images || !labels || images->dtype != HDT_F32 || labels->dtype != HDT_I64 || images->rank != 4 || images->shape[0] < SHOWN ||
		    labels->shape[0] != images->shape[0] || images->shape[2] != SIDE || images->shape[3] != SIDE) {
			fprintf(stderr, "hidet-digits: '%s' should hold in0: f32[n, 1, 8, 8] and label: i64[n]\n", argv[2]);
			status = HDT_BAD_INPUT;
		} else
			status = classify(session, argv[1], images, labels->data);
	}
	if (status != HDT_OK && session && *hdt_session_error(session))
		fprintf(stderr, "hidet-digits: %s\n", hdt_session_error(session));
	hdt_tensors_free(&file);
	hdt_session_close(session);
	return status == HDT_OK ? 0 : 1;
}
