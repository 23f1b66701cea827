package cloudrunjob

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const (
	// lateLog is how long the log of what has ended may take to be there.
	lateLog = 10 * time.Second
	// mostLine bounds a line that is shown.
	mostLine  = 300
	bodyLimit = 4 << 20
)

// entry is what is read of an entry: a text, or the message of a structured one.
type entry struct {
	Text string `json:"textPayload"`
	JSON struct {
		Message string `json:"message"`
	} `json:"jsonPayload"`
}

// log returns the last lines that the containers of an execution wrote, oldest
// first. What went wrong is told by its sort alone.
func (r *runner) log(ctx context.Context, x *rollout.Execution) ([]string, error) {
	reader, err := r.clients.Logs(ctx)
	if err != nil {
		return nil, errors.New("Cloud Logging could not be asked") //nolint:staticcheck // a name begins it
	}
	filter := fmt.Sprintf(`resource.type="cloud_run_job" resource.labels.job_name=%q resource.labels.location=%q labels."run.googleapis.com/execution_name"=%q `+
		`(log_id("run.googleapis.com/stdout") OR log_id("run.googleapis.com/stderr"))`, r.name, r.location, x.ID)
	if !x.Began.IsZero() { // so that no more than that time is searched
		filter += fmt.Sprintf(` timestamp>=%q`, x.Began.Add(-time.Minute).UTC().Format(time.RFC3339))
	}
	ask, err := json.Marshal(map[string]any{
		"resourceNames": []string{"projects/" + r.project}, "filter": filter, "pageSize": r.lines, "orderBy": "timestamp desc",
	})
	if err != nil {
		return nil, fmt.Errorf("write the request: %w", err)
	}
	fields := url.Values{"fields": {"entries/textPayload,entries/jsonPayload"}}
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, reader.Endpoint+"/v2/entries:list?"+fields.Encode(), bytes.NewReader(ask))
	if err != nil {
		return nil, fmt.Errorf("write the request: %w", err)
	}
	q.Header.Set("Content-Type", "application/json")
	answer, err := reader.Do(q)
	if err != nil {
		return nil, errors.New("Cloud Logging gave no answer") //nolint:staticcheck // as above
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, bodyLimit))
	var found struct {
		Entries []entry `json:"entries"`
	}
	switch {
	case answer.StatusCode == http.StatusForbidden || answer.StatusCode == http.StatusUnauthorized:
		return nil, fmt.Errorf("it needs %s", listEntries)
	case answer.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("Cloud Logging answered %d", answer.StatusCode) //nolint:staticcheck // as above
	case err != nil || json.Unmarshal(body, &found) != nil:
		return nil, errors.New("Cloud Logging gave no answer that could be read") //nolint:staticcheck // as above
	}
	var lines []string
	for _, e := range slices.Backward(found.Entries) {
		text := e.Text
		if text == "" {
			text = e.JSON.Message
		}
		if line := rollout.OneLine(text, mostLine); line != "" {
			lines = append(lines, line)
		}
	}
	return lines, nil
}
