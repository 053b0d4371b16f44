#include "hoard.h"

#include <curl/curl.h>
#include <openssl/x509.h>
#include <string.h>

enum { MAX_BODY = 64 << 20 };

static size_t collect(char *data, size_t size, size_t n, void *arg) {
	struct buffer *b = arg;
	if (b->len + size * n > MAX_BODY)
		return 0;
	buffer_add(b, data, size * n);
	return size * n;
}

int fetch(const char *url, struct buffer *b, char *message, size_t len) {
	CURL *c = curl_easy_init();
	if (!c) {
		snprintf(message, len, "libcurl does not start");
		return -1;
	}
	char detail[CURL_ERROR_SIZE] = "";
	curl_easy_setopt(c, CURLOPT_URL, url);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, collect);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, b);
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, detail);
	curl_easy_setopt(c, CURLOPT_FAILONERROR, 1L);
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 1L);
	curl_easy_setopt(c, CURLOPT_MAXREDIRS, 5L);
	curl_easy_setopt(c, CURLOPT_TIMEOUT, 60L);
	curl_easy_setopt(c, CURLOPT_USERAGENT, "hoard/" HOARD_VERSION);
	CURLcode rc = curl_easy_perform(c);
	if (rc != CURLE_OK)
		snprintf(message, len, "%s", *detail ? detail : curl_easy_strerror(rc));
	curl_easy_cleanup(c);
	return rc == CURLE_OK ? 0 : -1;
}

/* The bundle that this libcurl was built to use. */
static const char *bundle(void) {
	const curl_version_info_data *v = curl_version_info(CURLVERSION_NOW);
#if LIBCURL_VERSION_NUM >= 0x074600
	if (v->age >= CURLVERSION_SEVENTH && v->cainfo)
		return v->cainfo;
#else
	(void)v;
#endif
	return "/etc/ssl/certs/ca-certificates.crt";
}

int fetch_trusted(void) {
	X509_STORE *trusted = X509_STORE_new();
	if (!trusted)
		return -1;
	int n = -1;
	if (X509_STORE_load_locations(trusted, bundle(), NULL) == 1)
		n = sk_X509_OBJECT_num(X509_STORE_get0_objects(trusted));
	X509_STORE_free(trusted);
	return n;
}
