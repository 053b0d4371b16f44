#include "hoard.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
	"usage: hoard COMMAND [ARGUMENT…]\n"
	"\n"
	"  init                    create the database\n"
	"  add FILE|-              store a file, print its hash\n"
	"  fetch URL               store what a URL gives, print its hash\n"
	"  list                    hash, size, type and name of every object\n"
	"  show HASH               write an object's contents\n"
	"  remove HASH             forget an object\n"
	"  verify                  compare every object with its hash\n"
	"  digest [-k KEY] FILE|-  SHA-256, with a key the HMAC\n"
	"  seal | unseal           encrypt or decrypt stdin under HOARD_PASSPHRASE\n"
	"  trust                   tell whether servers can be verified from here\n"
	"  serve [-p PORT]         HTTP on 0.0.0.0 (port 8090)\n"
	"\n"
	"The database is $HOARD_DB (hoard.db). Exit codes: 0 done, 1 failed, 2 usage.\n";

static volatile sig_atomic_t stop;

static void on_signal(int number) {
	(void)number;
	stop = 1;
}

static const char *database(void) {
	const char *path = getenv("HOARD_DB");
	return path && *path ? path : "hoard.db";
}

static int fail(const char *what, const char *why) {
	fprintf(stderr, "hoard: %s: %s\n", what, why);
	return 1;
}

static int read_input(const char *path, struct buffer *b) {
	int err = strcmp(path, "-") ? buffer_file(b, path) : buffer_read(b, stdin);
	if (err)
		fprintf(stderr, "hoard: %s: %s\n", path, strerror(errno));
	return err;
}

static const char *base_name(const char *path) {
	const char *slash = strrchr(path, '/');
	return slash && slash[1] ? slash + 1 : path;
}

static int keep(struct store *s, const char *name, const struct buffer *b) {
	char hash[DIGEST_HEX];
	if (store_add(s, name, b->data, b->len, hash) < 0)
		return fail(name, store_error(s));
	puts(hash);
	return 0;
}

static int cmd_add(struct store *s, const char *path) {
	struct buffer b = {0};
	int code = read_input(path, &b) ? 1 : keep(s, strcmp(path, "-") ? base_name(path) : "stdin", &b);
	buffer_free(&b);
	return code;
}

static int cmd_fetch(struct store *s, const char *url) {
	struct buffer b = {0};
	char message[512];
	int code = fetch(url, &b, message, sizeof message) ? fail(url, message) : keep(s, base_name(url), &b);
	buffer_free(&b);
	return code;
}

static int print(void *arg, const struct object *o) {
	fprintf(arg, "%s %8lld %-26s %s\n", o->hash, (long long)o->size, o->type, o->name);
	return 0;
}

static int cmd_list(struct store *s, const char *unused) {
	(void)unused;
	return store_each(s, print, stdout) ? fail("list", store_error(s)) : 0;
}

static int cmd_show(struct store *s, const char *hash) {
	struct object o = {0};
	struct buffer b = {0};
	int n = digest_valid(hash) ? store_get(s, hash, &o, &b) : 0;
	if (n == 1)
		fwrite(b.data, 1, b.len, stdout);
	object_free(&o);
	buffer_free(&b);
	return n == 1 ? 0 : fail(hash, n ? store_error(s) : "no such object");
}

static int cmd_remove(struct store *s, const char *hash) {
	int n = store_remove(s, hash);
	return n == 1 ? 0 : fail(hash, n ? store_error(s) : "no such object");
}

static int cmd_verify(struct store *s, const char *unused) {
	(void)unused;
	int bad = store_verify(s, stdout);
	if (bad < 0)
		return fail("verify", store_error(s));
	printf("%lld objects, %d damaged\n", (long long)store_count(s), bad);
	return bad ? 1 : 0;
}

static int cmd_init(struct store *s, const char *unused) {
	(void)s;
	(void)unused;
	printf("%s\n", database());
	return 0;
}

