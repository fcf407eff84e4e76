package functions

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	mathrand "math/rand/v2"
)

// chance gives random bytes: the same in every run if it was seeded.
type chance struct {
	seeded *mathrand.ChaCha8 // nil: real chance
}

func newChance(seed *uint32) *chance {
	if seed == nil {
		return &chance{}
	}
	var key [32]byte
	binary.LittleEndian.PutUint32(key[:], *seed)
	return &chance{seeded: mathrand.NewChaCha8(key)}
}

// Read fills b.
func (c *chance) Read(b []byte) (int, error) {
	if c.seeded != nil {
		return c.seeded.Read(b)
	}
	return rand.Read(b)
}

// maxRandom bounds what one call of randomBytes makes: ours, like all bounds of memory.
const maxRandom = 16 << 20

func (h *host) random(arg []byte) (any, error) {
	var a struct {
		N int `json:"n"`
	}
	if err := json.Unmarshal(arg, &a); err != nil {
		return nil, err
	}
	if a.N > maxRandom {
		return nil, &fault{Name: "RangeError", Message: "randomBytes gives at most 16 MB at once here"}
	}
	b := make([]byte, a.N)
	if _, err := h.chance.Read(b); err != nil {
		return nil, err
	}
	return bytesOut(b), nil
}
