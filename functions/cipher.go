package functions

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"fmt"
)

// suite is one cipher under its name in Node.
type suite struct {
	name    string
	keySize int
	ivSize  int // 0: none
	mode    string
	block   func(key []byte) (cipher.Block, error)
}

// suites is the table of ciphers.
func suites() []suite {
	var all []suite
	for _, bits := range []int{128, 192, 256} {
		for _, m := range []struct {
			mode string
			iv   int
		}{{"cbc", 16}, {"ctr", 16}, {"gcm", 12}, {"ecb", 0}} {
			all = append(all, suite{fmt.Sprintf("aes-%d-%s", bits, m.mode), bits / 8, m.iv, m.mode, aes.NewCipher})
		}
	}
	return append(all,
		suite{"des-ede3-cbc", 24, 8, "cbc", des.NewTripleDESCipher},
		suite{"des-ede3", 24, 0, "ecb", des.NewTripleDESCipher})
}

func ciphers(*host, []byte) (any, error) {
	var names []string
	for _, s := range suites() {
		names = append(names, s.name)
	}
	return map[string][]string{"names": names}, nil
}

// cryptArgument is all that a cipher was given so far.
type cryptArgument struct {
	Op        string `json:"op"` // encrypt or decrypt
	Name      string `json:"name"`
	Key       data   `json:"key"`
	IV        data   `json:"iv"`
	Parts     []data `json:"parts"`
	AAD       data   `json:"aad"`
	Tag       data   `json:"tag"`
	TagLength int    `json:"tagLength"`
	Padding   bool   `json:"padding"`
	Last      bool   `json:"last"` // no part comes any more
}

type cryptAnswer struct {
	bytesAnswer
	Tag string `json:"tag,omitempty"` // base64
}

// open checks the name, the key and the vector, in the words of Node.
func (a *cryptArgument) open() (suite, cipher.Block, error) {
	for _, s := range suites() {
		if s.name != a.Name {
			continue
		}
		if s.mode == "gcm" && len(a.IV) == 0 || s.mode != "gcm" && len(a.IV) != s.ivSize {
			return s, nil, &fault{Name: "TypeError", Message: "Invalid initialization vector", Code: "ERR_CRYPTO_INVALID_IV"}
		}
		if len(a.Key) != s.keySize {
			return s, nil, &fault{Name: "RangeError", Message: "Invalid key length", Code: "ERR_CRYPTO_INVALID_KEYLEN"}
		}
		b, err := s.block(a.Key)
		return s, b, err
	}
	return suite{}, nil, &fault{Name: "Error", Message: "Unknown cipher", Code: "ERR_CRYPTO_UNKNOWN_CIPHER"}
}

func cryptCheck(_ *host, arg []byte) (any, error) {
	var a cryptArgument
	if err := json.Unmarshal(arg, &a); err != nil {
		return nil, err
	}
	_, _, err := a.open()
	return struct{}{}, err
}

// crypt returns what comes out of a cipher for all that it was given so far.
func crypt(_ *host, arg []byte) (any, error) {
	var a cryptArgument
	if err := json.Unmarshal(arg, &a); err != nil {
		return nil, err
	}
	s, block, err := a.open()
	if err != nil {
		return nil, err
	}
	text := joinParts(a.Parts)
	switch s.mode {
	case "ctr":
		out := make([]byte, len(text))
		cipher.NewCTR(block, a.IV).XORKeyStream(out, text)
		return cryptAnswer{bytesAnswer: bytesOut(out)}, nil
	case "gcm":
		return a.seal(block, text)
	}
	return a.blocks(block, s.mode, text)
}

