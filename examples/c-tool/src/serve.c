#include "hoard.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

struct answer {
	int status;
	const char *type;
	struct buffer body;
};

static void say(struct answer *a, int status, const char *text) {
	a->status = status;
	a->type = "text/plain; charset=utf-8";
	buffer_printf(&a->body, "%s\n", text);
}

static int row(void *arg, const struct object *o) {
	struct buffer *b = arg;
	buffer_printf(b, "<tr><td><a href=\"/objects/%s\">%.12s</a></td><td>", o->hash, o->hash);
	buffer_html(b, o->name);
	buffer_puts(b, "</td><td>");
	buffer_html(b, o->type);
	buffer_printf(b, "</td><td>%lld</td></tr>\n", (long long)o->size);
	return 0;
}

/* index.html with {{rows}} and {{version}} filled in. */
static void front_page(struct store *s, struct answer *a) {
	struct buffer page = {0};
	if (share_file(&page, "index.html")) {
		say(a, 500, "no index.html");
		return;
	}
	a->status = 200;
	a->type = "text/html; charset=utf-8";
	const char *rest = page.data, *mark;
	while ((mark = strstr(rest, "{{"))) {
		buffer_add(&a->body, rest, (size_t)(mark - rest));
		if (!strncmp(mark, "{{rows}}", 8))
			store_each(s, row, &a->body);
		else if (!strncmp(mark, "{{version}}", 11))
			buffer_puts(&a->body, HOARD_VERSION);
		rest = strstr(mark, "}}");
		rest = rest ? rest + 2 : mark + strlen(mark);
	}
	buffer_puts(&a->body, rest);
	buffer_free(&page);
}

static int line(void *arg, const struct object *o) {
	buffer_printf(arg, "%s %lld %s %s\n", o->hash, (long long)o->size, o->type, o->name);
	return 0;
}

static void get_object(struct store *s, const char *hash, struct answer *a, struct object *o) {
	if (!digest_valid(hash) || store_get(s, hash, o, &a->body) != 1) {
		say(a, 404, "no such object");
		return;
	}
	a->status = 200;
	a->type = o->type;
}

static void post_object(struct store *s, const struct request *r, struct answer *a) {
	char hash[DIGEST_HEX];
	int n = store_add(s, *r->name ? r->name : "unnamed", r->body.data, r->body.len, hash);
	say(a, n < 0 ? 500 : n ? 201 : 200, n < 0 ? store_error(s) : hash);
}

static void handle(struct store *s, const struct request *r, struct answer *a, struct object *o) {
	int get = !strcmp(r->method, "GET"), post = !strcmp(r->method, "POST");
	if (post && !strcmp(r->path, "/objects")) {
		post_object(s, r, a);
	} else if (!get) {
		say(a, 405, "GET, or POST /objects");
	} else if (!strcmp(r->path, "/")) {
		front_page(s, a);
	} else if (!strcmp(r->path, "/healthz")) {
		say(a, store_count(s) < 0 ? 500 : 200, store_count(s) < 0 ? "broken" : "ok");
	} else if (!strcmp(r->path, "/version")) {
		say(a, 200, "hoard " HOARD_VERSION);
	} else if (!strcmp(r->path, "/trust")) {
		int n = fetch_trusted();
		say(a, n > 0 ? 200 : 500, n > 0 ? "certificate authorities found" : "no certificate authorities");
	} else if (!strcmp(r->path, "/objects")) {
		a->status = 200;
		a->type = "text/plain; charset=utf-8";
		store_each(s, line, &a->body);
	} else if (!strncmp(r->path, "/objects/", 9)) {
		get_object(s, r->path + 9, a, o);
	} else {
		say(a, 404, "no such page");
	}
}

static void converse(struct store *s, int fd) {
	struct timeval limit = {.tv_sec = 10};
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
	struct request r;
	struct answer a = {0};
	struct object o = {0};
	int refused = http_read(fd, &r);
	if (refused)
		say(&a, refused, "cannot read the request");
	else
		handle(s, &r, &a, &o);
	fprintf(stderr, "%s %s %d\n", *r.method ? r.method : "-", *r.path ? r.path : "-", a.status);
	http_write(fd, a.status, a.type, &a.body);
	object_free(&o);
	buffer_free(&r.body);
	buffer_free(&a.body);
}

static int listen_on(const char *host, int port) {
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	if (inet_pton(AF_INET, host, &address.sin_addr) != 1) {
		errno = EINVAL;
		return -1;
	}
	int fd = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
	if (bind(fd, (struct sockaddr *)&address, sizeof address) || listen(fd, 64)) {
		close(fd);
		return -1;
	}
	return fd;
}

int serve(struct store *s, const char *host, int port, volatile sig_atomic_t *stop) {
	int listener = listen_on(host, port);
	if (listener < 0) {
		fprintf(stderr, "hoard: listen on %s:%d: %s\n", host, port, strerror(errno));
		return -1;
	}
	fprintf(stderr, "listening on %s:%d\n", host, port);
	while (!*stop) {
		struct pollfd p = {.fd = listener, .events = POLLIN};
		if (poll(&p, 1, 250) <= 0)
			continue;
		int fd = accept(listener, NULL, NULL);
		if (fd < 0)
			continue;
		converse(s, fd);
		close(fd);
	}
	fputs("shutting down\n", stderr);
	close(listener);
	return 0;
}
