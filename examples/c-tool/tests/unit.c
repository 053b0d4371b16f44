#include "hoard.h"

#include <stdlib.h>
#include <string.h>

static int failures;

#define CHECK(cond) \
	do { \
		if (!(cond)) { \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond); \
			failures++; \
		} \
	} while (0)

static void test_digest(void) {
	char hex[DIGEST_HEX];
	CHECK(!digest_hex(hex, "abc", 3, NULL));
	CHECK(!strcmp(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
	/* RFC 4231, test case 2 */
	CHECK(!digest_hex(hex, "what do ya want for nothing?", 28, "Jefe"));
	CHECK(!strcmp(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"));
	CHECK(digest_valid(hex));
	CHECK(!digest_valid("BA78"));
	CHECK(!digest_valid("../../../../../../../../../../../../../../../../../../../etc/pass"));
}

static void test_seal(void) {
	struct buffer sealed = {0}, opened = {0};
	CHECK(!seal(&sealed, "secret", 6, "pass"));
	CHECK(!unseal(&opened, sealed.data, sealed.len, "pass"));
	CHECK(opened.len == 6 && !memcmp(opened.data, "secret", 6));
	CHECK(unseal(&opened, sealed.data, sealed.len, "wrong"));
	sealed.data[sealed.len - 1] ^= 1;
	CHECK(unseal(&opened, sealed.data, sealed.len, "pass"));
	CHECK(unseal(&opened, sealed.data, 10, "pass"));
	buffer_free(&sealed);
	buffer_free(&opened);
}

static void test_store(void) {
	struct store *s = store_open(":memory:", 1);
	CHECK(s != NULL);
	if (!s)
		return;
	char hash[DIGEST_HEX], again[DIGEST_HEX];
	CHECK(store_add(s, "a.txt", "hello", 5, hash) == 1);
	CHECK(store_add(s, "b.txt", "hello", 5, again) == 0);
	CHECK(!strcmp(hash, again));
	CHECK(store_add(s, "empty", NULL, 0, again) == 1);
	struct object o = {0};
	struct buffer content = {0};
	CHECK(store_get(s, hash, &o, &content) == 1);
	CHECK(content.len == 5 && o.size == 5 && !strcmp(o.type, "text/plain") && !strcmp(o.name, "a.txt"));
	object_free(&o);
	CHECK(store_count(s) == 2);
	CHECK(store_verify(s, stderr) == 0);
	CHECK(store_remove(s, hash) == 1);
	CHECK(store_remove(s, hash) == 0);
	CHECK(store_get(s, hash, &o, &content) == 0);
	buffer_free(&content);
	store_close(s);
}

static void test_html(void) {
	struct buffer b = {0};
	buffer_html(&b, "<a href=\"x\">&</a>");
	CHECK(!strcmp(b.data, "&lt;a href=&quot;x&quot;&gt;&amp;&lt;/a&gt;"));
	buffer_free(&b);
}

int main(void) {
	test_digest();
	test_seal();
	test_store();
	test_html();
	return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
