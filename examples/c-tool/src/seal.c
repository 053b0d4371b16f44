#include "hoard.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <string.h>

/* magic, salt, nonce, tag, ciphertext */
enum { MAGIC = 8, SALT = 16, NONCE = 12, TAG = 16, HEAD = MAGIC + SALT + NONCE + TAG, KEY = 32 };
static const char magic[MAGIC + 1] = "hoard\0\1\n";

static int derive(unsigned char key[KEY], const char *passphrase, const unsigned char *salt) {
	return EVP_PBE_scrypt(passphrase, strlen(passphrase), salt, SALT, 1 << 14, 8, 1, 64 << 20, key, KEY) == 1 ? 0 : -1;
}

int seal(struct buffer *out, const void *data, size_t len, const char *passphrase) {
	unsigned char head[HEAD], key[KEY];
	memcpy(head, magic, MAGIC);
	if (RAND_bytes(head + MAGIC, SALT + NONCE) != 1 || derive(key, passphrase, head + MAGIC))
		return -1;
	struct buffer text = {0};
	buffer_add(&text, data, len);
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	unsigned char rest[EVP_MAX_BLOCK_LENGTH];
	int n = 0;
	int ok = c && EVP_EncryptInit_ex(c, EVP_aes_256_gcm(), NULL, key, head + MAGIC + SALT) == 1 &&
		EVP_EncryptUpdate(c, (unsigned char *)text.data, &n, (unsigned char *)text.data, (int)len) == 1 &&
		EVP_EncryptFinal_ex(c, rest, &n) == 1 &&
		EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, TAG, head + HEAD - TAG) == 1;
	if (ok) {
		buffer_add(out, head, HEAD);
		buffer_add(out, text.data, len);
	}
	EVP_CIPHER_CTX_free(c);
	OPENSSL_cleanse(key, KEY);
	buffer_free(&text);
	return ok ? 0 : -1;
}

int unseal(struct buffer *out, const void *data, size_t len, const char *passphrase) {
	const unsigned char *head = data;
	unsigned char key[KEY], tag[TAG];
	if (len < HEAD || memcmp(head, magic, MAGIC) || derive(key, passphrase, head + MAGIC))
		return -1;
	memcpy(tag, head + HEAD - TAG, TAG);
	struct buffer text = {0};
	buffer_add(&text, head + HEAD, len - HEAD);
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	unsigned char rest[EVP_MAX_BLOCK_LENGTH];
	int n = 0;
	int ok = c && EVP_DecryptInit_ex(c, EVP_aes_256_gcm(), NULL, key, head + MAGIC + SALT) == 1 &&
		EVP_DecryptUpdate(c, (unsigned char *)text.data, &n, (unsigned char *)text.data, (int)text.len) == 1 &&
		EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, TAG, tag) == 1 &&
		EVP_DecryptFinal_ex(c, rest, &n) == 1;
	if (ok)
		buffer_add(out, text.data, text.len);
	EVP_CIPHER_CTX_free(c);
	OPENSSL_cleanse(key, KEY);
	buffer_free(&text);
	return ok ? 0 : -1;
}
