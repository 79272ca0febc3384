/* weights.c: from the configuration of an archive's weights to constants of the graph. Sizes, strides and offsets come
 * from the file and are checked against the bytes of the storage before anything is read. */
#include "weights.h"
#include <stdlib.h>
#include <string.h>

enum { CONFIG_WEIGHTS, CONFIG_CONSTANTS, CONFIG_COUNT };

static const struct {
	const char *folder, *suffix;
} layouts[CONFIG_COUNT] = {
	[CONFIG_WEIGHTS] = {"data/weights/", "_weights_config.json"},
	[CONFIG_CONSTANTS] = {"data/constants/", "_constants_config.json"},
};

/* A storage and the way in which a tensor lies in it. */
typedef struct placement {
	const zip_entry *entry;
	hdt_dtype dtype;
	int rank;
	int64_t sizes[HDT_MAX_RANK];
	int64_t strides[HDT_MAX_RANK]; /* in elements */
	int64_t offset;                /* in elements */
	int64_t count;                 /* of elements */
} placement;

typedef struct loaded {
	placement where;
	hdt_value *value;
	struct loaded *next;
} loaded;

struct weights {
	hdt_context *context;
	const archive *archive; /* NULL: no data */
	mapped_file *file;
	json_t *configs[CONFIG_COUNT]; /* NULL: none */
	loaded *loaded;
};

hdt_status weights_open(hdt_context *context, const archive *a, mapped_file *file, weights **out)
{
	weights *w = *out = hdt_allocate(context, sizeof(*w));
	if (!w)
		return HDT_OUT_OF_MEMORY;
	w->context = context;
	w->archive = a;
	w->file = file;
	hdt_status status = HDT_OK;
	for (int i = 0; a && status == HDT_OK && i < CONFIG_COUNT; i++) {
		const char *name = hdt_format(context, "%s%s%s", layouts[i].folder, a->model, layouts[i].suffix);
		status = name ? archive_json(a, name, false, &w->configs[i]) : HDT_OUT_OF_MEMORY;
	}
	return status;
}

void weights_close(weights *w)
{
	for (int i = 0; w && i < CONFIG_COUNT; i++)
		json_decref(w->configs[i]);
}

static hdt_status refuse(const weights *w, const char *key, const char *what)
{
	return hdt_fail(w->context, HDT_BAD_MODEL, "%s: weight %s %s", w->archive->zip.path, key, what);
}

/* The row of the configuration for `key`, and the folder of its file. */
static const json_t *find_payload(const weights *w, const char *key, const char **folder)
{
	for (int i = 0; i < CONFIG_COUNT; i++) {
		const json_t *row = json_object_get(json_object_get(w->configs[i], "config"), key);
		*folder = layouts[i].folder;
		if (row)
			return row;
	}
	return NULL;
}

static bool read_constant(const hdt_expr *e, int64_t *out)
{
	return e && hdt_is_const(e, out) && *out >= 0;
}

/* Fill in sizes and strides, and check that the last element lies in the storage. */
static hdt_status place(const weights *w, const char *key, const tensor_meta *meta, placement *p)
{
	int64_t last = 0, step, bytes = hdt_dtype_of(meta->dtype)->bytes;
	p->dtype = meta->dtype;
	p->rank = meta->rank;
	p->count = 1;
	if (!read_constant(meta->offset, &p->offset))
		return refuse(w, key, "has no fixed offset in its storage");
	for (int d = 0; d < meta->rank; d++) {
		if (!read_constant(meta->sizes[d], &p->sizes[d]) || !read_constant(meta->strides[d], &p->strides[d]))
			return refuse(w, key, "has no fixed sizes and strides");
		if (__builtin_mul_overflow(p->count, p->sizes[d], &p->count))
			return refuse(w, key, "has too many elements");
	}
	if (p->count == 0)
		return HDT_OK;
	last = p->offset;
	for (int d = 0; d < meta->rank; d++)
		if (__builtin_mul_overflow(p->sizes[d] - 1, p->strides[d], &step) || __builtin_add_overflow(last, step, &last))
			return refuse(w, key, "has impossible strides");
	if (__builtin_add_overflow(last, INT64_C(1), &last) || __builtin_mul_overflow(last, bytes, &last) ||
	    (uint64_t)last > p->entry->bytes)
		return hdt_fail(w->context, HDT_BAD_MODEL, "%s: weight %s needs more bytes than the %llu of entry %s",
		                w->archive->zip.path, key, (unsigned long long)p->entry->bytes, p->entry->name);
	/* Strides of 0 could make much of little: no export writes them for a weight. */
	if (__builtin_mul_overflow(p->count, bytes, &step) || (uint64_t)step > p->entry->bytes)
		return refuse(w, key, "has more elements than its storage");
	return HDT_OK;
}

