// Package web holds what every gate and check that asks by plain HTTP says in
// the same words: which answers it takes, and why none came.
package web

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// Agent is the name by which servers know who asks.
const Agent = "terraform-provider-rollout"

// Statuses lists the status codes that are taken; none stands for any 2xx.
type Statuses []int

// Accept reports whether an answer with this code is taken.
func (s Statuses) Accept(code int) bool {
	if len(s) == 0 {
		return code/100 == 2
	}
	return slices.Contains(s, code)
}

// String says what is taken: "2xx", "200 or 204".
func (s Statuses) String() string {
	if len(s) == 0 {
		return "2xx"
	}
	return strings.ReplaceAll(strings.Trim(fmt.Sprint([]int(s)), "[]"), " ", " or ")
}

// Shown is an address without its user and its query, in which people put keys.
func Shown(at *url.URL) string {
	return (&url.URL{Scheme: at.Scheme, Host: at.Host, Path: at.Path}).String()
}

// Private reports whether nobody else can read what is sent to an address: it
// is https, or this machine.
func Private(at *url.URL) bool {
	ip := net.ParseIP(at.Hostname())
	return at.Scheme == "https" || at.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

// Invalid is what is wrong with a question, however often it is asked: a
// rollout.ErrInvalid in words of our own.
type Invalid string

// Error implements error.
func (e Invalid) Error() string { return string(e) }

// Unwrap makes it a rollout.ErrInvalid.
func (Invalid) Unwrap() error { return rollout.ErrInvalid }

// Reason says why there was no answer within timeout, in words of our own: an
// error of net/http quotes the address with its query, and what a broken server
// sent.
func Reason(err error, timeout time.Duration) string {
	var (
		unnamed   *net.DNSError
		slow      net.Error
		untrusted *tls.CertificateVerificationError
	)
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &slow) && slow.Timeout():
		return "nothing came within " + rollout.Short(timeout)
	case errors.As(err, &unnamed):
		return "its host name is not known here"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "the connection was refused"
	case errors.As(err, &untrusted):
		return "its certificate is not valid"
	case errors.Is(err, http.ErrSchemeMismatch):
		return "it does not speak TLS"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET):
		return "the connection was cut"
	}
	return "the request failed"
}
