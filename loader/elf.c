/* elf.c: looks into a library before dlopen does, because dlopen dies of a truncated file, turns the stack executable when asked
 * to, and runs code before anything can be refused.
 *
 * Everything is read through `at`, which checks offset and size against the file: no byte sequence may make this crash, loop for
 * long or read outside. What is refused stands in loader/codes.def. */
#include "loader/stages.h"
#include <elf.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* What a plugin may need beside what is linked into it. A manifest cannot add to this list. */
static const char *const allowed_libraries[] = {
	"libc.so.6",    "libm.so.6",     "libdl.so.2", "libpthread.so.0", "libz.so.1", "libjansson.so.4", "libgcc_s.so.1",
#if defined(__SANITIZE_ADDRESS__)
	"libasan.so.*", "libubsan.so.*",
#endif
	"ld-linux*",
};

/* Functions that only a sanitizer's runtime has, and whether this host has it. */
static const struct {
	const char *symbol;
	bool present;
} sanitizers[] = {
#if defined(__has_feature)
#define HAS_SANITIZER(name) __has_feature(name)
#elif defined(__SANITIZE_ADDRESS__)
#define HAS_SANITIZER(name) HAS_##name
#define HAS_address_sanitizer 1
#define HAS_thread_sanitizer 0
#define HAS_memory_sanitizer 0
#else
#define HAS_SANITIZER(name) 0
#endif
	{"__asan_init", HAS_SANITIZER(address_sanitizer)},
	{"__tsan_init", HAS_SANITIZER(thread_sanitizer)},
	{"__msan_init", HAS_SANITIZER(memory_sanitizer)},
};

#if defined(__x86_64__)
enum { HOST_MACHINE = EM_X86_64 };
#elif defined(__aarch64__)
enum { HOST_MACHINE = EM_AARCH64 };
#elif defined(__riscv)
enum { HOST_MACHINE = EM_RISCV };
#else
#error "name this machine's ELF number here"
#endif

enum { MOST_SEGMENTS = 256, MOST_SYMBOLS = 1 << 16, MOST_NAME_BYTES = 4096 };

typedef struct elf_file {
	const unsigned char *bytes;
	size_t size;
	Elf64_Ehdr header;
	Elf64_Phdr segments[MOST_SEGMENTS];
	int segment_count;
	/* Of the dynamic section: addresses, and sizes in bytes. */
	uint64_t strings, strings_size, symbols, hash, gnu_hash;
	elf_fault *fault;
} elf_file;

static bool refuse(elf_file *f, plugin_code code, const char *format, ...) HDT_PRINTF(3, 4);
static bool refuse(elf_file *f, plugin_code code, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(f->fault->reason, sizeof f->fault->reason, format, args);
	va_end(args);
	f->fault->code = code;
	return false;
}

static bool is_inside(const elf_file *f, uint64_t offset, uint64_t bytes)
{
	return offset <= f->size && bytes <= f->size - offset;
}

/* Copy `bytes` at the file's `offset` (a copy, because nothing in the file need be aligned). */
static bool at(const elf_file *f, uint64_t offset, void *out, size_t bytes)
{
	if (!is_inside(f, offset, bytes))
		return false;
	memcpy(out, f->bytes + offset, bytes);
	return true;
}

/* Offset in the file of what will lie at `address`, and how many bytes of its segment follow; false when no segment has it. */
static bool locate(const elf_file *f, uint64_t address, uint64_t *offset, uint64_t *left)
{
	for (int i = 0; i < f->segment_count; i++) {
		const Elf64_Phdr *s = &f->segments[i];
		if (s->p_type == PT_LOAD && address >= s->p_vaddr && address - s->p_vaddr < s->p_filesz) {
			*offset = s->p_offset + (address - s->p_vaddr);
			*left = s->p_filesz - (address - s->p_vaddr);
			return true;
		}
	}
	return false;
}

static bool at_address(const elf_file *f, uint64_t address, void *out, size_t bytes)
{
	uint64_t offset, left;
	return locate(f, address, &offset, &left) && bytes <= left && at(f, offset, out, bytes);
}

