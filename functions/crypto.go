package functions

import (
	"crypto"
	"crypto/hkdf"
	"crypto/hmac"
	_ "crypto/md5" // registers itself with crypto, as the two below do
	"crypto/pbkdf2"
	_ "crypto/sha1"
	_ "crypto/sha256"
	_ "crypto/sha3"
	_ "crypto/sha512"
	"encoding/hex"
	"encoding/json"
	gohash "hash"
	"strings"
)

// digest is one hash function under its names in Node.
type digest struct {
	name  string
	alias []string
	hash  crypto.Hash
}

// digests is the table of hash functions. Node has more, which functions do not use.
func digests() []digest {
	return []digest{
		{"md5", []string{"rsa-md5", "ssl3-md5"}, crypto.MD5},
		{"sha1", []string{"rsa-sha1", "ssl3-sha1", "sha-1"}, crypto.SHA1},
		{"sha224", []string{"rsa-sha224", "sha-224"}, crypto.SHA224},
		{"sha256", []string{"rsa-sha256", "sha-256"}, crypto.SHA256},
		{"sha384", []string{"rsa-sha384", "sha-384"}, crypto.SHA384},
		{"sha512", []string{"rsa-sha512", "sha-512"}, crypto.SHA512},
		{"sha512-224", []string{"rsa-sha512/224"}, crypto.SHA512_224},
		{"sha512-256", []string{"rsa-sha512/256"}, crypto.SHA512_256},
		{"sha3-224", nil, crypto.SHA3_224},
		{"sha3-256", nil, crypto.SHA3_256},
		{"sha3-384", nil, crypto.SHA3_384},
		{"sha3-512", nil, crypto.SHA3_512},
	}
}

func digestOf(name string) (crypto.Hash, bool) {
	name = strings.ToLower(name)
	for _, d := range digests() {
		if d.name == name {
			return d.hash, true
		}
		for _, alias := range d.alias {
			if alias == name {
				return d.hash, true
			}
		}
	}
	return 0, false
}

type hashArgument struct {
	Name  string `json:"name"`
	Key   *data  `json:"key"` // for hmac
	Parts []data `json:"parts"`
	Hex   bool   `json:"hex"`
}

// hashCheck refuses a hash function that is not there when it is made, as Node does.
func hashCheck(_ *host, arg []byte) (any, error) {
	var a hashArgument
	if err := json.Unmarshal(arg, &a); err != nil {
		return nil, err
	}
	if _, ok := digestOf(a.Name); !ok {
		return nil, &fault{Name: "Error", Message: "Digest method not supported"}
	}
	return struct{}{}, nil
}

func hash(_ *host, arg []byte) (any, error) {
	var a hashArgument
	if err := json.Unmarshal(arg, &a); err != nil {
		return nil, err
	}
	d, ok := digestOf(a.Name)
	if !ok {
		return nil, &fault{Name: "Error", Message: "Digest method not supported"}
	}
	h := d.New()
	if a.Key != nil {
		h = hmac.New(d.New, *a.Key)
	}
	for _, p := range a.Parts {
		h.Write(p)
	}
	sum := h.Sum(nil)
	if a.Hex {
		return map[string]string{"t": hex.EncodeToString(sum)}, nil
	}
	return bytesOut(sum), nil
}

func hashes(*host, []byte) (any, error) {
	var names []string
	for _, d := range digests() {
		names = append(names, d.name)
	}
	return map[string][]string{"names": names}, nil
}

// maxDerived bounds the bytes that one call derives, and maxRounds the iterations for all
// its blocks: the engine's time limit does not reach into Go.
const (
	maxDerived = 1 << 20
	maxRounds  = 5_000_000
)

type deriveArgument struct {
	Name       string `json:"name"`
	Password   data   `json:"password"`
	Key        data   `json:"key"`
	Salt       data   `json:"salt"`
	Info       data   `json:"info"`
	Iterations int    `json:"iterations"`
	Length     int    `json:"length"`
}

// derive reads the argument of the two functions below.
func derive(arg []byte) (a deriveArgument, h func() gohash.Hash, err error) {
	if err := json.Unmarshal(arg, &a); err != nil {
		return a, nil, &fault{Name: "TypeError", Message: "the arguments of a key derivation are numbers, texts and Buffers", Code: "ERR_INVALID_ARG_TYPE"}
	}
	d, ok := digestOf(a.Name)
	if !ok {
		return a, nil, &fault{Name: "TypeError", Message: "Invalid digest: " + a.Name, Code: "ERR_CRYPTO_INVALID_DIGEST"}
	}
	if a.Length < 0 || a.Length > maxDerived || a.Iterations > maxRounds/(1+a.Length/d.Size()) {
		return a, nil, &fault{Name: "RangeError", Message: "a key derivation wants more than it may have here", Code: "ERR_OUT_OF_RANGE"}
	}
	return a, d.New, nil
}

func pbkdf2Op(_ *host, arg []byte) (any, error) {
	a, h, err := derive(arg)
	if err != nil {
		return nil, err
	}
	if a.Iterations < 1 {
		return nil, &fault{Name: "RangeError", Message: `The value of "iterations" is out of range. It must be >= 1 && <= 2147483647.`, Code: "ERR_OUT_OF_RANGE"}
	}
	if a.Length == 0 {
		return bytesOut(nil), nil
	}
	b, err := pbkdf2.Key(h, string(a.Password), a.Salt, a.Iterations, a.Length)
	if err != nil {
		return nil, err
	}
	return bytesOut(b), nil
}

func hkdfOp(_ *host, arg []byte) (any, error) {
	a, h, err := derive(arg)
	if err != nil {
		return nil, err
	}
	b, err := hkdf.Key(h, a.Key, a.Salt, string(a.Info), a.Length)
	if err != nil {
		return nil, &fault{Name: "RangeError", Message: "Invalid key length", Code: "ERR_CRYPTO_INVALID_KEYLEN"}
	}
	return bytesOut(b), nil
}