static int cmd_digest(int argc, char **argv) {
	const char *key = NULL;
	if (argc == 3 && !strcmp(argv[0], "-k")) {
		key = argv[1];
		argv += 2;
		argc -= 2;
	}
	if (argc != 1)
		return fputs(usage, stderr), 2;
	struct buffer b = {0};
	char hash[DIGEST_HEX];
	int code = 1;
	if (!read_input(argv[0], &b)) {
		code = digest_hex(hash, b.data, b.len, key) ? fail("digest", "OpenSSL failed") : 0;
		if (!code)
			printf("%s  %s\n", hash, argv[0]);
	}
	buffer_free(&b);
	return code;
}

static int cmd_seal(int (*work)(struct buffer *, const void *, size_t, const char *)) {
	const char *passphrase = getenv("HOARD_PASSPHRASE");
	if (!passphrase || !*passphrase)
		return fail("seal", "HOARD_PASSPHRASE is not set");
	struct buffer in = {0}, out = {0};
	int code = buffer_read(&in, stdin) || work(&out, in.data, in.len, passphrase)
		? fail("seal", "wrong passphrase or damaged data") : 0;
	if (!code)
		fwrite(out.data, 1, out.len, stdout);
	buffer_free(&in);
	buffer_free(&out);
	return code;
}

static int cmd_trust(void) {
	if (fetch_trusted() <= 0)
		return fail("trust", "no certificate authorities; HTTPS will fail");
	puts("certificate authorities found");
	return 0;
}

static int cmd_serve(int argc, char **argv) {
	int port = 8090;
	if (argc == 2 && !strcmp(argv[0], "-p"))
		port = atoi(argv[1]);
	else if (argc)
		return fputs(usage, stderr), 2;
	struct sigaction action = {.sa_handler = on_signal};
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	struct store *s = store_open(database(), 1);
	if (!s)
		return 1;
	int err = serve(s, "0.0.0.0", port, &stop);
	store_close(s);
	return err ? 1 : 0;
}

/* Commands on the database and how many arguments they take. */
static const struct command {
	const char *name;
	int args, create;
	int (*run)(struct store *s, const char *arg);
} commands[] = {
	{"init", 0, 1, cmd_init}, {"add", 1, 0, cmd_add}, {"fetch", 1, 0, cmd_fetch},
	{"list", 0, 0, cmd_list}, {"show", 1, 0, cmd_show}, {"remove", 1, 0, cmd_remove},
	{"verify", 0, 0, cmd_verify},
};

static int on_database(int argc, char **argv) {
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		const struct command *c = &commands[i];
		if (strcmp(argv[0], c->name) || argc - 1 != c->args)
			continue;
		struct store *s = store_open(database(), c->create);
		if (!s)
			return 1;
		int code = c->run(s, argv[1]);
		store_close(s);
		return code;
	}
	fputs(usage, stderr);
	return 2;
}

static int dispatch(int argc, char **argv) {
	if (argc < 1)
		return fputs(usage, stderr), 2;
	if (!strcmp(argv[0], "--help") || !strcmp(argv[0], "help"))
		return fputs(usage, stdout), 0;
	if (!strcmp(argv[0], "--version"))
		return puts("hoard " HOARD_VERSION), 0;
	if (!strcmp(argv[0], "digest"))
		return cmd_digest(argc - 1, argv + 1);
	if (!strcmp(argv[0], "seal") && argc == 1)
		return cmd_seal(seal);
	if (!strcmp(argv[0], "unseal") && argc == 1)
		return cmd_seal(unseal);
	if (!strcmp(argv[0], "trust") && argc == 1)
		return cmd_trust();
	if (!strcmp(argv[0], "serve"))
		return cmd_serve(argc - 1, argv + 1);
	return on_database(argc, argv);
}

int main(int argc, char **argv) {
	curl_global_init(CURL_GLOBAL_DEFAULT);
	int code = dispatch(argc - 1, argv + 1);
	curl_global_cleanup();
	return fflush(stdout) ? 1 : code;
}