/* The string at `index` of the string table; NULL when it does not lie, with its end, inside the table, or is absurdly long. */
static const char *string_at(const elf_file *f, uint64_t index)
{
	uint64_t offset, left;
	if (index >= f->strings_size || !locate(f, f->strings, &offset, &left) || index >= left)
		return NULL;
	uint64_t most = (f->strings_size < left ? f->strings_size : left) - index;
	const char *s = (const char *)f->bytes + offset + index;
	return memchr(s, 0, most < MOST_NAME_BYTES ? most : MOST_NAME_BYTES) ? s : NULL;
}

/* ---- header and segments --------------------------------------------------------------------------------------------- */

static bool check_header(elf_file *f)
{
	const Elf64_Ehdr *h = &f->header;
	if (f->size >= SELFMAG && memcmp(f->bytes, ELFMAG, SELFMAG) != 0)
		return refuse(f, PLUGIN_CODE_ELF_MALFORMED, "it is not an ELF file");
	if (!at(f, 0, &f->header, sizeof f->header))
		return refuse(f, PLUGIN_CODE_ELF_TRUNCATED, "the file has %zu bytes, less than an ELF header", f->size);
	if (h->e_ident[EI_CLASS] != ELFCLASS64 || h->e_ident[EI_DATA] != ELFDATA2LSB)
		return refuse(f, PLUGIN_CODE_ELF_MACHINE, "it is not a 64-bit little-endian ELF file");
	if (h->e_machine != HOST_MACHINE)
		return refuse(f, PLUGIN_CODE_ELF_MACHINE, "it is for ELF machine %d, this host is %d", h->e_machine,
		              HOST_MACHINE);
	if (h->e_type != ET_DYN)
		return refuse(f, PLUGIN_CODE_ELF_MALFORMED, "it is no shared object (ELF type %d)", h->e_type);
	if (h->e_phentsize != sizeof(Elf64_Phdr) || h->e_phnum == 0 || h->e_phnum > MOST_SEGMENTS)
		return refuse(f, PLUGIN_CODE_ELF_MALFORMED, "its table of segments cannot be read");
	if (!is_inside(f, h->e_phoff, (uint64_t)h->e_phnum * sizeof(Elf64_Phdr)))
		return refuse(f, PLUGIN_CODE_ELF_TRUNCATED, "its table of segments ends behind the end of the file");
	if (h->e_shoff &&
	    !is_inside(f, h->e_shoff, h->e_shnum ? (uint64_t)h->e_shnum * h->e_shentsize : sizeof(Elf64_Shdr)))
		return refuse(f, PLUGIN_CODE_ELF_TRUNCATED, "its table of sections ends behind the end of the file");
	return true;
}

static bool check_segments(elf_file *f)
{
	bool stack = false;
	f->segment_count = f->header.e_phnum;
	for (int i = 0; i < f->segment_count; i++) {
		Elf64_Phdr *s = &f->segments[i];
		if (!at(f, f->header.e_phoff + (uint64_t)i * sizeof *s, s, sizeof *s) ||
		    !is_inside(f, s->p_offset, s->p_filesz))
			return refuse(f, PLUGIN_CODE_ELF_TRUNCATED, "segment %d ends at byte %llu of a file of %zu", i,
			              (unsigned long long)(s->p_offset + s->p_filesz), f->size);
		if (s->p_type == PT_GNU_STACK) {
			stack = true;
			if (s->p_flags & PF_X)
				return refuse(f, PLUGIN_CODE_ELF_STACK, "it asks for an executable stack");
		}
		if (s->p_type != PT_LOAD)
			continue;
		if (s->p_filesz > s->p_memsz || s->p_vaddr + s->p_memsz < s->p_vaddr)
			return refuse(f, PLUGIN_CODE_ELF_MALFORMED, "segment %d has an impossible size", i);
		if ((s->p_flags & PF_W) && (s->p_flags & PF_X))
			return refuse(f, PLUGIN_CODE_ELF_TEXT, "segment %d is both writable and executable", i);
	}
	return stack || refuse(f, PLUGIN_CODE_ELF_STACK, "it does not say that its stack is not executable");
}

