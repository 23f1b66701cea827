package provider

import (
	"context"
	"encoding/json"
	"os"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// progress tells people what a rollout is doing while Terraform can only say
// "Still creating…": one INFO line of the log an event (TF_LOG_PROVIDER=INFO),
// and one line of JSON in a file, if one is given.
type progress struct {
	mu   sync.Mutex
	file string
	lost bool // it could not be written, and somebody was told
}

func newProgress(file string) *progress {
	if file == "" {
		file = os.Getenv("ROLLOUT_PROGRESS_FILE")
	}
	return &progress{file: file}
}

// line is an event as it stands in the progress file.
type line struct {
	Time     time.Time          `json:"time"`
	Resource string             `json:"resource"`
	Event    string             `json:"event"`
	Why      string             `json:"why"`
	Traffic  map[string]float64 `json:"traffic,omitempty"`
}

// tell passes an event on. It never fails a rollout: a file that cannot be
// written is said once in the log, and the rollout goes on.
func (p *progress) tell(ctx context.Context, id string, e rollout.Event) {
	tflog.Info(ctx, e.Why, map[string]any{"resource": id, "event": e.Kind, "traffic": e.Traffic.String()})
	if e.Err != nil {
		tflog.Debug(ctx, "the platform said", map[string]any{"resource": id, "event": e.Kind, "error": e.Err.Error()})
	}
	if p.file == "" {
		return
	}
	text, err := json.Marshal(line{Time: e.At.UTC(), Resource: id, Event: e.Kind, Why: e.Why, Traffic: percents(e.Traffic)})
	if err != nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	f, err := os.OpenFile(p.file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644) //nolint:gosec // a log that others may read, at a path the user chose
	if err == nil {
		_, err = f.Write(append(text, '\n'))
		if closed := f.Close(); err == nil {
			err = closed
		}
	}
	if err != nil && !p.lost {
		p.lost = true
		tflog.Warn(ctx, "the progress file cannot be written", map[string]any{"error": err.Error()})
	}
}