// blocks does the modes that work on whole blocks. Before the last part, encrypting holds
// back what does not fill a block, and decrypting one block more: it may be padding.
func (a *cryptArgument) blocks(block cipher.Block, mode string, text []byte) (any, error) {
	size := block.BlockSize()
	encrypt := a.Op == "encrypt"
	n := len(text) - len(text)%size
	switch {
	case a.Last && encrypt && a.Padding:
		pad := size - len(text)%size
		text = append(bytes.Clone(text), bytes.Repeat([]byte{byte(pad)}, pad)...)
		n = len(text)
	case a.Last && len(text)%size != 0:
		return nil, &fault{Name: "Error", Message: "error:1C80006B:Provider routines::wrong final block length", Code: "ERR_OSSL_WRONG_FINAL_BLOCK_LENGTH"}
	case !a.Last && !encrypt && a.Padding && n == len(text) && n > 0:
		n -= size
	}
	out := make([]byte, n)
	switch {
	case mode == "ecb":
		for i := 0; i < n; i += size {
			if encrypt {
				block.Encrypt(out[i:], text[i:i+size])
			} else {
				block.Decrypt(out[i:], text[i:i+size])
			}
		}
	case encrypt:
		cipher.NewCBCEncrypter(block, a.IV).CryptBlocks(out, text[:n])
	default:
		cipher.NewCBCDecrypter(block, a.IV).CryptBlocks(out, text[:n])
	}
	if a.Last && !encrypt && a.Padding {
		return unpad(out, size)
	}
	return cryptAnswer{bytesAnswer: bytesOut(out)}, nil
}

func unpad(text []byte, size int) (any, error) {
	bad := &fault{Name: "Error", Message: "error:1C800064:Provider routines::bad decrypt", Code: "ERR_OSSL_BAD_DECRYPT"}
	if len(text) == 0 {
		return nil, &fault{Name: "Error", Message: "error:1C80006B:Provider routines::wrong final block length", Code: "ERR_OSSL_WRONG_FINAL_BLOCK_LENGTH"}
	}
	pad := int(text[len(text)-1])
	if pad == 0 || pad > size || !bytes.Equal(text[len(text)-pad:], bytes.Repeat([]byte{byte(pad)}, pad)) {
		return nil, bad
	}
	return cryptAnswer{bytesAnswer: bytesOut(text[:len(text)-pad])}, nil
}

// seal does GCM. Before the last part a text that is decrypted comes out unproved, as
// with Node; a vector that is not of the usual 12 bytes gives all of it at the end.
func (a *cryptArgument) seal(block cipher.Block, text []byte) (any, error) {
	if !a.Last {
		if len(a.IV) != 12 {
			return cryptAnswer{}, nil
		}
		out := make([]byte, len(text))
		cipher.NewCTR(block, append(bytes.Clone(a.IV), 0, 0, 0, 2)).XORKeyStream(out, text)
		return cryptAnswer{bytesAnswer: bytesOut(out)}, nil
	}
	gcm, err := cipher.NewGCMWithNonceSize(block, len(a.IV))
	if err != nil {
		return nil, err
	}
	if a.Op == "encrypt" {
		sealed := gcm.Seal(nil, a.IV, text, a.AAD)
		out, tag := sealed[:len(text)], sealed[len(text):]
		if a.TagLength > 0 && a.TagLength < len(tag) {
			tag = tag[:a.TagLength]
		}
		return cryptAnswer{bytesOut(out), base64.StdEncoding.EncodeToString(tag)}, nil
	}
	return a.unseal(gcm, text)
}

// unseal proves a text by encrypting it again, because a tag may be shorter than Go wants.
func (a *cryptArgument) unseal(gcm cipher.AEAD, text []byte) (any, error) {
	bad := &fault{Name: "Error", Message: "Unsupported state or unable to authenticate data"}
	if len(a.Tag) < 4 || len(a.Tag) > 16 {
		return nil, bad
	}
	// Encrypting twice gives the text back: what comes of the sealed text is the plain one.
	twice := gcm.Seal(nil, a.IV, text, a.AAD)
	out := twice[:len(text)]
	tag := gcm.Seal(nil, a.IV, out, a.AAD)[len(text):]
	if subtle.ConstantTimeCompare(tag[:len(a.Tag)], a.Tag) != 1 {
		return nil, bad
	}
	return cryptAnswer{bytesAnswer: bytesOut(out)}, nil
}
