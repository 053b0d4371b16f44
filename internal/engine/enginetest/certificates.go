package enginetest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// ServerTLS are the files of a server that asks for client certificates.
type ServerTLS struct{ CA, Cert, Key string }

// Certificates are files for mutual TLS on 127.0.0.1, of an authority that exists
// for one test only.
type Certificates struct {
	Server                ServerTLS
	ClientCert, ClientKey string
}

// NewCertificates makes them.
func NewCertificates(t *testing.T) *Certificates {
	t.Helper()
	dir := t.TempDir()
	ca := template("careen test authority")
	ca.IsCA, ca.BasicConstraintsValid, ca.KeyUsage = true, true, x509.KeyUsageCertSign
	caKey := newKey(t)
	c := &Certificates{}
	c.Server.CA, _ = writePair(t, dir, "ca", sign(t, ca, ca, caKey, caKey), caKey)

	server := template("127.0.0.1")
	server.IPAddresses, server.ExtKeyUsage = []net.IP{net.IPv4(127, 0, 0, 1)}, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	key := newKey(t)
	c.Server.Cert, c.Server.Key = writePair(t, dir, "server", sign(t, server, ca, key, caKey), key)

	client := template("careen")
	client.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	key = newKey(t)
	c.ClientCert, c.ClientKey = writePair(t, dir, "client", sign(t, client, ca, key, caKey), key)
	return c
}

func template(name string) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageDigitalSignature,
	}
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func sign(t *testing.T, cert, parent *x509.Certificate, key, parentKey *ecdsa.PrivateKey) []byte {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, cert, parent, &key.PublicKey, parentKey)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func writePair(t *testing.T, dir, name string, cert []byte, key *ecdsa.PrivateKey) (certFile, keyFile string) {
	t.Helper()
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	write := func(path, kind string, der []byte) string {
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	base := filepath.Join(dir, name)
	return write(base+".pem", "CERTIFICATE", cert), write(base+"-key.pem", "EC PRIVATE KEY", der)
}
