package cloudwatchlogs

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/gate/gatetest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

var minute = rollout.Window{Start: noon, End: noon.Add(time.Minute)}

func (h *harness) measure(t *testing.T, of rollout.Revision) (rollout.Measurement, error) {
	t.Helper()
	return h.Open(t).Measure(t.Context(), h.Subject(of), minute)
}

// Streams of the day before, in either form of their names, and starts in JSON.
func TestStreamsOfAVersion(t *testing.T) {
	for name, c := range map[string]struct {
		group, stream, start string
		want                 float64
	}{
		"of yesterday":       {group, "2026/03/03/[7]abc", "START RequestId: x Version: 7", 1},
		"of another version": {group, "2026/03/04/[71]abc", "START RequestId: x Version: 71", 0},
		"of the group shop":  {"/shared", "2026/03/04/shop[7]abc", `{"type":"platform.start","record":{"version":"7"}}`, 1},
		"of another's":       {"/shared", "2026/03/04/shops[7]abc", `{"type":"platform.start","record":{"version":"7"}}`, 0},
	} {
		h := start(t)
		if c.group != group {
			h.facts["log_group"] = c.group
			if err := h.CreateLogGroup(t.Context(), c.group); err != nil {
				t.Fatal(err)
			}
		}
		h.WriteLog(c.group, c.stream, c.start, noon)
		h.WriteLog(c.group, c.stream, "payment error", noon)
		h.clock.Advance(time.Hour)
		m, err := h.measure(t, "7")
		if err != nil || m.Value != c.want || m.Samples != int(c.want) {
			t.Errorf("%s: %+v %v", name, m, err)
		}
	}
	for _, c := range []struct {
		w    rollout.Window
		want []string
	}{
		{rollout.Window{Start: noon, End: noon}, []string{"2026/03/03/[1]", "2026/03/04/[1]"}},
		{rollout.Window{Start: noon.Add(-15 * time.Hour), End: noon}, []string{"2026/03/02/[1]", "2026/03/03/[1]", "2026/03/04/[1]"}},
	} {
		if got := streamsOf("shop", "1", group, c.w); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q", c.w, got)
		}
	}
}

// What cannot be counted to its end is at least that much, and an empty page is
// not the end.
func TestPages(t *testing.T) {
	h := start(t)
	h.serve("7", noon, 600, 500) // pages of the sandbox hold 50 entries, of any sort
	h.clock.Advance(time.Hour)
	if m, err := h.measure(t, "7"); err != nil || !m.AtLeast || m.Value >= 500 || m.Note == "" {
		t.Errorf("%+v %v", m, err)
	}
	h = start(t)
	h.write("another", "noise", 300, noon)
	h.serve("7", noon.Add(time.Second), 0, 2)
	h.clock.Advance(time.Hour)
	if m, err := h.measure(t, "7"); err != nil || m != (rollout.Measurement{Value: 2, Samples: 2}) {
		t.Errorf("%+v %v", m, err)
	}
}

// Entries without a request are a value, and no requests are no data.
func TestWithoutRequests(t *testing.T) {
	h := start(t)
	h.write("2026/03/04/[7]abc", "payment error", 1, noon)
	h.write("2026/03/04/[8]abc", "another line", 1, noon)
	h.clock.Advance(time.Hour)
	if m, err := h.measure(t, "7"); err != nil || m != (rollout.Measurement{Value: 1, Samples: 1}) {
		t.Errorf("%+v %v", m, err)
	}
	if m, err := h.measure(t, "8"); err != nil || m.Samples != 0 || m.Note == "" {
		t.Errorf("%+v %v", m, err)
	}
}

// What a platform that is not Lambda has to be told.
func TestAnotherPlatform(t *testing.T) {
	h := start(t)
	h.facts = map[string]string{"region": h.Region(), "target_group": "targetgroup/a/1"}
	for want, block := range map[string]gatetest.Values{
		"cloudwatch_logs does not know where a logs":                                                                      {"filter": "x"},
		"cloudwatch_logs does not know what a request of a looks like":                                                    {"filter": "x", "log_group": group},
		"cloudwatch_logs cannot tell a from the others":                                                                   {"filter": "{{revision}}", "requests": "r", "log_group": group},
		"cloudwatch_logs does not know where a logs: Its platform does not say what its version is, which streams needs.": {"filter": "x", "requests": "r", "log_group": group, "streams": "{{version}}/"},
		"": {"filter": "x", "requests": "r", "log_group": group, "streams": "{{revision}}/"},
	} {
		h.block = block
		_, err := h.measure(t, "a")
		var p rollout.Problem
		if want == "" && err != nil || want != "" && (!errors.As(err, &p) || !strings.HasPrefix(p.What+": "+p.Why, want)) {
			t.Errorf("%v: %v, want %s", block, err, want)
		}
	}
}

// A pattern that cannot be read is wrong however often it is asked.
func TestBadPattern(t *testing.T) {
	h := start(t)
	h.block["filter"] = `{ $.level = }`
	_, err := h.measure(t, "7")
	if !errors.Is(err, rollout.ErrInvalid) || !strings.Contains(err.Error(), "try the pattern on the log group's page") {
		t.Errorf("%v", err)
	}
}

// Times are asked in whole milliseconds, with the end in, so that the window's is
// left out.
func TestTimes(t *testing.T) {
	var asked string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		asked = string(body)
		_, _ = io.WriteString(w, `{"events":[{"message":"`+inBody+`"}]}`)
	}))
	defer srv.Close()
	h := start(t)
	h.endpoint = srv.URL
	if _, err := h.Open(t).Measure(t.Context(), h.Subject("7"), rollout.Window{Start: time.UnixMilli(1000).Add(1), End: time.UnixMilli(2000)}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(asked, `"startTime":1001`) || !strings.Contains(asked, `"endTime":1999`) {
		t.Errorf("asked %s", asked)
	}
}

func TestBlock(t *testing.T) {
	for name, c := range map[string]struct {
		block gatetest.Values
		want  string
	}{
		"the least":         {gatetest.Values{"filter": "ERROR"}, ""},
		"everything":        {gatetest.Values{"filter": `{ $.v = "{{version}}" }`, "requests": "x", "log_group": "/a/{{content}}", "streams": "{{revision}}/", "delay": "0s", "region": "eu-west-1"}, ""},
		"unknown":           {gatetest.Values{"filter": gatetest.Unknown, "delay": gatetest.Unknown}, ""},
		"an empty filter":   {gatetest.Values{"filter": " "}, "filter of a cloudwatch_logs gate is empty"},
		"an empty group":    {gatetest.Values{"filter": "x", "log_group": ""}, "log_group of a cloudwatch_logs gate is empty"},
		"a long filter":     {gatetest.Values{"filter": strings.Repeat("x", 1025)}, "filter of a cloudwatch_logs gate is too long"},
		"a placeholder":     {gatetest.Values{"filter": "{{revison}}"}, "filter has a placeholder that is none"},
		"an open one":       {gatetest.Values{"filter": "x", "streams": "{{revision"}, "streams has a placeholder that is none"},
		"a delay of nobody": {gatetest.Values{"filter": "x", "delay": "-1s"}, "delay is not a duration"},
	} {
		problems := Kind().Validate(t.Context(), gatetest.Block(t, Kind(), c.block))
		if c.want == "" && len(problems) > 0 || c.want != "" && (len(problems) != 1 || problems[0].What != c.want) {
			t.Errorf("%s: %q, want %s", name, problems, c.want)
		}
	}
}
