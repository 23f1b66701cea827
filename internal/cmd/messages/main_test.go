package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/catalog"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/provider"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// Every kind has a heading that says what it is, and each stands once.
func TestHeadings(t *testing.T) {
	var out strings.Builder
	if err := write(&out, provider.Messages()); err != nil {
		t.Fatal(err)
	}
	var headings []string
	for line := range strings.Lines(out.String()) {
		if h, ok := strings.CutPrefix(line, "## "); ok {
			headings = append(headings, strings.TrimSpace(h))
		}
	}
	var want []string
	for _, k := range catalog.Platforms() {
		want = append(want, "Platform: "+k.Name)
	}
	for _, k := range catalog.Gates() {
		want = append(want, "Gate: "+k.Name)
	}
	for _, k := range catalog.Checks() {
		want = append(want, "Requirement: "+k.Name)
	}
	for _, h := range want {
		if !slices.Contains(headings, h) {
			t.Errorf("there is no %q among %q", h, headings)
		}
	}
	slices.Sort(headings)
	if n := len(headings); n != len(slices.Compact(headings)) {
		t.Errorf("a heading stands twice: %q", headings)
	}
	for area := range areas {
		if !slices.ContainsFunc(provider.Messages(), func(m rollout.Message) bool { return strings.HasPrefix(m.ID, area+".") }) {
			t.Errorf("%s is the area of no message", area)
		}
	}
}