/* ---- dynamic section ------------------------------------------------------------------------------------------------- */

/* `pattern` may end with *. */
static bool matches(const char *name, const char *pattern)
{
	const char *star = strchr(pattern, '*');
	return star ? !strncmp(name, pattern, (size_t)(star - pattern)) : !strcmp(name, pattern);
}

static bool check_needed(elf_file *f, uint64_t index)
{
	const char *name = string_at(f, index);
	if (!name)
		return refuse(f, PLUGIN_CODE_ELF_MALFORMED, "the name of a needed library lies outside the string table");
	if (!strncmp(name, "libasan.", 8) && !sanitizers[0].present)
		return refuse(f, PLUGIN_CODE_ELF_SANITIZER, "it is built with a sanitizer (%s), this host is not", name);
	for (size_t i = 0; i < sizeof allowed_libraries / sizeof *allowed_libraries; i++)
		if (matches(name, allowed_libraries[i]))
			return true;
	return refuse(f, PLUGIN_CODE_ELF_NEEDED, "it needs the library '%.100s', which plugins may not bring in", name);
}

static bool check_dynamic_entry(elf_file *f, const Elf64_Dyn *d)
{
	switch (d->d_tag) {
	case DT_STRTAB:
		f->strings = d->d_un.d_ptr;
		break;
	case DT_STRSZ:
		f->strings_size = d->d_un.d_val;
		break;
	case DT_SYMTAB:
		f->symbols = d->d_un.d_ptr;
		break;
	case DT_HASH:
		f->hash = d->d_un.d_ptr;
		break;
	case DT_GNU_HASH:
		f->gnu_hash = d->d_un.d_ptr;
		break;
	case DT_RPATH:
	case DT_RUNPATH:
		return refuse(f, PLUGIN_CODE_ELF_PATH, "it has a library search path of its own");
	case DT_AUXILIARY:
	case DT_FILTER:
		return refuse(f, PLUGIN_CODE_ELF_NEEDED, "it is a filter of another library");
	case DT_TEXTREL:
		return refuse(f, PLUGIN_CODE_ELF_TEXT, "its code must be changed while it is loaded (text relocations)");
	case DT_FLAGS:
		if (d->d_un.d_val & DF_TEXTREL)
			return refuse(f, PLUGIN_CODE_ELF_TEXT, "its code must be changed while it is loaded (text relocations)");
		if (d->d_un.d_val & DF_STATIC_TLS)
			return refuse(f, PLUGIN_CODE_ELF_TLS, "it uses static thread-local storage, of which a process has little");
		break;
	default:
		break;
	}
	return true;
}

/* Call `check` for the entries of the dynamic section, up to its end. */
static bool walk_dynamic(elf_file *f, bool (*check)(elf_file *, const Elf64_Dyn *))
{
	for (int i = 0; i < f->segment_count; i++) {
		const Elf64_Phdr *s = &f->segments[i];
		if (s->p_type != PT_DYNAMIC)
			continue;
		Elf64_Dyn d;
		for (uint64_t o = 0; o + sizeof d <= s->p_filesz && at(f, s->p_offset + o, &d, sizeof d); o += sizeof d) {
			if (d.d_tag == DT_NULL)
				return true;
			if (!check(f, &d))
				return false;
		}
		return refuse(f, PLUGIN_CODE_ELF_MALFORMED, "its dynamic section has no end");
	}
	return refuse(f, PLUGIN_CODE_ELF_MALFORMED, "it has no dynamic section");
}

static bool check_needed_entry(elf_file *f, const Elf64_Dyn *d)
{
	return d->d_tag != DT_NEEDED || check_needed(f, d->d_un.d_val);
}

/* ---- symbols --------------------------------------------------------------------------------------------------------- */

