package aws

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// behind is a sandbox before a moto that says how often a key was changed; before it
// changes it, it lets somebody do something.
func behind(t *testing.T, meanwhile func(s *Sandbox)) (s *Sandbox, asked *int) {
	t.Helper()
	asked = new(int)
	changed := 0
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*asked++
		if strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".EnableKey") {
			meanwhile(s)
			changed++
		}
		_, _ = fmt.Fprint(w, changed) // who asked notices
	}))
	t.Cleanup(srv.Close)
	s = &Sandbox{moto: &Moto{url: srv.URL, log: &tail{}}, wires: &http.Transport{}, account: "111122223333"}
	return s, asked
}

// key asks about a key, or changes it.
func key(t *testing.T, s *Sandbox, region, operation string) string {
	t.Helper()
	a, err := s.inner(context.WithoutCancel(t.Context()), "kms", region, http.MethodPost, "/", http.Header{"X-Amz-Target": {"TrentService." + operation}}, []byte("{}"))
	if err != nil {
		t.Fatal(err)
	}
	a.header.Set("Read", "it") // who has an answer may change it
	return string(a.body)
}

func TestReadsLastUntilAChange(t *testing.T) {
	s, asked := behind(t, func(*Sandbox) {})
	for range 3 {
		if got := key(t, s, "eu-west-1", "DescribeKey"); got != "0" || *asked != 1 {
			t.Fatalf("%q after %d questions", got, *asked)
		}
	}
	if key(t, s, "eu-west-2", "DescribeKey"); *asked != 2 {
		t.Errorf("another region's answer is taken")
	}
	key(t, s, "eu-west-1", "EnableKey")
	if got := key(t, s, "eu-west-1", "DescribeKey"); got != "1" {
		t.Errorf("after a change it is still %q", got)
	}
	before := *asked
	for range 2 {
		key(t, s, "eu-west-1", "GetKeyPolicy")
	}
	if *asked != before+2 {
		t.Errorf("what nobody lists is kept")
	}
}

// Who reads while a change is made may see what was before: nobody does afterwards.
func TestReadsDuringAChangeAreForgotten(t *testing.T) {
	s, _ := behind(t, func(s *Sandbox) { key(t, s, "eu-west-1", "DescribeKey") })
	key(t, s, "eu-west-1", "EnableKey")
	if got := key(t, s, "eu-west-1", "DescribeKey"); got != "1" {
		t.Errorf("after the change it is still %q", got)
	}
	var m reads
	_, since := m.get("question")
	m.forget()
	m.put("question", &answer{status: http.StatusOK}, since)
	if a, _ := m.get("question"); a != nil {
		t.Error("what was asked before a change is kept after it")
	}
}
