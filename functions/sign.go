package functions

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/json"
	"encoding/pem"
	"errors"
	"math/big"
)

// keyArgument is a key as Node lets one pass it, and what is to be done with it.
type keyArgument struct {
	Name        string `json:"name"` // of the hash
	Key         data   `json:"key"`
	Passphrase  data   `json:"passphrase"`
	Padding     int    `json:"padding"`
	SaltLength  *int   `json:"saltLength"`
	DSAEncoding string `json:"dsaEncoding"`
	OAEPHash    string `json:"oaepHash"`
	Parts       []data `json:"parts"`
	Data        data   `json:"data"`
	Signature   data   `json:"signature"`
}

// Node's numbers of paddings.
const (
	pkcs1Padding = 1
	pssPadding   = 6
)

var errKey = errors.New("not a key")

// private reads a private key, in any of the usual kinds of PEM.
func (k *keyArgument) private() (crypto.PrivateKey, error) {
	block, _ := pem.Decode(k.Key)
	if block == nil {
		return nil, &fault{Name: "Error", Message: "error:1E08010C:DECODER routines::unsupported", Code: "ERR_OSSL_UNSUPPORTED"}
	}
	if key, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	if key, err := x509.ParseECPrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	if len(k.Passphrase) > 0 || block.Type == "ENCRYPTED PRIVATE KEY" || block.Headers["DEK-Info"] != "" {
		return nil, &fault{Name: "Error", Message: "keys with a passphrase are available in Segment Functions but not in a run here; decrypt the key for the run"}
	}
	return nil, &fault{Name: "Error", Message: "error:1E08010C:DECODER routines::unsupported", Code: "ERR_OSSL_UNSUPPORTED"}
}

// public reads a public key, a certificate, or the public half of a private key.
func (k *keyArgument) public() (crypto.PublicKey, error) {
	block, _ := pem.Decode(k.Key)
	if block == nil {
		return nil, &fault{Name: "Error", Message: "error:1E08010C:DECODER routines::unsupported", Code: "ERR_OSSL_UNSUPPORTED"}
	}
	if key, err := x509.ParsePKIXPublicKey(block.Bytes); err == nil {
		return key, nil
	}
	if key, err := x509.ParsePKCS1PublicKey(block.Bytes); err == nil {
		return key, nil
	}
	if cert, err := x509.ParseCertificate(block.Bytes); err == nil {
		return cert.PublicKey, nil
	}
	key, err := k.private()
	if err != nil {
		return nil, err
	}
	if half, ok := key.(interface{ Public() crypto.PublicKey }); ok {
		return half.Public(), nil
	}
	return nil, errKey
}

// digest hashes the parts, and returns them as they are for keys that hash themselves.
func (k *keyArgument) digest() (crypto.Hash, []byte, error) {
	text := joinParts(k.Parts)
	if k.Name == "" {
		return 0, text, nil
	}
	d, ok := digestOf(k.Name)
	if !ok {
		return 0, nil, &fault{Name: "Error", Message: "Invalid digest: " + k.Name, Code: "ERR_CRYPTO_INVALID_DIGEST"}
	}
	h := d.New()
	h.Write(text)
	return d, h.Sum(nil), nil
}

func sign(_ *host, arg []byte) (any, error) {
	var k keyArgument
	if err := json.Unmarshal(arg, &k); err != nil {
		return nil, err
	}
	key, err := k.private()
	if err != nil {
		return nil, err
	}
	d, sum, err := k.digest()
	if err != nil {
		return nil, err
	}
	var signature []byte
	switch key := key.(type) {
	case *rsa.PrivateKey:
		if k.Padding == pssPadding {
			signature, err = rsa.SignPSS(rand.Reader, key, d, sum, &rsa.PSSOptions{SaltLength: k.salt(d)})
		} else {
			signature, err = rsa.SignPKCS1v15(nil, key, d, sum)
		}
	case *ecdsa.PrivateKey:
		signature, err = ecdsa.SignASN1(rand.Reader, key, sum)
		if err == nil && k.DSAEncoding == "ieee-p1363" {
			signature, err = joined(signature, key.Curve)
		}
	case ed25519.PrivateKey:
		signature = ed25519.Sign(key, joinParts(k.Parts))
	default:
		err = errKey
	}
	if err != nil {
		return nil, &fault{Name: "Error", Message: err.Error()}
	}
	return bytesOut(signature), nil
}