/* Number of dynamic symbols as the GNU hash table tells it: the end of the last chain. */
static bool count_from_gnu_hash(const elf_file *f, uint64_t *count)
{
	uint32_t head[4]; /* buckets, first symbol, bloom words, bloom shift */
	if (!at_address(f, f->gnu_hash, head, sizeof head) || head[0] > MOST_SYMBOLS || head[2] > MOST_SYMBOLS)
		return false;
	uint64_t buckets = f->gnu_hash + sizeof head + (uint64_t)head[2] * 8, chains = buckets + (uint64_t)head[0] * 4;
	uint32_t last = 0;
	for (uint32_t i = 0; i < head[0]; i++) {
		uint32_t bucket;
		if (!at_address(f, buckets + (uint64_t)i * 4, &bucket, sizeof bucket))
			return false;
		last = bucket > last ? bucket : last;
	}
	if (last < head[1]) {
		*count = head[1];
		return last == 0;
	}
	for (uint32_t entry = 0; !(entry & 1); last++)
		if (last > MOST_SYMBOLS || !at_address(f, chains + (uint64_t)(last - head[1]) * 4, &entry, sizeof entry))
			return false;
	*count = last;
	return true;
}

static bool count_symbols(const elf_file *f, uint64_t *count)
{
	uint32_t head[2]; /* of the older hash table: buckets, symbols */
	if (f->gnu_hash)
		return count_from_gnu_hash(f, count);
	if (!f->hash || !at_address(f, f->hash, head, sizeof head))
		return false;
	*count = head[1];
	return head[1] <= MOST_SYMBOLS;
}

static bool check_undefined(elf_file *f, const char *name)
{
	if (!strncmp(name, "hdt_", 4))
		return refuse(f, PLUGIN_CODE_ELF_UNDEFINED, "it calls '%.100s' directly instead of through the host's table",
		              name);
	for (size_t i = 0; i < sizeof sanitizers / sizeof *sanitizers; i++)
		if (!sanitizers[i].present && !strcmp(name, sanitizers[i].symbol))
			return refuse(f, PLUGIN_CODE_ELF_SANITIZER, "it is built with a sanitizer (%s), this host is not", name);
	return true;
}

static bool check_symbols(elf_file *f)
{
	uint64_t count;
	bool found = false;
	if (!count_symbols(f, &count))
		return refuse(f, PLUGIN_CODE_ELF_MALFORMED, "its symbol table cannot be read");
	for (uint64_t i = 1; i < count; i++) {
		Elf64_Sym symbol;
		const char *name;
		if (!at_address(f, f->symbols + i * sizeof symbol, &symbol, sizeof symbol) ||
		    !(name = string_at(f, symbol.st_name)))
			return refuse(f, PLUGIN_CODE_ELF_MALFORMED, "symbol %llu cannot be read", (unsigned long long)i);
		int visibility = ELF64_ST_VISIBILITY(symbol.st_other);
		if (symbol.st_shndx == SHN_UNDEF) {
			if (!check_undefined(f, name))
				return false;
		} else if (ELF64_ST_BIND(symbol.st_info) != STB_LOCAL && visibility != STV_HIDDEN &&
		           visibility != STV_INTERNAL) {
			if (strcmp(name, "hidet_plugin_query_v1") != 0)
				return refuse(f, PLUGIN_CODE_ELF_EXPORTS, "it exports '%.100s'", name);
			found = true;
		}
	}
	return found || refuse(f, PLUGIN_CODE_ELF_EXPORTS, "it does not export hidet_plugin_query_v1");
}

plugin_code elf_check(const unsigned char *bytes, size_t size, elf_fault *fault)
{
	elf_file f = {.bytes = bytes, .size = size, .fault = fault};
	*fault = (elf_fault){0};
	(void)(check_header(&f) && check_segments(&f) && walk_dynamic(&f, check_dynamic_entry) &&
	       walk_dynamic(&f, check_needed_entry) && check_symbols(&f));
	return fault->code;
}
