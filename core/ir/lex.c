/* lex.c: text into tokens, and faults with the line and a caret. */
#include "ir/lex.h"
#include "ir/number.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN_COLUMNS = 100 }; /* of the line in a fault */

/* Longer ones first. */
static const char *const punctuations[] = {
	"//=", "<<=", ">>=", "->", "=>", "..", "//", "<<", "<=", ">>", ">=", "==", "!=", "&&", "||", "+=",
	"-=",  "*=",  "/=",  "%=", "&=", "|=", "^=", ".",  "(",  ")",  "[",  "]",  "{",  "}",  ",",  ":",
	";",   "=",   "+",   "-",  "*",  "/",  "%",  "<",  ">",  "!",  "&",  "|",  "^",  "~",  "?",  NULL,
};

/* ---- faults ---- */

/* The part of the line around the column that fits, without control characters. Returns where the column is in it. */
static int show_line(const token *where, char shown[SHOWN_COLUMNS + 1])
{
	const char *line = where->start - (where->column - 1);
	int first = where->column - 1 > SHOWN_COLUMNS * 3 / 4 ? where->column - 1 - SHOWN_COLUMNS / 2 : 0;
	int count = 0;
	for (const char *c = line + first; count < SHOWN_COLUMNS && *c && *c != '\n'; c++)
		shown[count++] = iscntrl((unsigned char)*c) ? ' ' : *c;
	shown[count] = '\0';
	return where->column - 1 - first;
}

static hdt_status fail_at(parser *p, const token *where, const char *format, va_list args)
{
	char shown[SHOWN_COLUMNS + 1];
	if (!p->failed) {
		int caret = show_line(where, shown);
		const char *message = context_vformat(p->context, format, args);
		hdt_fail(p->context, HDT_BAD_MODEL, "%s:%d:%d: %s\n  %s\n  %*s^", p->file, where->line, where->column, message,
		         shown, caret, "");
	}
	p->failed = true;
	p->now.kind = TOKEN_END;
	p->now.text = "";
	return HDT_BAD_MODEL;
}

hdt_status parser_fail(parser *p, const char *format, ...)
{
	token where = p->now;
	va_list args;
	va_start(args, format);
	hdt_status status = fail_at(p, &where, format, args);
	va_end(args);
	return status;
}

hdt_status parser_fail_at(parser *p, const token *where, const char *format, ...)
{
	token at = *where;
	va_list args;
	va_start(args, format);
	hdt_status status = fail_at(p, &at, format, args);
	va_end(args);
	return status;
}

void parser_refuse(parser *p, const token *where, const char *otherwise)
{
	const char *reason = p->context->message;
	if (p->failed)
		return;
	if (p->had_fault || p->context->status == HDT_OUT_OF_MEMORY || p->context->status == HDT_OK)
		reason = otherwise;
	else
		context_clear_fault(p->context);
	parser_fail_at(p, where, "%s", reason);
}

/* ---- tokens ---- */

static void skip_blanks(parser *p)
{
	for (;; p->at++) {
		if (*p->at == '#')
			p->at += strcspn(p->at, "\n");
		if (*p->at == '\n') {
			p->line++;
			p->line_start = p->at + 1;
		} else if (*p->at != ' ' && *p->at != '\t' && *p->at != '\r') {
			return;
		}
	}
}

