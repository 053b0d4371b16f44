#include "hoard.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { MAX_HEAD = 16 << 10, MAX_REQUEST = 8 << 20 };

static int more(int fd, struct buffer *b) {
	char block[8192];
	ssize_t n;
	do
		n = read(fd, block, sizeof block);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		buffer_add(b, block, (size_t)n);
	return n > 0 ? 0 : -1;
}

/* The value of a header in a NUL-terminated head, copied into out. */
static int header(const char *head, const char *name, char *out, size_t len) {
	size_t n = strlen(name);
	for (const char *line = strstr(head, "\r\n"); line; line = strstr(line, "\r\n")) {
		line += 2;
		if (strncasecmp(line, name, n) || line[n] != ':')
			continue;
		line += n + 1;
		line += strspn(line, " \t");
		snprintf(out, len, "%.*s", (int)strcspn(line, "\r\n"), line);
		return 1;
	}
	return 0;
}

int http_read(int fd, struct request *r) {
	struct buffer in = {0};
	char *end = NULL;
	int status = 0;
	memset(r, 0, sizeof *r);
	while (!status && !(in.data && (end = strstr(in.data, "\r\n\r\n")))) {
		if (in.len > MAX_HEAD)
			status = 431;
		else if (more(fd, &in))
			status = 400;
	}
	if (!status) {
		size_t body = (size_t)(end - in.data) + 4;
		end[2] = '\0';
		char length[24] = "0";
		header(in.data, "Content-Length", length, sizeof length);
		header(in.data, "X-Name", r->name, sizeof r->name);
		long want = strtol(length, NULL, 10);
		if (sscanf(in.data, "%7s %511s HTTP/1.", r->method, r->path) != 2 || want < 0)
			status = 400;
		else if (want > MAX_REQUEST)
			status = 413;
		while (!status && in.len - body < (size_t)want)
			if (more(fd, &in))
				status = 400;
		if (!status)
			buffer_add(&r->body, in.data + body, (size_t)want);
	}
	buffer_free(&in);
	return status;
}

static const char *reason(int status) {
	switch (status) {
	case 200: return "OK";
	case 201: return "Created";
	case 400: return "Bad Request";
	case 404: return "Not Found";
	case 405: return "Method Not Allowed";
	case 413: return "Content Too Large";
	case 431: return "Request Header Fields Too Large";
	}
	return "Internal Server Error";
}

int http_write(int fd, int status, const char *type, const struct buffer *body) {
	struct buffer out = {0};
	buffer_printf(&out, "HTTP/1.1 %d %s\r\nServer: hoard/%s\r\nContent-Type: %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
		status, reason(status), HOARD_VERSION, type, body->len);
	buffer_add(&out, body->data, body->len);
	size_t done = 0;
	while (done < out.len) {
		ssize_t n = write(fd, out.data + done, out.len - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	int err = done == out.len ? 0 : -1;
	buffer_free(&out);
	return err;
}
