package provider

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-log/tflogtest"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// A file that cannot be written is told once, and every event all the same.
func TestAProgressFileThatIsLostIsToldOnce(t *testing.T) {
	var log bytes.Buffer
	ctx := tflogtest.RootLogger(t.Context(), &log)
	p := newProgress(filepath.Join(t.TempDir(), "none", "events.json"))
	for range 3 {
		p.tell(ctx, "cloud_run/x", rollout.Event{Kind: "wait", Why: "it is looked at again"})
	}
	if n := strings.Count(log.String(), "the progress file cannot be written"); n != 1 {
		t.Errorf("it was told %d times", n)
	}
	if n := strings.Count(log.String(), "it is looked at again"); n != 3 {
		t.Errorf("%d events", n)
	}
}
