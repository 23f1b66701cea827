package preflighttest

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// Expect compares what findings say, in few words ("failed, may pass: there is no
// such bucket"), and asks that each that has not passed says what to do.
func Expect(t testing.TB, findings []rollout.Finding, want ...string) {
	t.Helper()
	var got []string
	for _, f := range findings {
		retry := ""
		if f.Retry {
			retry = ", may pass"
		}
		got = append(got, fmt.Sprintf("%s%s: %s", f.Status, retry, f.Why))
		if (f.Fix == "") != (f.Status == rollout.Passed) {
			t.Errorf("%s, and to do is %q", f.Status, f.Fix)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%q\nwant\n%q", got, want)
	}
}

// Faulty returns at which attribute each problem of a block is shown.
func Faulty(t testing.TB, k preflight.Kind, values Values) []string {
	t.Helper()
	var out []string
	for _, p := range k.Validate(t.Context(), Block(t, k, values)) {
		if p.What == "" || p.Why == "" || p.Fix == "" {
			t.Errorf("a problem without words: %+v", p)
		}
		out = append(out, p.At)
	}
	return out
}

// Case is a block as somebody may write it, and at which attributes it is wrong.
type Case = struct {
	Block Values
	Wrong []string
}

// Validates holds a kind to what is right and wrong in its block: what is right
// can be opened, and what is wrong cannot.
func Validates(t *testing.T, k preflight.Kind, cases map[string]Case) {
	t.Helper()
	for name, c := range cases {
		if got := Faulty(t, k, c.Block); !slices.Equal(got, c.Wrong) {
			t.Errorf("%s: %q, want %q", name, got, c.Wrong)
		}
		if _, err := k.Open(t.Context(), Block(t, k, c.Block), nil); (err == nil) != (len(c.Wrong) == 0) {
			t.Errorf("%s: opened with %v", name, err)
		}
	}
}

// Answering is the address of somebody who says the same to everything, and is
// not whom a check takes it for.
func Answering(t testing.TB, status int, body string) string {
	t.Helper()
	srv := httptest.NewServer(saying("application/json", status, body))
	t.Cleanup(srv.Close)
	return srv.URL
}

// Babbling is Answering for a check that speaks gRPC: a page, in HTTP/2.
func Babbling(t testing.TB, body string) string {
	t.Helper()
	srv := httptest.NewUnstartedServer(saying("text/html", http.StatusNotFound, body))
	srv.Config.Protocols = new(http.Protocols)
	srv.Config.Protocols.SetUnencryptedHTTP2(true)
	srv.Start()
	t.Cleanup(srv.Close)
	return srv.URL
}

func saying(contentType string, status int, body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body) // an error means that the caller has gone
	})
}
