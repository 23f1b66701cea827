package cloud

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
)

// Sealed returns what stands in the place of a value that nobody here may keep:
// equal values have equal seals, in any process, because the content of a version
// is compared with what an earlier plan remembered. A seal is a hash, from which a
// value that can be guessed could be found: it goes into hashes of whole
// configurations, and is never kept, logged or shown by itself.
func (c *Clients) Sealed(value string) string {
	mac := hmac.New(sha256.New, []byte("terraform-provider-rollout"))
	_, _ = io.WriteString(mac, value) // a hash takes whatever it is given
	return hex.EncodeToString(mac.Sum(nil))
}