// salt returns the length of a salt; Node's negative numbers are names of lengths.
func (k *keyArgument) salt(d crypto.Hash) int {
	switch {
	case k.SaltLength == nil:
		return rsa.PSSSaltLengthAuto
	case *k.SaltLength == -1:
		return d.Size()
	case *k.SaltLength < 0:
		return rsa.PSSSaltLengthAuto
	}
	return *k.SaltLength
}

// joined turns a signature of two ASN.1 numbers into the numbers one after the other.
func joined(signature []byte, curve elliptic.Curve) ([]byte, error) {
	var pair struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(signature, &pair); err != nil {
		return nil, err
	}
	n := (curve.Params().BitSize + 7) / 8
	out := make([]byte, 2*n)
	pair.R.FillBytes(out[:n])
	pair.S.FillBytes(out[n:])
	return out, nil
}

func verify(_ *host, arg []byte) (any, error) {
	var k keyArgument
	if err := json.Unmarshal(arg, &k); err != nil {
		return nil, err
	}
	key, err := k.public()
	if err != nil {
		return nil, err
	}
	d, sum, err := k.digest()
	if err != nil {
		return nil, err
	}
	ok := false
	switch key := key.(type) {
	case *rsa.PublicKey:
		if k.Padding == pssPadding {
			ok = rsa.VerifyPSS(key, d, sum, k.Signature, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthAuto}) == nil
		} else {
			ok = rsa.VerifyPKCS1v15(key, d, sum, k.Signature) == nil
		}
	case *ecdsa.PublicKey:
		if k.DSAEncoding == "ieee-p1363" {
			n := len(k.Signature) / 2
			ok = ecdsa.Verify(key, sum, new(big.Int).SetBytes(k.Signature[:n]), new(big.Int).SetBytes(k.Signature[n:]))
		} else {
			ok = ecdsa.VerifyASN1(key, sum, k.Signature)
		}
	case ed25519.PublicKey:
		ok = ed25519.Verify(key, joinParts(k.Parts), k.Signature)
	}
	return map[string]bool{"ok": ok}, nil
}

// oaep returns the hash of an OAEP padding; Node's default is SHA-1.
func (k *keyArgument) oaep() (crypto.Hash, error) {
	if k.OAEPHash == "" {
		return crypto.SHA1, nil
	}
	if d, ok := digestOf(k.OAEPHash); ok {
		return d, nil
	}
	return 0, &fault{Name: "Error", Message: "Invalid digest: " + k.OAEPHash, Code: "ERR_CRYPTO_INVALID_DIGEST"}
}

func publicEncrypt(_ *host, arg []byte) (any, error) {
	var k keyArgument
	if err := json.Unmarshal(arg, &k); err != nil {
		return nil, err
	}
	key, err := k.public()
	if err != nil {
		return nil, err
	}
	pub, ok := key.(*rsa.PublicKey)
	if !ok {
		return nil, &fault{Name: "Error", Message: "publicEncrypt wants an RSA key"}
	}
	d, err := k.oaep()
	if err != nil {
		return nil, err
	}
	if k.Padding == pkcs1Padding {
		return nil, &fault{Name: "Error", Message: "crypto.publicEncrypt with RSA_PKCS1_PADDING is available in Segment Functions but not in a run here"}
	}
	out, err := rsa.EncryptOAEP(d.New(), rand.Reader, pub, k.Data, nil)
	if err != nil {
		return nil, &fault{Name: "Error", Message: err.Error()}
	}
	return bytesOut(out), nil
}

func privateDecrypt(_ *host, arg []byte) (any, error) {
	var k keyArgument
	if err := json.Unmarshal(arg, &k); err != nil {
		return nil, err
	}
	key, err := k.private()
	if err != nil {
		return nil, err
	}
	priv, ok := key.(*rsa.PrivateKey)
	if !ok {
		return nil, &fault{Name: "Error", Message: "privateDecrypt wants an RSA key"}
	}
	d, err := k.oaep()
	if err != nil {
		return nil, err
	}
	if k.Padding == pkcs1Padding {
		return nil, &fault{Name: "TypeError", Message: "RSA_PKCS1_PADDING is no longer supported for private decryption", Code: "ERR_INVALID_ARG_VALUE"}
	}
	out, err := rsa.DecryptOAEP(d.New(), nil, priv, k.Data, nil)
	if err != nil {
		return nil, &fault{Name: "Error", Message: "error:02000079:rsa routines::oaep decoding error", Code: "ERR_OSSL_RSA_OAEP_DECODING_ERROR"}
	}
	return bytesOut(out), nil
}
