package cloudlogging

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/lazyregexp"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const (
	pageSize = 1000 // entries; the API gives no more
	pages    = 5

	// mostEntries and mostRequests are what is counted of them: a request is
	// looked for to know that there are some, and every page is a read.
	mostEntries  = pages * pageSize
	mostRequests = pageSize

	bodyLimit = 4 << 20
)

// source implements rollout.Counting and rollout.Delayed.
type source struct {
	clients          *cloud.Clients
	severity, filter string
	delay            time.Duration
}

// Delay returns how long after the fact entries can be seen.
func (s *source) Delay(context.Context, rollout.Subject) (time.Duration, error) { return s.delay, nil }

// Count implements rollout.Counting: its values are nothing but counts.
func (s *source) Count(ctx context.Context, of rollout.Subject, w rollout.Window) (rollout.Measurement, error) {
	return s.Measure(ctx, of, w)
}

// Measure counts the entries of the window, and the requests.
func (s *source) Measure(ctx context.Context, of rollout.Subject, w rollout.Window) (rollout.Measurement, error) {
	who, err := subjectOf(of)
	if err != nil {
		return rollout.Measurement{}, err
	}
	filter, line := s.entries(who, w)
	found, err := s.count(ctx, who, "entries", filter, line, mostEntries)
	if err != nil {
		return rollout.Measurement{}, err
	}
	requests, err := s.count(ctx, who, "requests", who.requests(w), 0, mostRequests)
	if err != nil {
		return rollout.Measurement{}, err
	}
	out := rollout.Measurement{Value: float64(found.n), Samples: requests.n, AtLeast: found.more}
	switch {
	case found.n == 0 && requests.n == 0:
		return rollout.Measurement{Note: "no request of it is logged, so that it logged nothing else says nothing"}, nil
	case found.more:
		out.Note = "there are more, or may be: counting ended"
	}
	if found.n > 0 {
		out.Samples = max(1, out.Samples)
	}
	return out, nil
}

// counted is how many entries there are, or at least are.
type counted struct {
	n    int
	more bool
}

// count counts what a filter admits, about most of it. line is where the user's
// own part of the filter begins, 0 if there is none.
func (s *source) count(ctx context.Context, who subject, what, filter string, line, most int) (counted, error) {
	doing := fmt.Sprintf("count logged %s of %s in project %s", what, who.revision, who.project)
	reader, err := s.clients.Logs(ctx)
	if err != nil {
		return counted{}, err
	}
	out, token := counted{}, ""
	for range pages {
		page, err := list(ctx, reader, who.project, filter, token)
		if err != nil {
			return counted{}, refusal(ctx, doing, filter, line, err)
		}
		out.n += len(page.Entries)
		if token = page.NextPageToken; token == "" {
			return out, nil
		}
		if out.n >= most {
			break
		}
	}
	out.more = true
	return out, nil
}

// listed is an answer without anything that stands in its entries.
type listed struct {
	Entries       []struct{} `json:"entries"`
	NextPageToken string     `json:"nextPageToken"`
}

// list asks for one page. The mask keeps payloads from being sent at all.
func list(ctx context.Context, reader cloud.Reader, project, filter, token string) (listed, error) {
	var out listed
	ask, err := json.Marshal(map[string]any{
		"resourceNames": []string{"projects/" + project}, "filter": filter, "pageSize": pageSize, "pageToken": token,
		"orderBy": "timestamp desc", // the other order may take long to find what is recent
	})
	if err != nil {
		return out, fmt.Errorf("write the request: %w", err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, reader.Endpoint+"/v2/entries:list?fields=nextPageToken,entries/insertId", bytes.NewReader(ask))
	if err != nil {
		return out, fmt.Errorf("write the request: %w", err)
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := reader.Do(r)
	if err != nil {
		return out, fmt.Errorf("ask: %w", err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, bodyLimit))
	switch {
	case err != nil:
		return out, fmt.Errorf("read the answer: %w", err)
	case answer.StatusCode != http.StatusOK:
		return out, refused{answer.StatusCode, position(body)}
	case json.Unmarshal(body, &out) != nil:
		return out, refused{status: answer.StatusCode}
	}
	return out, nil
}

// refused is an answer that is none: its status, and where in a filter it says
// that it could not go on.
type refused struct {
	status int
	at     place
}

// Error implements error.
func (r refused) Error() string { return "status " + strconv.Itoa(r.status) }

// place is a line and a column of a filter, from 1 on.
type place struct{ line, column int }

var syntaxError = lazyregexp.New(`line (\d{1,5}), column (\d{1,5})`)

// position reads where a filter cannot be read, and nothing else of the answer.
func position(body []byte) place {
	m := syntaxError.FindSubmatch(body)
	if m == nil {
		return place{}
	}
	line, _ := strconv.Atoi(string(m[1])) // digits, and few
	column, _ := strconv.Atoi(string(m[2]))
	return place{line, column}
}

// refusal says what went wrong by its sort alone: the text of an error may quote
// what is logged, or whatever answered in the place of the API.
func refusal(ctx context.Context, doing, filter string, line int, err error) error {
	var (
		answer refused
		slow   net.Error
	)
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("%s: %w", doing, ctx.Err())
	case errors.As(err, &answer):
		return fmt.Errorf("%s: %w", doing, answer.meaning(filter, line))
	case errors.As(err, &slow) && slow.Timeout():
		return fmt.Errorf("%s: Cloud Logging gave no answer in time; where many gates ask it, a longer interval helps", doing)
	}
	return fmt.Errorf("%s: no answer came", doing)
}

// meaning is what an answer to a filter means. The user's own part of it begins on
// line, if there is one, and ends before the last.
func (r refused) meaning(filter string, line int) error {
	switch {
	case r.status == http.StatusOK:
		return errors.New("the answer is not one of Cloud Logging's")
	case r.status == http.StatusUnauthorized, r.status == http.StatusForbidden:
		return fmt.Errorf("%w: it needs logging.logEntries.list", rollout.ErrDenied)
	case r.status == http.StatusTooManyRequests:
		return errors.New("Cloud Logging takes no more than 60 reads a minute of a project, of everybody together: use a longer interval") //nolint:staticcheck // a name begins it
	case r.status == http.StatusBadRequest && line > 0:
		where := ""
		if r.at.line > strings.Count(filter, "\n") { // the parenthesis that closes it
			where = " at its end"
		} else if r.at.line >= line {
			where = fmt.Sprintf(" at line %d, column %d", r.at.line-line+1, r.at.column)
		}
		return fmt.Errorf("%w: Cloud Logging cannot read filter%s: try it in the Logs Explorer", rollout.ErrInvalid, where)
	case r.status == http.StatusBadRequest:
		return fmt.Errorf("%w (status 400)", rollout.ErrInvalid)
	}
	return fmt.Errorf("Cloud Logging answered with status %d", r.status) //nolint:staticcheck // as above
}
