/* library.c: from a plugin's file to its query function.
 *
 * The file is opened once, beside its manifest and following no link; its bytes are read into memory, hashed when pinned, and checked by
 * elf_check. Only then is it given to dlopen, by path; a file that was exchanged in between is refused. RTLD_NODELETE: once code
 * ran, it stays. */
#include "base/file.h"
#include "base/hash.h"
#include "loader/stages.h"
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_BYTES = 256 * 1024 * 1024 };

typedef struct library_file {
	char path[PATH_MAX]; /* absolute */
	struct stat stat;
	unsigned char *bytes;
	size_t size;
} library_file;

/* The absolute path of the library: its folder is the manifest's, resolved. */
static bool find_path(const plugin *p, char path[PATH_MAX])
{
	char folder[PATH_MAX], copy[PATH_MAX];
	if (strlen(p->manifest) >= sizeof copy)
		return false;
	strcpy(copy, p->manifest);
	char *slash = strrchr(copy, '/');
	if (slash)
		slash[1] = 0;
	if (!realpath(slash ? copy : ".", folder) || strlen(folder) + strlen(p->library) + 2 > PATH_MAX)
		return false;
	strcpy(path, folder);
	strcat(path, "/");
	strcat(path, p->library);
	return true;
}

static bool read_all(int fd, unsigned char *bytes, size_t size)
{
	while (size) {
		ssize_t n = read(fd, bytes, size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		bytes += n;
		size -= (size_t)n;
	}
	return true;
}

/* O_NONBLOCK: a FIFO must not hang us. */
static bool read_library(loader *l, plugin *p, library_file *f)
{
	int fd = find_path(p, f->path) ? open(f->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW) : -1;
	if (fd < 0) {
		plugin_refuse(l, p, errno == ELOOP ? PLUGIN_CODE_PATH : PLUGIN_CODE_FILE, "cannot open the library '%s': %s",
		              p->library, errno == ELOOP ? "it is a link" : strerror(errno));
		return false;
	}
	if (fstat(fd, &f->stat) != 0 || !S_ISREG(f->stat.st_mode)) {
		plugin_refuse(l, p, PLUGIN_CODE_FILE, "the library '%s' is not a regular file", p->library);
	} else if (f->stat.st_size > MOST_BYTES) {
		plugin_refuse(l, p, PLUGIN_CODE_FILE, "the library has %lld bytes; at most %d are accepted",
		              (long long)f->stat.st_size, MOST_BYTES);
	} else {
		f->size = (size_t)f->stat.st_size;
		f->bytes = malloc(f->size + 1);
		if (!f->bytes)
			plugin_refuse(l, p, PLUGIN_CODE_MEMORY, "out of memory reading %zu bytes", f->size);
		else if (!read_all(fd, f->bytes, f->size))
			plugin_refuse(l, p, PLUGIN_CODE_FILE, "cannot read the library: it changed, or the disk failed");
	}
	close(fd);
	return p->info.status != PLUGIN_REFUSED;
}

static bool check_hash(loader *l, plugin *p, const library_file *f)
{
	char hex[65];
	sha256 s;
	if (!*p->sha256)
		return true;
	sha256_init(&s);
	sha256_add(&s, f->bytes, f->size);
	sha256_hex(&s, hex);
	if (!strcmp(hex, p->sha256))
		return true;
	plugin_refuse(l, p, PLUGIN_CODE_HASH, "the library's SHA-256 is %s, pinned is %s", hex, p->sha256);
	return false;
}

static bool check_elf(loader *l, plugin *p, const library_file *f)
{
	elf_fault fault;
	if (elf_check(f->bytes, f->size, &fault) == PLUGIN_CODE_NONE)
		return true;
	plugin_refuse(l, p, fault.code, "the library '%s': %s", p->library, fault.reason);
	return false;
}

static bool is_unchanged(const library_file *f)
{
	struct stat now;
	return lstat(f->path, &now) == 0 && now.st_dev == f->stat.st_dev && now.st_ino == f->stat.st_ino &&
	       now.st_size == f->stat.st_size && now.st_mtim.tv_sec == f->stat.st_mtim.tv_sec &&
	       now.st_mtim.tv_nsec == f->stat.st_mtim.tv_nsec;
}

static hdt_plugin_query open_checked(loader *l, plugin *p, const library_file *f)
{
	guard *g = guard_new();
	if (!g) {
		plugin_refuse(l, p, PLUGIN_CODE_MEMORY, "out of memory");
		return NULL;
	}
	void *handle = dlopen(f->path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	const char *error = handle ? NULL : dlerror();
	/* POSIX has dlsym give functions as data pointers. */
	union {
		void *data;
		hdt_plugin_query function;
	} query = {handle ? dlsym(handle, "hidet_plugin_query_v1") : NULL};
	const char *changed = guard_check(g);
	if (!handle)
		plugin_refuse(l, p, PLUGIN_CODE_LOAD, "%s", error ? error : "no reason was given");
	else if (changed)
		plugin_refuse(l, p, PLUGIN_CODE_SIDE_EFFECT, "loading it changed %s", changed);
	else if (!query.data)
		plugin_refuse(l, p, PLUGIN_CODE_ELF_EXPORTS, "it does not export hidet_plugin_query_v1");
	else if (!is_unchanged(f))
		plugin_refuse(l, p, PLUGIN_CODE_FILE, "the library was exchanged while it was being loaded");
	return p->info.status == PLUGIN_REFUSED ? NULL : query.function;
}

hdt_plugin_query library_open(loader *l, plugin *p)
{
	library_file f = {.bytes = NULL};
	hdt_plugin_query query = NULL;
	if (read_library(l, p, &f) && check_hash(l, p, &f) && check_elf(l, p, &f))
		query = open_checked(l, p, &f);
	free(f.bytes);
	return query;
}
