package engine_test

import (
	"os"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/engine"
)

// TestEveryRowMatters cuts each row out of the table in turn: at least one
// story must then end differently.
func TestEveryRowMatters(t *testing.T) {
	for _, row := range engine.Rows() {
		next := engine.Without(row)
		told := 0
		for _, path := range transcripts(t) {
			if !sameStory(t, path, next) {
				told++
			}
		}
		if told == 0 {
			t.Errorf("row %d can be cut out and no story changes", row)
		}
	}
}

// sameStory reports whether a story reads as it is written down.
func sameStory(t *testing.T, path string, next func(engine.Situation) engine.Decision) bool {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	st, same := newStory(next), true
	datadriven.RunTestFromString(t, string(text), func(t *testing.T, d *datadriven.TestData) string {
		t.Helper()
		if got := st.command(t, d); strings.TrimSpace(got) != strings.TrimSpace(d.Expected) {
			same = false
		}
		return d.Expected
	})
	return same
}

func TestTableIsInOrder(t *testing.T) {
	for i, row := range engine.Rows() {
		if row != i+1 {
			t.Fatalf("row %d stands at place %d", row, i+1)
		}
	}
}
