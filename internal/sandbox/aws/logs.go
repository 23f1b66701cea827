package aws

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"
)

// logActions: events are ours, because moto's filters let everything through;
// groups are moto's (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html).
var logActions = map[string]action{
	"DescribeLogGroups": {on: onLogGroup, mapped: true},
	"FilterLogEvents":   {on: onLogGroup, do: (*Sandbox).filterLogEvents, mapped: true},
	"GetLogEvents":      {on: onLogStream, do: (*Sandbox).getLogEvents, mapped: true},
	"PutLogEvents":      {on: onLogGroup, do: (*Sandbox).putLogEvents, mapped: true},
}

// onLogStream is the stream.
func onLogStream(s *Sandbox, r *request) []string {
	return []string{"arn:aws:logs:" + r.region + ":" + s.account + ":log-group:" + r.param("logGroupName") + ":log-stream:" + r.param("logStreamName")}
}

// onLogGroup is the group; the reference writes its ARN with :* at the end.
func onLogGroup(s *Sandbox, r *request) []string {
	if arn := r.param("logGroupIdentifier"); len(arn) > 4 && arn[:4] == "arn:" {
		return []string{arn + ":*"}
	}
	name := r.param("logGroupName") + r.param("logGroupIdentifier")
	if name == "" {
		name = r.param("logGroupNamePrefix") + "*"
	}
	return []string{"arn:aws:logs:" + r.region + ":" + s.account + ":log-group:" + name + ":*"}
}

// logbook holds the events of log groups.
type logbook struct {
	mu     sync.Mutex
	lag    time.Duration
	events map[string][]logEvent // by region and group
}

type logEvent struct {
	at, ingested time.Time
	stream, text string
	id           string
}

// WriteLog adds an event to a log group of the sandbox's region.
func (s *Sandbox) WriteLog(group, stream, text string, at time.Time) {
	s.logs.add(s.o.Region+" "+group, logEvent{at: at, ingested: s.now(), stream: stream, text: text})
}

// LogsLag makes events visible only d after they were written.
func (s *Sandbox) LogsLag(d time.Duration) {
	s.logs.mu.Lock()
	defer s.logs.mu.Unlock()
	s.logs.lag = d
}

// CreateLogGroup makes a log group in the sandbox's region.
func (s *Sandbox) CreateLogGroup(ctx context.Context, name string) error {
	body, err := json.Marshal(map[string]string{"logGroupName": name})
	if err != nil {
		return fmt.Errorf("make the log group %s: %w", name, err)
	}
	a, err := s.logsAsk(ctx, s.o.Region, "CreateLogGroup", body)
	if err == nil && a.status != http.StatusOK {
		err = fail(a.status, a.code, "%s", a.message)
	}
	return err
}

func (s *Sandbox) logsAsk(ctx context.Context, region, operation string, body []byte) (*answer, error) {
	header := http.Header{"X-Amz-Target": {"Logs_20140328." + operation}, "Content-Type": {"application/x-amz-json-1.1"}}
	return s.inner(ctx, "logs", region, http.MethodPost, "/", header, body)
}

func (l *logbook) add(group string, e logEvent) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.events == nil {
		l.events = map[string][]logEvent{}
	}
	e.id = fmt.Sprintf("%056d", len(l.events[group])+1)
	l.events[group] = append(l.events[group], e)
}

// exists asks moto for a log group.
func (s *Sandbox) hasLogGroup(ctx context.Context, region, name string) (bool, error) {
	body, err := json.Marshal(map[string]string{"logGroupNamePrefix": name})
	if err != nil {
		return false, fmt.Errorf("ask for the log group: %w", err)
	}
	a, err := s.logsAsk(ctx, region, "DescribeLogGroups", body)
	if err != nil {
		return false, err
	}
	var q struct {
		LogGroups []struct{ LogGroupName string }
	}
	if err := json.Unmarshal(a.body, &q); err != nil {
		return false, fmt.Errorf("ask for the log group: %w", err)
	}
	return slices.ContainsFunc(q.LogGroups, func(g struct{ LogGroupName string }) bool { return g.LogGroupName == name }), nil
}

// putLogEvents keeps events beside moto's check that group and stream exist.
func (s *Sandbox) putLogEvents(ctx context.Context, r *request) (*answer, error) {
	var q struct {
		LogGroupName, LogStreamName, SequenceToken string
		LogEvents                                  []struct {
			Timestamp int64
			Message   string
		}
	}
	if err := r.decode(&q); err != nil {
		return nil, err
	}
	a, err := s.forward(ctx, r)
	if err != nil || a.status != http.StatusOK {
		return a, err
	}
	for _, e := range q.LogEvents {
		s.logs.add(r.region+" "+q.LogGroupName, logEvent{at: time.UnixMilli(e.Timestamp).UTC(), ingested: s.now(), stream: q.LogStreamName, text: e.Message})
	}
	return a, nil
}

// pageOfEvents is how many events an answer has at most
// (https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html).
const pageOfEvents = 10_000

// An eventQuery is what FilterLogEvents takes.
type eventQuery struct {
	LogGroupName, LogGroupIdentifier, FilterPattern, NextToken, LogStreamNamePrefix string

	LogStreamNames      []string
	StartTime, EndTime  *int64
	Limit               int
	Interleaved, Unmask bool
	match               func(string) bool
}