static bool is_name_part(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* The end of the name at `at`: a point belongs to it when a letter, digit or _ follows. */
static const char *name_end(const char *at)
{
	while (is_name_part(*at) || (*at == '.' && is_name_part(at[1])))
		at++;
	return at;
}

static const char *intern_bytes(parser *p, const char *from, size_t length)
{
	char small[128];
	if (length >= sizeof small) {
		char *copy = hdt_allocate(p->context, length + 1);
		return copy ? hdt_intern(p->context, memcpy(copy, from, length)) : NULL;
	}
	memcpy(small, from, length);
	small[length] = '\0';
	return hdt_intern(p->context, small);
}

static void take(parser *p, token_kind kind, const char *from, const char *end)
{
	p->now.kind = kind;
	p->now.text = intern_bytes(p, from, (size_t)(end - from));
	p->at = end;
	if (!p->now.text)
		parser_fail(p, "out of memory");
}

static const char *skip_digits(const char *at)
{
	while (isdigit((unsigned char)*at))
		at++;
	return at;
}

static bool parse_integer(const char *from, const char *end, int64_t *out)
{
	*out = 0;
	for (; from < end; from++)
		if (__builtin_mul_overflow(*out, 10, out) || __builtin_add_overflow(*out, *from - '0', out))
			return false;
	return true;
}

static void lex_number(parser *p)
{
	const char *from = p->at, *end = skip_digits(from);
	bool real = false;
	if (*end == '.' && isdigit((unsigned char)end[1])) {
		end = skip_digits(end + 1);
		real = true;
	}
	if (*end == 'e' || *end == 'E') {
		const char *exponent = end + 1 + (end[1] == '+' || end[1] == '-');
		if (isdigit((unsigned char)*exponent)) {
			end = skip_digits(exponent);
			real = true;
		}
	}
	take(p, real ? TOKEN_FLOAT : TOKEN_INTEGER, from, end);
	if (is_name_part(*end))
		parser_fail(p, "a number is followed by '%c'", *end);
	else if (real && !number_parse(from, (size_t)(end - from), &p->now.real))
		parser_fail(p, "this number has too many digits");
	else if (!real && !parse_integer(from, end, &p->now.integer))
		parser_fail(p, "this integer does not fit 64 bits");
}

static int hex_digit(char c)
{
	return isdigit((unsigned char)c) ? c - '0'
	       : c >= 'a' && c <= 'f'    ? c - 'a' + 10
	       : c >= 'A' && c <= 'F'    ? c - 'A' + 10
	                                 : -1;
}

/* The character of the escape sequence behind a backslash at `*at`, which is moved on; 0 when there is none such. */
static char unescape(const char **at)
{
	char c = *(*at)++;
	switch (c) {
	case '"':
	case '\\':
		return c;
	case 'n':
		return '\n';
	case 't':
		return '\t';
	case 'x': {
		int high = hex_digit((*at)[0]), low = high < 0 ? -1 : hex_digit((*at)[1]);
		if (low < 0)
			return 0;
		*at += 2;
		return (char)(high * 16 + low);
	}
	default:
		return 0;
	}
}

static void lex_string(parser *p)
{
	text unescaped = {0};
	const char *at = p->at + 1;
	while (*at != '"') {
		if (*at == '\0' || *at == '\n') {
			parser_fail(p, "this string has no closing quote on its line");
			break;
		}
		char c = *at++;
		if (c == '\\' && (*at == '\0' || !(c = unescape(&at)))) {
			parser_fail(p, "a string has an unknown escape: there are \\\" \\\\ \\n \\t and \\xHH");
			break;
		}
		text_add_bytes(&unescaped, &c, 1);
	}
	const char *string = p->failed ? NULL : text_finish(&unescaped, p->context);
	text_free(&unescaped);
	if (p->failed)
		return;
	p->now.kind = TOKEN_STRING;
	p->now.text = string ? hdt_intern(p->context, string) : NULL;
	p->at = at + 1;
	if (!p->now.text)
		parser_fail(p, "out of memory");
}

static void lex_punctuation(parser *p)
{
	for (int i = 0; punctuations[i]; i++) {
		size_t length = strlen(punctuations[i]);
		if (!strncmp(p->at, punctuations[i], length)) {
			p->now.kind = TOKEN_PUNCTUATION;
			p->now.text = punctuations[i];
			p->at += length;
			return;
		}
	}
	if (isprint((unsigned char)*p->at))
		parser_fail(p, "'%c' means nothing here", *p->at);
	else
		parser_fail(p, "the byte 0x%02x means nothing here", (unsigned char)*p->at);
}

/* %x is a value, but behind an operand % is the remainder: v%3. */
static bool begins_sigil_name(const parser *p)
{
	char before = p->at > p->source ? p->at[-1] : ' ';
	bool operand = is_name_part(before) || before == ')' || before == ']';
	return (*p->at == '@' || (*p->at == '%' && !operand)) && is_name_part(p->at[1]);
}

void parser_next(parser *p)
{
	if (p->failed)
		return;
	skip_blanks(p);
	p->now = (token){
		.kind = TOKEN_END, .text = "", .line = p->line, .column = (int)(p->at - p->line_start) + 1, .start = p->at};
	char c = *p->at;
	if (c == '\0')
		return;
	if (isalpha((unsigned char)c) || c == '_')
		take(p, TOKEN_NAME, p->at, name_end(p->at));
	else if (isdigit((unsigned char)c))
		lex_number(p);
	else if (c == '"')
		lex_string(p);
	else if (begins_sigil_name(p))
		take(p, c == '%' ? TOKEN_VALUE : TOKEN_SYMBOL_NAME, p->at + 1, name_end(p->at + 1));
	else
		lex_punctuation(p);
}

void parser_init(parser *p, hdt_context *context, const char *file, const char *source)
{
	*p = (parser){.context = context,
	              .file = file,
	              .source = source,
	              .at = source,
	              .line = 1,
	              .line_start = source,
	              .had_fault = hdt_context_status(context) != HDT_OK};
	parser_next(p);
}

bool parser_is(const parser *p, const char *punctuation_or_name)
{
	return (p->now.kind == TOKEN_PUNCTUATION || p->now.kind == TOKEN_NAME) && !strcmp(p->now.text, punctuation_or_name);
}

bool parser_accept(parser *p, const char *punctuation_or_name)
{
	if (!parser_is(p, punctuation_or_name))
		return false;
	parser_next(p);
	return true;
}

bool parser_seek_where(parser *p)
{
	while (p->now.kind != TOKEN_END && !parser_is(p, "{") && !parser_is(p, "where"))
		parser_next(p);
	return parser_accept(p, "where");
}

bool parser_expect(parser *p, const char *punctuation_or_name, const char *where)
{
	if (parser_accept(p, punctuation_or_name))
		return true;
	parser_fail(p, "expected '%s' %s", punctuation_or_name, where);
	return false;
}
