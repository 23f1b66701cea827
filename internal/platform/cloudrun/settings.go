package cloudrun

import (
	"time"
)

// settings is the block, decoded: what is wanted of the service.
type settings struct {
	image          string
	env            map[string]string
	secrets        map[string]secretRef
	command, args  []string
	longestRequest time.Duration
}
