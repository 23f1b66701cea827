package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestFill: every rule stands in the guide once, where the template waits for it.
func TestFill(t *testing.T) {
	file := filepath.Join(t.TempDir(), "reviews.md")
	if err := os.WriteFile(file, []byte("before\n"+place+"after\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := fill(file); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"PG002", "MY014", "XX010"} {
		if strings.Count(string(text), "| ["+id+"](") != 1 {
			t.Errorf("%s does not stand there once", id)
		}
	}
	if fill(file) == nil {
		t.Error("a guide without the place is taken")
	}
}
