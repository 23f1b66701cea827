package web

import (
	"maps"
	"net/http"
	"net/textproto"
	"os"
	"slices"
	"strings"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/lazyregexp"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// Headers are what the user's own requests carry. Those in Plain stand in plans
// and state; those in Secret come from a write-only attribute, and those in Env
// from environment variables, whose names alone are configured.
type Headers struct {
	// Plain values are templates; the others are sent as they are.
	Plain, Secret, Env map[string]string
	// Captured: what the templates are filled with are values of the app's own
	// answers, so that a credential among them is none of the configuration's.
	Captured bool

	// set is what was found. It is a function because no format verb shows what
	// that returns.
	set func(h http.Header, values map[string]string) bool
}

var (
	// headerName is RFC 9110's token.
	headerName = lazyregexp.New("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")
	variable   = lazyregexp.New(`^[A-Za-z_][A-Za-z0-9_]*$`)
	// credentials are words in the names of headers that hold one.
	credentials = []string{"authorization", "cookie", "token", "secret", "password", "api-key", "apikey", "access-key", "credential", "session"}
	// ours are set by whoever sends the request.
	ours = []string{"Host", "Content-Length", "Content-Type", "Transfer-Encoding", "Connection", "Upgrade", "Trailer", "Te", "X-Serverless-Authorization"}
)

// Check says what is wrong with the headers as they are written. No message
// shows a value.
func (h Headers) Check() []rollout.Problem {
	var out []rollout.Problem
	seen := map[string]bool{}
	for _, from := range []struct {
		attribute string
		headers   map[string]string
	}{{"headers", h.Plain}, {"headers_wo", h.Secret}, {"headers_env", h.Env}} {
		for _, name := range slices.Sorted(maps.Keys(from.headers)) {
			known := textproto.CanonicalMIMEHeaderKey(name)
			switch {
			case !headerName.MatchString(name):
				out = append(out, msgHeaderName.With("attribute", from.attribute))
			case slices.Contains(ours, known):
				out = append(out, msgHeaderOurs.With("attribute", from.attribute, "header", known))
			case seen[known]:
				out = append(out, msgHeaderTwice.With("header", known))
			}
			seen[known] = true
			out = append(out, h.checkValue(from.attribute, known, from.headers[name])...)
		}
	}
	return out
}

func (h Headers) checkValue(attribute, name, value string) []rollout.Problem {
	switch {
	case attribute == "headers_env":
		if !variable.MatchString(value) {
			return []rollout.Problem{msgHeaderVariable.With("header", name)}
		}
		return nil
	case !sendable(value):
		return []rollout.Problem{msgHeaderValue.With("attribute", attribute, "header", name)}
	case attribute == "headers_wo":
		return nil
	}
	t, ok := ParseTemplate(value)
	if !ok {
		return []rollout.Problem{msgPlaceholder.With("where", "The header "+name)}
	}
	if holdsCredential(name) && (!h.Captured || len(t.Names()) == 0) {
		return []rollout.Problem{msgHeaderCredential.With("header", name)}
	}
	return nil
}

func holdsCredential(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc(credentials, func(word string) bool { return strings.Contains(name, word) })
}

// sendable reports whether a header can carry the value (RFC 9110, 5.5).
func sendable(value string) bool {
	return !strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f })
}

// Names are the names of the templates among the values.
func (h Headers) Names() []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(h.Plain)) {
		t, _ := ParseTemplate(h.Plain[name])
		out = append(out, t.Names()...)
	}
	return out
}

// Has reports whether one of them has this name.
func (h Headers) Has(name string) bool {
	for _, from := range []map[string]string{h.Plain, h.Secret, h.Env} {
		for given := range from {
			if strings.EqualFold(given, name) {
				return true
			}
		}
	}
	return false
}

// Private reports whether a credential is among them.
func (h Headers) Private() bool { return len(h.Secret)+len(h.Env) > 0 }

// String names the headers that hold a credential, for messages: never a value.
func (h Headers) String() string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(h.Secret)) {
		out = append(out, name+" (headers_wo)")
	}
	for _, name := range slices.Sorted(maps.Keys(h.Env)) {
		out = append(out, name+" (from "+h.Env[name]+")")
	}
	if len(out) == 0 {
		return "no credential"
	}
	return strings.Join(out, ", ")
}

// Open reads the environment variables that are named. One that is not set is
// an error here, before anything is written.
func (h Headers) Open() (Headers, error) {
	found := maps.Clone(h.Secret)
	if found == nil {
		found = map[string]string{}
	}
	for _, name := range slices.Sorted(maps.Keys(h.Env)) {
		value, problem := Variable("headers_env", h.Env[name])
		if problem != nil {
			return h, *problem
		}
		if !sendable(value) {
			return h, msgHeaderValue.With("attribute", "headers_env", "header", name)
		}
		found[name] = value
	}
	plain := map[string]Template{}
	for name, text := range h.Plain {
		plain[name], _ = ParseTemplate(text)
	}
	h.Secret = map[string]string{}
	for name := range found {
		if _, named := h.Env[name]; !named {
			h.Secret[name] = "" // its name is all that is needed from here on
		}
	}
	h.set = func(into http.Header, values map[string]string) bool {
		for name, value := range found {
			into.Set(name, value)
		}
		for name, t := range plain {
			value := t.Fill(values, Plainly)
			if !sendable(value) {
				return false
			}
			into.Set(name, value)
		}
		return true
	}
	return h, nil
}

// Set puts the headers into a request's, filled with values. It returns false
// where a value cannot stand in a header.
func (h Headers) Set(into http.Header, values map[string]string) bool {
	return h.set == nil || h.set(into, values)
}

// Variable reads an environment variable that an attribute names.
func Variable(attribute, name string) (string, *rollout.Problem) {
	value := strings.TrimSpace(os.Getenv(name))
	if value == "" {
		p := msgVariableUnset.With("attribute", attribute, "variable", name)
		return "", &p
	}
	return value, nil
}

// IsVariable reports whether a text is the name of an environment variable.
func IsVariable(name string) bool { return variable.MatchString(name) }
