#include "hoard.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *share_dir(void) {
	const char *dir = getenv("HOARD_SHARE");
	return dir && *dir ? dir : HOARD_SHARE;
}

int share_file(struct buffer *b, const char *name) {
	struct buffer path = {0};
	buffer_printf(&path, "%s/%s", share_dir(), name);
	int err = buffer_file(b, path.data);
	if (err)
		fprintf(stderr, "hoard: cannot read %s\n", path.data);
	buffer_free(&path);
	return err;
}

static struct buffer table; /* "type ending ending…" lines */

int mime_load(void) {
	return table.data ? 0 : share_file(&table, "mime.types");
}

void mime_free(void) {
	buffer_free(&table);
}

const char *mime_of(const char *name) {
	static char type[128];
	const char *dot = strrchr(name, '.');
	if (!dot || !table.data)
		return "application/octet-stream";
	struct buffer copy = {0};
	buffer_puts(&copy, table.data);
	const char *found = "application/octet-stream";
	char *lines = NULL, *words = NULL;
	for (char *line = strtok_r(copy.data, "\n", &lines); line; line = strtok_r(NULL, "\n", &lines)) {
		char *first = strtok_r(line, " \t", &words);
		if (!first || *first == '#')
			continue;
		for (char *word; (word = strtok_r(NULL, " \t", &words));) {
			if (strcasecmp(word, dot + 1) == 0) {
				snprintf(type, sizeof type, "%s", first);
				found = type;
			}
		}
	}
	buffer_free(&copy);
	return found;
}
