package environment

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/lazyregexp"
)

var (
	digestForm = lazyregexp.New(`^sha256:[0-9a-f]{64}$`)
	hexForm    = lazyregexp.New(`^[0-9a-f]{64}$`)
)

// cores reads an amount of CPU as Kubernetes writes it
// (https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity):
// "2" and "2000m" are the same.
func cores(text string) string {
	parts, milli := strings.CutSuffix(text, "m")
	n, err := strconv.ParseFloat(parts, 64)
	switch {
	case text == "":
		return "default"
	case err != nil:
		return text
	case milli:
		n /= 1000
	}
	return number(n)
}

// units are the suffixes of memory, in bytes. Those of two letters go first.
var units = []struct {
	suffix string
	bytes  float64
}{{"Ki", 1 << 10}, {"Mi", 1 << 20}, {"Gi", 1 << 30}, {"k", 1e3}, {"M", 1e6}, {"G", 1e9}, {"", 1}}

// mebibytes reads an amount of memory likewise: "1Gi" and "1024Mi" are the same.
func mebibytes(text string) string {
	if text == "" {
		return "default"
	}
	for _, u := range units {
		if digits, ok := strings.CutSuffix(text, u.suffix); ok {
			n, err := strconv.ParseFloat(digits, 64)
			if err != nil {
				return text
			}
			return number(n*u.bytes/(1<<20)) + " MiB"
		}
	}
	return text
}

func number(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }

// sealed stands for words that are compared and not shown. It stays in memory.
func sealed(words []string) string {
	sum := sha256.New()
	for _, w := range words {
		_, _ = sum.Write([]byte(strconv.Quote(w) + ",")) // a hash takes everything
	}
	return hex.EncodeToString(sum.Sum(nil))
}
