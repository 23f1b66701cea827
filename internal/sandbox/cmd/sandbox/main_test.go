package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// lockedBuffer is written by run and read by the test.
type lockedBuffer struct {
	mu   sync.Mutex
	b    bytes.Buffer
	line chan struct{}
	once sync.Once
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.once.Do(func() { close(l.line) })
	return l.b.Write(p)
}

func TestRunsUntilStandardInputCloses(t *testing.T) {
	in, parent := io.Pipe()
	out := &lockedBuffer{line: make(chan struct{})}
	ended := make(chan error, 1)
	go func() { ended <- run(t.Context(), []string{"-seed", "shop", "-stdin", "-settle", "0s"}, in, out) }()
	<-out.line
	var a addresses
	out.mu.Lock()
	err := json.Unmarshal(out.b.Bytes(), &a)
	out.mu.Unlock()
	if err != nil || a.Shop == nil || strings.Count(out.b.String(), "\n") != 1 {
		t.Fatalf("%v in %q", err, out.b.String())
	}
	get := func(url string) (int, string) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(body)
	}
	if code, body := get(a.Shop.URL); code != 200 || !strings.Contains(body, `"version":"v1"`) {
		t.Errorf("the shop: %d %s", code, body)
	}
	if code, body := get(a.URL + "/sandbox/services/shop"); code != 200 || !strings.Contains(body, `"Ready":true`) {
		t.Errorf("admin: %d %s", code, body)
	}
	_ = parent.Close()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestRefusesWhatItDoesNotKnow(t *testing.T) {
	for _, args := range [][]string{{"-seed", "zoo"}, {"extra"}, {"-nope"}} {
		if err := run(t.Context(), args, strings.NewReader(""), io.Discard); err == nil {
			t.Errorf("%q was accepted", args)
		}
	}
}
