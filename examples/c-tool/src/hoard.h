/* hoard keeps files by the SHA-256 of their contents in one SQLite database. */
#ifndef HOARD_H
#define HOARD_H

#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* A growing string of bytes, always followed by a NUL. */
struct buffer {
	char *data;
	size_t len, cap;
};

void buffer_add(struct buffer *b, const void *data, size_t len);
void buffer_puts(struct buffer *b, const char *text);
void buffer_printf(struct buffer *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buffer_html(struct buffer *b, const char *text);
int buffer_read(struct buffer *b, FILE *f);
int buffer_file(struct buffer *b, const char *path);
void buffer_free(struct buffer *b);

#define DIGEST_LEN 32
#define DIGEST_HEX (2 * DIGEST_LEN + 1)

/* Hex SHA-256, or with a key the HMAC. 0, or -1 when OpenSSL fails. */
int digest_hex(char out[DIGEST_HEX], const void *data, size_t len, const char *key);
int digest_valid(const char *hex);

/* AES-256-GCM under a key that scrypt derives from a passphrase. 0 or -1. */
int seal(struct buffer *out, const void *data, size_t len, const char *passphrase);
int unseal(struct buffer *out, const void *data, size_t len, const char *passphrase);

/* Where schema.sql, mime.types and index.html are; HOARD_SHARE wins. */
const char *share_dir(void);
int share_file(struct buffer *b, const char *name);

/* The media type of a name by its ending, from mime.types. Never NULL. */
int mime_load(void);
const char *mime_of(const char *name);
void mime_free(void);

struct object {
	char hash[DIGEST_HEX];
	char *name;
	char *type;
	int64_t size;
};

struct store;
struct store *store_open(const char *path, int create);
void store_close(struct store *s);
const char *store_error(struct store *s);
/* 1 when stored, 0 when it was there already, -1 on failure. */
int store_add(struct store *s, const char *name, const void *data, size_t len, char hash[DIGEST_HEX]);
/* 1 when found, 0 when not, -1 on failure. */
int store_get(struct store *s, const char *hash, struct object *o, struct buffer *content);
int store_remove(struct store *s, const char *hash);
int store_each(struct store *s, int (*visit)(void *arg, const struct object *o), void *arg);
/* The number of objects whose contents are not what their hash says, or -1. */
int store_verify(struct store *s, FILE *report);
int64_t store_count(struct store *s);
void object_free(struct object *o);

/* Fetches a URL into b. 0, or -1 with a message. */
int fetch(const char *url, struct buffer *b, char *message, size_t len);
/* The number of certificate authorities that fetch would trust, or -1. */
int fetch_trusted(void);

struct request {
	char method[8];
	char path[512];
	char name[256]; /* X-Name, "" without */
	struct buffer body;
};

/* Reads one request from a socket; an HTTP status on refusal, else 0. */
int http_read(int fd, struct request *r);
int http_write(int fd, int status, const char *type, const struct buffer *body);

/* Serves until *stop is set. */
int serve(struct store *s, const char *host, int port, volatile sig_atomic_t *stop);

#endif