static hdt_status find_placement(const weights *w, const char *key, const tensor_meta *meta, placement *p)
{
	const char *folder;
	const json_t *payload = find_payload(w, key, &folder);
	if (!payload)
		return refuse(w, key, "is not in the archive");
	if (json_is_true(json_object_get(payload, "use_pickle")))
		return hdt_fail(
			w->context, HDT_UNSUPPORTED,
			"%s: constant %s is a pickled Python object, not a tensor; replace it in the model by plain tensors",
			w->archive->zip.path, key);
	const char *file = schema_string(payload, "path_name");
	const char *path = file ? hdt_format(w->context, "%s%s%s", w->archive->root, folder, file) : NULL;
	p->entry = path ? zip_find(&w->archive->zip, path) : NULL;
	if (!p->entry)
		return hdt_fail(w->context, HDT_BAD_MODEL, "%s: weight %s: its data %s%s are missing", w->archive->zip.path,
		                key, folder, file ? file : "");
	symbol_table none = {.context = w->context};
	tensor_meta stored;
	hdt_status status = schema_tensor_meta(&none, json_object_get(payload, "tensor_meta"), key, &stored);
	if (status != HDT_OK)
		return status;
	bool same = stored.dtype == meta->dtype && stored.rank == meta->rank;
	for (int d = 0; same && d < stored.rank; d++)
		same = hdt_proves_equal(stored.sizes[d], meta->sizes[d]);
	return same ? place(w, key, &stored, p)
	            : refuse(w, key, "has another dtype or shape in the archive than in the program");
}

static bool is_same(const placement *a, const placement *b)
{
	size_t bytes = (size_t)a->rank * sizeof(a->sizes[0]);
	return a->entry == b->entry && a->dtype == b->dtype && a->rank == b->rank && a->offset == b->offset &&
	       memcmp(a->sizes, b->sizes, bytes) == 0 && memcmp(a->strides, b->strides, bytes) == 0;
}

static bool is_row_major(const placement *p)
{
	int64_t expected = 1;
	for (int d = p->rank - 1; d >= 0; d--) {
		if (p->sizes[d] != 1 && p->strides[d] != expected)
			return false;
		expected *= p->sizes[d];
	}
	return true;
}

/* Copy the elements in row-major order. */
static void gather(const placement *p, const unsigned char *storage, size_t element, unsigned char *to)
{
	int64_t index[HDT_MAX_RANK] = {0};
	int64_t position = p->offset;
	for (int64_t i = 0; i < p->count; i++) {
		memcpy(to, storage + (size_t)position * element, element);
		to += element;
		for (int d = p->rank - 1; d >= 0; d--) {
			position += p->strides[d];
			if (++index[d] < p->sizes[d])
				break;
			position -= p->strides[d] * p->sizes[d];
			index[d] = 0;
		}
	}
}

/* Bytes of a bool are 0 or 1, whatever the file says: compiled code relies on it. */
static bool has_bad_bool(const placement *p, const unsigned char *storage)
{
	if (p->dtype != HDT_BOOL)
		return false;
	for (uint64_t i = 0; i < p->entry->bytes; i++)
		if (storage[i] > 1)
			return true;
	return false;
}

static hdt_status copy_data(const weights *w, const char *key, const placement *p, const unsigned char *storage,
                            size_t element, hdt_data *out)
{
	unsigned char *copy = malloc(out->bytes ? out->bytes : 1);
	if (!copy)
		return hdt_fail(w->context, HDT_OUT_OF_MEMORY, "%s: out of memory for the %zu bytes of weight %s",
		                w->archive->zip.path, out->bytes, key);
	gather(p, storage, element, copy);
	out->data = copy;
	out->release = free;
	out->owner = copy;
	return HDT_OK;
}

/* Nobody deflates weights well: much more than the file has is an attack on the memory. */
static uint64_t inflation_limit(const weights *w)
{
	return (UINT64_C(1) << 30) + 16 * (uint64_t)w->archive->zip.file_bytes;
}

static hdt_status load_data(const weights *w, const char *key, const placement *p, hdt_data *out)
{
	size_t element = hdt_dtype_of(p->dtype)->bytes;
	const unsigned char *storage;
	unsigned char *inflated = NULL;
	*out = (hdt_data){.bytes = (size_t)p->count * element};
	hdt_status status = p->entry->method == ZIP_STORED
	                        ? zip_stored(&w->archive->zip, p->entry, &storage)
	                        : zip_extract(&w->archive->zip, p->entry, inflation_limit(w), &inflated);
	if (status != HDT_OK)
		return status;
	if (inflated)
		storage = inflated;
	const unsigned char *first = storage + (p->count ? (size_t)p->offset * element : 0);
	bool in_place = !inflated && is_row_major(p) && (uintptr_t)first % element == 0;
	if (has_bad_bool(p, storage)) {
		status = refuse(w, key, "is bool but has bytes other than 0 and 1");
	} else if (in_place) {
		mapped_file_retain(w->file);
		out->data = first;
		out->release = mapped_file_release;
		out->owner = w->file;
		out->mapped = true;
	} else {
		status = copy_data(w, key, p, storage, element, out);
	}
	free(inflated);
	return status;
}

hdt_value *weights_constant(weights *w, hdt_graph *graph, const char *name, const char *key, const tensor_meta *meta)
{
	placement where = {0};
	hdt_data data = {0};
	if (!w->archive)
		return hdt_graph_constant(graph, name, meta->dtype, schema_shape(meta), data);
	if (find_placement(w, key, meta, &where) != HDT_OK)
		return NULL;
	for (loaded *l = w->loaded; l; l = l->next)
		if (is_same(&l->where, &where))
			return l->value;
	loaded *row = hdt_allocate(w->context, sizeof(*row));
	if (!row || load_data(w, key, &where, &data) != HDT_OK)
		return NULL;
	*row = (loaded){.where = where,
	                .value = hdt_graph_constant(graph, name, meta->dtype, schema_shape(meta), data),
	                .next = w->loaded};
	w->loaded = row;
	return row->value;
}
