/* fuzz_zip.c: no bytes make the zip reader crash, leak, hang or inflate without bound. */
#include "../../plugins/torch-map/zip.h"
#include "base/context.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	hdt_context *context = context_new(NULL);
	zip_directory zip;
	if (context && zip_open(context, "fuzz.zip", data, bytes, &zip) == HDT_OK) {
		for (int i = 0; i < zip.count; i++) {
			unsigned char *copy;
			const unsigned char *stored;
			if (zip_find(&zip, zip.entries[i].name) != &zip.entries[i])
				abort();
			if (zip_extract(&zip, &zip.entries[i], 1 << 20, &copy) == HDT_OK)
				free(copy);
			if (zip.entries[i].method == ZIP_STORED)
				(void)!zip_stored(&zip, &zip.entries[i], &stored);
		}
	}
	context_free(context);
	return 0;
}
