package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/demo/stage"
)

var lastLine = regexp.MustCompile(`^demo: [0-9,]+ requests, 0 failed$`)

// folder is where a demo may keep what is temporary.
func folder(t *testing.T) string {
	t.Helper()
	if err := stage.ReadSources("../.."); err != nil {
		t.Fatal(err)
	}
	return t.TempDir()
}

// empty fails the test if anything is left in a folder.
func empty(t *testing.T, folder string) {
	t.Helper()
	left, err := os.ReadDir(folder)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v (%v)", left, err)
	}
}

// The story is told to its end, with steps that are watched for less long.
func TestDemo(t *testing.T) {
	t.Parallel()
	temp := folder(t)
	var out bytes.Buffer
	s := &screen{out: &out}
	if err := play(t.Context(), s, settings{bake: "5s", temp: temp}); err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if last := lines[len(lines)-1]; !lastLine.MatchString(last) {
		t.Errorf("the last line is %q", last)
	}
	for _, part := range []string{
		"Error: Not ready: gcp_secret", "+ preview", `+ then            = "raise to 50 %"`, "Apply complete!", "~ rollout ",
		" was rolled back at 10 %", "the way home:", "gcloud run services update-traffic shop", "is blocked",
	} {
		if !strings.Contains(out.String(), part) {
			t.Errorf("nothing says %q", part)
		}
	}
	if t.Failed() {
		t.Log(out.String())
	}
	empty(t, temp)
}

// Whoever stops watching ends the demo: it fails, and leaves nothing behind.
func TestNobodyWatches(t *testing.T) {
	t.Parallel()
	temp := folder(t)
	r, w := io.Pipe()
	go func() {
		text := bufio.NewScanner(r)
		for text.Scan() && !strings.Contains(text.Text(), "━━ 1.") {
		}
		_ = r.Close()
	}()
	if err := play(t.Context(), &screen{out: w}, settings{temp: temp}); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %v", err)
	}
	empty(t, temp)
}
