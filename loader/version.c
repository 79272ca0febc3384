/* version.c: versions of one to four numbers, and ranges of them as requirements write them. */
#include "loader/stages.h"
#include <string.h>

/* The longest version at `text`; NULL when there is none, else what follows it. */
static const char *scan(const char *text, plugin_version *out)
{
	*out = (plugin_version){{0}};
	for (int part = 0;; part++, text++) {
		if (part == VERSION_PARTS || *text < '0' || *text > '9')
			return NULL;
		for (; *text >= '0' && *text <= '9'; text++) {
			out->parts[part] = out->parts[part] * 10 + (*text - '0');
			if (out->parts[part] > 99999999)
				return NULL;
		}
		if (*text != '.')
			return text;
	}
}

bool version_parse(const char *text, plugin_version *out)
{
	const char *end = scan(text, out);
	return end && !*end;
}

int version_compare(const plugin_version *a, const plugin_version *b)
{
	for (int i = 0; i < VERSION_PARTS; i++)
		if (a->parts[i] != b->parts[i])
			return a->parts[i] < b->parts[i] ? -1 : 1;
	return 0;
}

static bool holds(const char *operator, size_t length, int order)
{
	static const struct {
		const char *text;
		bool less, equal, more;
	} operators[] = {
		{"=", false, true, false}, {"<", true, false, false}, {">", false, false, true},
		{"<=", true, true, false}, {">=", false, true, true},
	};
	for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
		if (strlen(operators[i].text) == length && !memcmp(operators[i].text, operator, length))
			return order < 0 ? operators[i].less : order > 0 ? operators[i].more : operators[i].equal;
	return false;
}

/* Walk over the comparisons. False when the text is no range, or when `v` is given and one of them does not hold. */
static bool check_range(const char *text, const plugin_version *v)
{
	bool all = true;
	for (;;) {
		text += strspn(text, " ,");
		if (!*text)
			return all;
		const char *operator= text;
		size_t length = strspn(text, "<>=");
		plugin_version bound;
		if (length == 0 || length > 2 || (length == 2 && (operator[0] == '=' || operator[1] != '=')))
			return false;
		text += length;
		text += strspn(text, " ");
		text = scan(text, &bound);
		if (!text || (*text && !strchr(" ,", *text)))
			return false;
		if (v && !holds(operator, length, version_compare(v, &bound)))
			all = false;
	}
}

bool version_is_range(const char *text)
{
	return check_range(text, NULL);
}

bool version_in_range(const plugin_version *v, const char *range)
{
	return check_range(range, v);
}
