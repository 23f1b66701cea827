package main

import (
	"strings"
	"testing"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/provider"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// Every message stands in the guide once, and every heading stands over one.
func TestGuide(t *testing.T) {
	var out strings.Builder
	if err := write(&out, provider.Messages()); err != nil {
		t.Fatal(err)
	}
	for _, m := range provider.Messages() {
		if n := strings.Count(out.String(), "\n### `"+m.ID+"`\n"); n != 1 {
			t.Errorf("%s stands there %d times", m.ID, n)
		}
	}
	for area, under := range headings {
		if n := strings.Count(out.String(), "\n## "+under+"\n"); n != 1 {
			t.Errorf("the heading of %s stands there %d times", area, n)
		}
	}
}

func TestAnAreaNeedsAHeading(t *testing.T) {
	for _, id := range []string{"new_kind.gone", "gone", "requires.grpc.gone"} {
		if err := write(&strings.Builder{}, []rollout.Message{{ID: id, Why: "it is gone"}}); err == nil {
			t.Errorf("%s has a heading", id)
		}
	}
}
