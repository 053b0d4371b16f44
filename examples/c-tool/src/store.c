#include "hoard.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

struct store {
	sqlite3 *db;
};

static sqlite3_stmt *prepare(struct store *s, const char *sql) {
	sqlite3_stmt *stmt = NULL;
	sqlite3_prepare_v2(s->db, sql, -1, &stmt, NULL);
	return stmt;
}

static int create_schema(struct store *s) {
	struct buffer sql = {0};
	if (share_file(&sql, "schema.sql"))
		return -1;
	int err = sqlite3_exec(s->db, sql.data, NULL, NULL, NULL);
	buffer_free(&sql);
	return err == SQLITE_OK ? 0 : -1;
}

struct store *store_open(const char *path, int create) {
	struct store *s = calloc(1, sizeof *s);
	if (!s)
		return NULL;
	int flags = SQLITE_OPEN_READWRITE | (create ? SQLITE_OPEN_CREATE : 0);
	if (sqlite3_open_v2(path, &s->db, flags, NULL) != SQLITE_OK || mime_load() || (create && create_schema(s))) {
		fprintf(stderr, "hoard: %s: %s\n", path, sqlite3_errmsg(s->db));
		store_close(s);
		return NULL;
	}
	sqlite3_busy_timeout(s->db, 5000);
	return s;
}

void store_close(struct store *s) {
	if (!s)
		return;
	sqlite3_close(s->db);
	mime_free();
	free(s);
}

const char *store_error(struct store *s) {
	return sqlite3_errmsg(s->db);
}

int store_add(struct store *s, const char *name, const void *data, size_t len, char hash[DIGEST_HEX]) {
	if (digest_hex(hash, data, len, NULL))
		return -1;
	sqlite3_stmt *q = prepare(s, "INSERT INTO objects (hash, name, type, size, content) VALUES (?, ?, ?, ?, ?) "
		"ON CONFLICT (hash) DO NOTHING");
	if (!q)
		return -1;
	sqlite3_bind_text(q, 1, hash, -1, SQLITE_STATIC);
	sqlite3_bind_text(q, 2, name, -1, SQLITE_STATIC);
	sqlite3_bind_text(q, 3, mime_of(name), -1, SQLITE_TRANSIENT);
	sqlite3_bind_int64(q, 4, (sqlite3_int64)len);
	sqlite3_bind_blob64(q, 5, len ? data : "", len, SQLITE_STATIC);
	int rc = sqlite3_step(q);
	sqlite3_finalize(q);
	return rc == SQLITE_DONE ? sqlite3_changes(s->db) : -1;
}

static char *column(sqlite3_stmt *q, int i) {
	const char *text = (const char *)sqlite3_column_text(q, i);
	return strdup(text ? text : "");
}

static void read_object(sqlite3_stmt *q, struct object *o) {
	snprintf(o->hash, sizeof o->hash, "%s", (const char *)sqlite3_column_text(q, 0));
	o->name = column(q, 1);
	o->type = column(q, 2);
	o->size = sqlite3_column_int64(q, 3);
}

void object_free(struct object *o) {
	free(o->name);
	free(o->type);
	memset(o, 0, sizeof *o);
}

int store_get(struct store *s, const char *hash, struct object *o, struct buffer *content) {
	sqlite3_stmt *q = prepare(s, "SELECT hash, name, type, size, content FROM objects WHERE hash = ?");
	if (!q)
		return -1;
	sqlite3_bind_text(q, 1, hash, -1, SQLITE_STATIC);
	int rc = sqlite3_step(q);
	if (rc == SQLITE_ROW) {
		read_object(q, o);
		buffer_add(content, sqlite3_column_blob(q, 4), (size_t)sqlite3_column_bytes(q, 4));
	}
	sqlite3_finalize(q);
	return rc == SQLITE_ROW ? 1 : rc == SQLITE_DONE ? 0 : -1;
}

int store_remove(struct store *s, const char *hash) {
	sqlite3_stmt *q = prepare(s, "DELETE FROM objects WHERE hash = ?");
	if (!q)
		return -1;
	sqlite3_bind_text(q, 1, hash, -1, SQLITE_STATIC);
	int rc = sqlite3_step(q);
	sqlite3_finalize(q);
	return rc == SQLITE_DONE ? sqlite3_changes(s->db) : -1;
}

int store_each(struct store *s, int (*visit)(void *arg, const struct object *o), void *arg) {
	sqlite3_stmt *q = prepare(s, "SELECT hash, name, type, size FROM objects ORDER BY name, hash");
	if (!q)
		return -1;
	int rc, stop = 0;
	while (!stop && (rc = sqlite3_step(q)) == SQLITE_ROW) {
		struct object o = {0};
		read_object(q, &o);
		stop = visit(arg, &o);
		object_free(&o);
	}
	sqlite3_finalize(q);
	return stop || rc == SQLITE_DONE ? 0 : -1;
}

int store_verify(struct store *s, FILE *report) {
	sqlite3_stmt *q = prepare(s, "SELECT hash, name, content FROM objects ORDER BY name, hash");
	if (!q)
		return -1;
	int rc, bad = 0;
	while ((rc = sqlite3_step(q)) == SQLITE_ROW) {
		char now[DIGEST_HEX] = "";
		digest_hex(now, sqlite3_column_blob(q, 2), (size_t)sqlite3_column_bytes(q, 2), NULL);
		if (strcmp(now, (const char *)sqlite3_column_text(q, 0))) {
			fprintf(report, "damaged: %s\n", sqlite3_column_text(q, 1));
			bad++;
		}
	}
	sqlite3_finalize(q);
	return rc == SQLITE_DONE ? bad : -1;
}

int64_t store_count(struct store *s) {
	sqlite3_stmt *q = prepare(s, "SELECT count(*) FROM objects");
	int64_t n = q && sqlite3_step(q) == SQLITE_ROW ? sqlite3_column_int64(q, 0) : -1;
	sqlite3_finalize(q);
	return n;
}