// within reports whether an event is in the range of time, which is what a group is
// searched by: a page holds so many events of the range, of which some may fit.
func (q *eventQuery) within(e logEvent) bool {
	ms := e.at.UnixMilli()
	return (q.StartTime == nil || ms >= *q.StartTime) && (q.EndTime == nil || ms <= *q.EndTime)
}

func (q *eventQuery) wants(e logEvent) bool {
	return (len(q.LogStreamNames) == 0 || slices.Contains(q.LogStreamNames, e.stream)) && strings.HasPrefix(e.stream, q.LogStreamNamePrefix) && q.match(e.text)
}

// filterLogEvents answers in the order of time. A page may be empty and yet have a
// token, which callers have to follow.
func (s *Sandbox) filterLogEvents(ctx context.Context, r *request) (*answer, error) {
	var q eventQuery
	if err := r.decode(&q); err != nil {
		return nil, err
	}
	if len(q.LogStreamNames) > 0 && q.LogStreamNamePrefix != "" {
		return nil, fail(http.StatusBadRequest, "InvalidParameterException", "LogStreamNames and logStreamNamePrefix cannot be given together.")
	}
	name := logGroupOf(q.LogGroupName, q.LogGroupIdentifier)
	there, err := s.hasLogGroup(ctx, r.region, name)
	if err != nil {
		return nil, err
	}
	if !there {
		return nil, fail(http.StatusBadRequest, "ResourceNotFoundException", "The specified log group does not exist.")
	}
	if q.match, err = logPattern(q.FilterPattern); err != nil {
		return nil, err
	}
	if q.Limit == 0 {
		q.Limit = pageOfEvents
	}
	from := 0
	if q.NextToken != "" {
		if from, err = strconv.Atoi(q.NextToken); err != nil {
			return nil, fail(http.StatusBadRequest, "InvalidParameterException", "The specified nextToken is invalid.")
		}
	}
	all := slices.DeleteFunc(s.logs.visible(r.region+" "+name, s.now()), func(e logEvent) bool { return !q.within(e) })
	return inJSON(http.StatusOK, s.eventsFrom(&q, all, from)).set("Content-Type", "application/x-amz-json-1.1"), nil
}

// getLogEvents answers the end of a stream, in the order of time, unless it is asked
// for its beginning (https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html).
// There are no other pages.
func (s *Sandbox) getLogEvents(ctx context.Context, r *request) (*answer, error) {
	var q struct {
		LogGroupName, LogStreamName string
		Limit                       int
		StartFromHead               bool
	}
	if err := r.decode(&q); err != nil {
		return nil, err
	}
	there, err := s.hasLogGroup(ctx, r.region, q.LogGroupName)
	if err != nil {
		return nil, err
	}
	all := slices.DeleteFunc(s.logs.visible(r.region+" "+q.LogGroupName, s.now()), func(e logEvent) bool { return e.stream != q.LogStreamName })
	switch {
	case !there:
		return nil, fail(http.StatusBadRequest, "ResourceNotFoundException", "The specified log group does not exist.")
	case len(all) == 0: // moto's streams have no events here
		return nil, fail(http.StatusBadRequest, "ResourceNotFoundException", "The specified log stream does not exist.")
	case q.Limit == 0 || q.Limit > len(all):
		q.Limit = len(all)
	}
	if all = all[len(all)-q.Limit:]; q.StartFromHead {
		return nil, unknownRequest{"GetLogEvents from the head of a stream"}
	}
	out := []any{}
	for _, e := range all {
		out = append(out, map[string]any{"timestamp": e.at.UnixMilli(), "ingestionTime": e.ingested.UnixMilli(), "message": e.text})
	}
	doc := map[string]any{"events": out, "nextForwardToken": "f/0", "nextBackwardToken": "b/0"}
	return inJSON(http.StatusOK, doc).set("Content-Type", "application/x-amz-json-1.1"), nil
}

// eventsFrom is one page; it looks at no more events than the sandbox's pages hold.
func (s *Sandbox) eventsFrom(q *eventQuery, all []logEvent, from int) map[string]any {
	doc, out := map[string]any{"searchedLogStreams": []any{}}, []any{}
	for i := from; i < len(all); i++ {
		if len(out) == q.Limit || i-from == s.o.PageSize {
			doc["nextToken"] = strconv.Itoa(i)
			break
		}
		if e := all[i]; q.wants(e) {
			out = append(out, map[string]any{
				"eventId": e.id, "logStreamName": e.stream, "timestamp": e.at.UnixMilli(), "ingestionTime": e.ingested.UnixMilli(), "message": e.text,
			})
		}
	}
	doc["events"] = out
	return doc
}

// logGroupOf is the name, from an ARN as well.
func logGroupOf(name, identifier string) string {
	if name != "" {
		return name
	}
	if found := between(identifier+":*", ":log-group:", ":*"); len(found) > 0 {
		return found[0]
	}
	return identifier
}

// visible are a group's events that can be seen, in the order of time.
func (l *logbook) visible(group string, now time.Time) []logEvent {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []logEvent
	for _, e := range l.events[group] {
		if !e.ingested.Add(l.lag).After(now) {
			out = append(out, e)
		}
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].at.Before(out[j].at) })
	return out
}
