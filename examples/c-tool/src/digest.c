#include "hoard.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

int digest_hex(char out[DIGEST_HEX], const void *data, size_t len, const char *key) {
	unsigned char sum[EVP_MAX_MD_SIZE];
	unsigned int n = 0;
	if (key) {
		if (!HMAC(EVP_sha256(), key, (int)strlen(key), data, len, sum, &n))
			return -1;
	} else if (EVP_Digest(data, len, sum, &n, EVP_sha256(), NULL) != 1) {
		return -1;
	}
	for (unsigned int i = 0; i < n; i++)
		snprintf(out + 2 * i, 3, "%02x", sum[i]);
	return 0;
}

int digest_valid(const char *hex) {
	return strlen(hex) == DIGEST_HEX - 1 && strspn(hex, "0123456789abcdef") == DIGEST_HEX - 1;
}
