package cloudwatchlogs

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud/web"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const (
	// pages is how many are read of one search, and mostRequests how many requests
	// are looked for: they are looked for to know that there are some.
	pages        = 20
	mostRequests = 1000

	// started is the line that Lambda writes when an invocation starts, as text and
	// as JSON.
	started = `?"START RequestId" ?"platform.start"`
)

// source implements rollout.Counting and rollout.Delayed.
type source struct {
	clients                          *cloud.Clients
	filter, requests, group, streams *web.Template // nil: not given
	region                           string
	delay                            time.Duration
}

// Delay returns how long after the fact entries can be seen.
func (s *source) Delay(context.Context, rollout.Subject) (time.Duration, error) { return s.delay, nil }

// Count implements rollout.Counting: its values are nothing but counts.
func (s *source) Count(ctx context.Context, of rollout.Subject, w rollout.Window) (rollout.Measurement, error) {
	return s.Measure(ctx, of, w)
}

// Measure counts the entries of the window, and the requests.
func (s *source) Measure(ctx context.Context, of rollout.Subject, w rollout.Window) (rollout.Measurement, error) {
	if err := ctx.Err(); err != nil {
		return rollout.Measurement{}, fmt.Errorf("count log entries: %w", err)
	}
	q, err := s.question(of, w)
	if err != nil {
		return rollout.Measurement{}, err
	}
	found, err := s.count(ctx, q, "entries", q.filter, 0)
	if err != nil {
		return rollout.Measurement{}, err
	}
	requests, err := s.count(ctx, q, "requests", q.requests, mostRequests)
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

// question is what is asked about one revision.
type question struct {
	revision, region, group string
	prefixes                []string // of log streams; "" for all
	filter, requests        string
	w                       rollout.Window
}

// question fills in what the block says, and what is known of Lambda.
func (s *source) question(of rollout.Subject, w rollout.Window) (question, error) {
	facts := cloud.AWSFacts(of)
	q := question{revision: string(of.Revision), region: s.region, prefixes: []string{""}, requests: started, w: w}
	if q.region == "" {
		q.region = facts["region"]
	}
	var err error
	fill := func(attribute string, t *web.Template, otherwise string) string {
		if t == nil {
			return otherwise
		}
		if lacks := t.Lacks(facts); lacks != "" && err == nil {
			err = msgNoFact.With("revision", of.Revision, "fact", lacks, "attribute", attribute)
		}
		return t.Fill(facts, web.Plainly)
	}
	q.filter, q.requests = fill("filter", s.filter, ""), fill("requests", s.requests, started)
	q.group = fill("log_group", s.group, facts["log_group"])
	function := facts["function"]
	switch {
	case err != nil:
	case q.group == "":
		err = msgNoFact.With("revision", of.Revision, "fact", "log_group", "attribute", "log_group")
	case s.requests == nil && function == "":
		err = msgNoRequests.With("revision", of.Revision)
	case s.streams != nil:
		q.prefixes = []string{fill("streams", s.streams, "")}
	case function != "":
		q.prefixes = streamsOf(function, q.revision, q.group, w)
	case !names(s.group) && (!names(s.filter) || !names(s.requests)):
		err = msgEverybody.With("revision", of.Revision, "name", "{{revision}}")
	}
	return q, err
}

// names reports whether a text names the revision.
func names(t *web.Template) bool { return t != nil && cloud.IsOfRevision(t.Names()...) }

// streamsOf are the beginnings of the names of a version's log streams: of those of
// the days of the window, and of the day before.
func streamsOf(function, version, group string, w rollout.Window) []string {
	who := "[" + version + "]"
	if group != "/aws/lambda/"+function {
		who = function + who
	}
	var out []string
	for day := w.Start.UTC().Truncate(24 * time.Hour).Add(-24 * time.Hour); !day.After(w.End); day = day.Add(24 * time.Hour) {
		out = append(out, day.Format("2006/01/02/")+who)
	}
	return out
}

// counted is how many entries there are, or at least are.
type counted struct {
	n    int
	more bool
}

// found is an answer without anything that stands in its entries.
type found struct {
	Events    []struct{} `json:"events"`
	NextToken string     `json:"nextToken"`
}

// count counts what a pattern admits, about most of it; 0: all that is read.
func (s *source) count(ctx context.Context, q question, what, pattern string, most int) (counted, error) {
	doing := fmt.Sprintf("count logged %s of %s in %s", what, q.revision, q.group)
	var out counted
	for _, prefix := range q.prefixes {
		ask := map[string]any{
			"logGroupName": q.group, "filterPattern": pattern,
			"startTime": ceiling(q.w.Start), "endTime": ceiling(q.w.End) - 1, // the end is included
		}
		if prefix != "" {
			ask["logStreamNamePrefix"] = prefix
		}
		for page := 0; ; page++ {
			if page == pages || most > 0 && out.n >= most {
				out.more = true
				break
			}
			var answer found
			if err := s.clients.AWSJSON(ctx, q.region, "logs", "Logs_20140328.FilterLogEvents", ask, &answer); err != nil {
				return counted{}, refusal(ctx, doing, err)
			}
			out.n += len(answer.Events)
			if answer.NextToken == "" {
				break
			}
			ask["nextToken"] = answer.NextToken
		}
	}
	if most > 0 {
		out.n = min(out.n, most)
	}
	return out, nil
}

// ceiling is a time in whole milliseconds, which is how CloudWatch Logs has them.
func ceiling(t time.Time) int64 { return t.Add(time.Millisecond - 1).UnixMilli() }

// refusal is an error of the API in its own words, which quote no log.
func refusal(ctx context.Context, doing string, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", doing, ctx.Err())
	}
	meant := cloud.AWSError(doing, err)
	if strings.Contains(meant.Error(), "filter pattern") {
		return fmt.Errorf("%w; try the pattern on the log group's page in the console", meant)
	}
	return meant
}
