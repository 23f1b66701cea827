package cloud

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"io"
)

// Sealed returns what stands in the place of a value that nobody here may keep:
// equal values have equal seals for as long as this process runs, and nothing
// else can be learnt from one. It must not be kept beyond the process.
func (c *Clients) Sealed(value string) string {
	key, err := c.seal.get(func() ([]byte, error) {
		key := make([]byte, sha256.Size)
		_, err := rand.Read(key)
		return key, err //nolint:wrapcheck // it never fails
	})
	if err != nil {
		return "" // nothing is equal to what could not be sealed but that
	}
	mac := hmac.New(sha256.New, key)
	_, _ = io.WriteString(mac, value) // a hash takes whatever it is given
	return hex.EncodeToString(mac.Sum(nil))
}
