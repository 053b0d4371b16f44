#include "hoard.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static void reserve(struct buffer *b, size_t more) {
	if (b->len + more + 1 <= b->cap)
		return;
	size_t cap = b->cap ? b->cap : 256;
	while (cap < b->len + more + 1)
		cap *= 2;
	char *data = realloc(b->data, cap);
	if (!data) {
		fputs("hoard: out of memory\n", stderr);
		exit(3);
	}
	b->data = data;
	b->cap = cap;
}

void buffer_add(struct buffer *b, const void *data, size_t len) {
	reserve(b, len);
	if (len)
		memcpy(b->data + b->len, data, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void buffer_puts(struct buffer *b, const char *text) {
	buffer_add(b, text, strlen(text));
}

void buffer_printf(struct buffer *b, const char *format, ...) {
	va_list args, again;
	va_start(args, format);
	va_copy(again, args);
	int n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (n > 0) {
		reserve(b, (size_t)n);
		vsnprintf(b->data + b->len, (size_t)n + 1, format, again);
		b->len += (size_t)n;
	}
	va_end(again);
}

void buffer_html(struct buffer *b, const char *text) {
	for (; *text; text++) {
		switch (*text) {
		case '&': buffer_puts(b, "&amp;"); break;
		case '<': buffer_puts(b, "&lt;"); break;
		case '>': buffer_puts(b, "&gt;"); break;
		case '"': buffer_puts(b, "&quot;"); break;
		default: buffer_add(b, text, 1);
		}
	}
}

int buffer_read(struct buffer *b, FILE *f) {
	char block[65536];
	size_t n;
	while ((n = fread(block, 1, sizeof block, f)) > 0)
		buffer_add(b, block, n);
	buffer_add(b, "", 0);
	return ferror(f) ? -1 : 0;
}

int buffer_file(struct buffer *b, const char *path) {
	FILE *f = fopen(path, "rb");
	if (!f)
		return -1;
	int err = buffer_read(b, f);
	fclose(f);
	return err;
}

void buffer_free(struct buffer *b) {
	free(b->data);
	memset(b, 0, sizeof *b);
}
