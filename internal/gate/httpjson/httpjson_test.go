package httpjson

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/clock/clocktest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud/web"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/gate/gatetest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

var (
	noon  = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	clock = clocktest.New(noon)
	five  = rollout.Window{Start: noon.Add(-5*time.Minute - 500*time.Millisecond), End: noon.Add(400 * time.Millisecond)}
)

func server(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func measure(t *testing.T, of rollout.Subject, v values) (rollout.Measurement, error) {
	t.Helper()
	s, err := Kind().Open(t.Context(), gatetest.Block(t, Kind(), v), cloud.New(cloud.Config{Clock: clock}))
	if err != nil {
		t.Fatal(err)
	}
	return s.Measure(t.Context(), of, five)
}

// What placeholders stand for, escaped for where they stand.
func TestWhatIsAsked(t *testing.T) {
	var got string
	url := server(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = strings.TrimSpace(fmt.Sprintf("%s %s %s %s %s", r.Method, r.URL.RequestURI(), r.Header.Get("X-Of"), r.Header.Get("Content-Type"), body))
		_, _ = io.WriteString(w, `{"n":1}`)
	})
	of := rollout.Subject{Revision: "api-2", Facts: map[string]string{"service": `a/b&"c"`, "location": "us"}}
	for _, c := range []struct {
		block values
		want  string
	}{
		{values{"url": "/v1/{{service}}/{{revision}}"}, `GET /v1/a%2Fb&%22c%22/api-2`},
		{values{"url": "?s={{service}}&w={{window}}"}, `GET /?s=a%2Fb%26%22c%22&w=300`},
		{values{"url": "/?from={{start}}&to={{end}}"}, `GET /?from=2026-03-04T11%3A55%3A00Z&to=2026-03-04T12%3A00%3A00Z`},
		{values{"url": "/?from={{ start_unix }}&to={{ end_unix }}"}, `GET /?from=1772625300&to=1772625600`},
		{values{"url": "/{{{{raw}}"}, `GET /%7B%7Braw%7D%7D`},
		{values{"url": "/", "headers": values{"X-Of": "{{location}}"}}, `GET / us`},
		{values{"url": "/q", "body": `{"query":{"of":"{{service}}","from":{{start_unix}}}}`}, `POST /q  application/json {"query":{"of":"a/b\u0026\"c\"","from":1772625300}}`},
		{values{"url": "/q", "body": "s={{service}}", "content_type": "application/x-www-form-urlencoded"}, `POST /q  application/x-www-form-urlencoded s=a%2Fb%26%22c%22`},
		{values{"url": "/q", "body": "of {{service}}"}, `POST /q  text/plain; charset=utf-8 of a/b&"c"`},
	} {
		c.block["url"], c.block["value"] = url+c.block["url"].(string), "n"
		if m, err := measure(t, of, c.block); err != nil || m != (rollout.Measurement{Value: 1, Samples: 1}) || got != c.want {
			t.Errorf("it asked %s\nwant     %s (%+v, %v)", got, c.want, m, err)
		}
	}
}

func TestNumbers(t *testing.T) {
	of := rollout.Subject{Revision: "api-2"}
	text := ""
	url := server(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) })
	for name, c := range map[string]struct {
		text, value, samples string
		want                 rollout.Measurement
		err                  string
	}{
		"whole":                    {text: `{"a":[{"n":7}]}`, value: "a.0.n", want: rollout.Measurement{Value: 7, Samples: 1}},
		"negative, with a part":    {text: `{"n":-1.5e2}`, value: "n", want: rollout.Measurement{Value: -150, Samples: 1}},
		"zero":                     {text: `{"n":0}`, value: "n", want: rollout.Measurement{Samples: 1}},
		"of a list":                {text: `{"reports":[1,{},"x"]}`, value: "reports.length", want: rollout.Measurement{Value: 3, Samples: 1}},
		"of an empty list":         {text: `{"reports":[]}`, value: "reports.length", want: rollout.Measurement{Samples: 1}},
		"the whole is a list":      {text: `[1,2]`, value: "length", want: rollout.Measurement{Value: 2, Samples: 1}},
		"length is a key too":      {text: `{"a":{"length":9}}`, value: "a.length", want: rollout.Measurement{Value: 9, Samples: 1}},
		"length of no list":        {text: `{"a":{"b":9}}`, value: "a.length", want: rollout.Measurement{Note: "the answer has no number at a.length"}},
		"with samples":             {text: `{"n":7,"of":12}`, value: "n", samples: "of", want: rollout.Measurement{Value: 7, Samples: 12}},
		"no samples":               {text: `{"n":7,"of":0}`, value: "n", samples: "of", want: rollout.Measurement{Note: "the answer has no samples at of"}},
		"samples that are missing": {text: `{"n":7}`, value: "n", samples: "of", want: rollout.Measurement{Note: "the answer has no samples at of"}},
		"null":                     {text: `{"n":null}`, value: "n", want: rollout.Measurement{Note: "the answer has no number at n"}},
		"missing":                  {text: `{"m":1}`, value: "n", want: rollout.Measurement{Note: "the answer has no number at n"}},
		"too large":                {text: `{"n":1e999}`, value: "n", want: rollout.Measurement{Note: "the answer has no number at n"}},
		"a string":                 {text: `{"n":"7"}`, value: "n", err: "what stands at n of its answer is not a number"},
		"samples in a string":      {text: `{"n":7,"of":"x"}`, value: "n", samples: "of", err: "what stands at of of its answer is not a number"},
		"a list":                   {text: `{"n":[7]}`, value: "n", err: "is not a number"},
		"true":                     {text: `{"n":true}`, value: "n", err: "is not a number"},
		"no JSON":                  {text: `n=7`, value: "n", err: "something that is not JSON (status 200)"},
		"nothing":                  {text: ``, value: "n", err: "something that is not JSON"},
		"too much":                 {text: `{"n":7,"x":"` + strings.Repeat("x", 1<<20), value: "n", err: "more than 1 MiB"},
	} {
		text = c.text
		block := values{"url": url, "value": c.value}
		if c.samples != "" {
			block["samples"] = c.samples
		}
		m, err := measure(t, of, block)
		if m != c.want || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: %+v, %v", name, m, err)
		}
		if wrong := strings.Contains(c.err, "not a number") || strings.Contains(c.err, "MiB"); errors.Is(err, rollout.ErrInvalid) != wrong {
			t.Errorf("%s: whether it will be so again is not known: %v", name, err)
		}
	}
}

// What is counted: only samples tell an absent thing from one that nobody knows of.
func TestCounts(t *testing.T) {
	text := ""
	url := server(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) })
	for name, c := range map[string]struct {
		text, samples string
		want          rollout.Measurement
		err           string
	}{
		"some":                          {text: `{"n":3}`, want: rollout.Measurement{Value: 3, Samples: 1}},
		"none, as the answer says":      {text: `{"n":0}`, want: rollout.Measurement{Samples: 1}},
		"nobody knows":                  {text: `{}`, want: rollout.Measurement{Note: "the answer has no number at n"}},
		"less than none":                {text: `{"n":-1,"of":12}`, samples: "of", want: rollout.Measurement{Note: "what the answer has at n is less than none, which is no number of things"}},
		"some beside requests":          {text: `{"n":3,"of":12}`, samples: "of", want: rollout.Measurement{Value: 3, Samples: 12}},
		"some without requests":         {text: `{"n":3,"of":0}`, samples: "of", want: rollout.Measurement{Value: 3, Samples: 1}},
		"none beside requests":          {text: `{"of":12}`, samples: "of", want: rollout.Measurement{Samples: 12}},
		"null beside requests":          {text: `{"n":null,"of":12}`, samples: "of", want: rollout.Measurement{Samples: 12}},
		"a zero beside requests":        {text: `{"n":0,"of":12}`, samples: "of", want: rollout.Measurement{Samples: 12}},
		"a zero without requests":       {text: `{"n":0,"of":0}`, samples: "of", want: rollout.Measurement{Note: "the answer has no samples at of"}},
		"none without requests":         {text: `{"of":0}`, samples: "of", want: rollout.Measurement{Note: "the answer has no number at n"}},
		"neither":                       {text: `{}`, samples: "of", want: rollout.Measurement{Note: "the answer has no number at n"}},
		"more than anybody can hold":    {text: `{"n":1e999,"of":12}`, samples: "of", want: rollout.Measurement{Note: "the answer has no number at n"}},
		"requests that nobody can hold": {text: `{"of":1e999}`, samples: "of", want: rollout.Measurement{Note: "the answer has no number at n"}},
		"a text":                        {text: `{"n":"3","of":12}`, samples: "of", err: "is not a number"},
		"requests in a text":            {text: `{"of":"12"}`, samples: "of", err: "is not a number"},
	} {
		text = c.text
		block := values{"url": url, "value": "n"}
		if c.samples != "" {
			block["samples"] = c.samples
		}
		s, err := Kind().Open(t.Context(), gatetest.Block(t, Kind(), block), cloud.New(cloud.Config{}))
		if err != nil {
			t.Fatal(err)
		}
		m, err := s.(rollout.Counting).Count(t.Context(), rollout.Subject{Revision: "api-2"}, rollout.Window{Start: noon, End: noon.Add(time.Minute)})
		if m != c.want && c.err == "" || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: %+v, %v", name, m, err)
		}
	}
}

func TestAnswersThatAreRefused(t *testing.T) {
	status := 0
	url := server(t, func(w http.ResponseWriter, r *http.Request) {
		if status == http.StatusFound {
			http.Redirect(w, r, "/else", status)
			return
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, `{"n":1}`)
	})
	block := values{"url": url + "/x?key=s3cret", "value": "n", "headers_wo": values{"X-Api-Key": "s3cret"}}
	for code, want := range map[int]struct {
		is   error
		text string
	}{
		302: {rollout.ErrInvalid, "it answered 302, and redirects are not followed"},
		400: {rollout.ErrInvalid, "it cannot answer what is asked (status 400)"},
		403: {rollout.ErrDenied, "it answered 403 to a request with X-Api-Key (headers_wo)"},
		404: {nil, "/x: it answered 404"},
		500: {nil, "/x: it answered 500"},
	} {
		status = code
		m, err := measure(t, rollout.Subject{}, block)
		lasting := errors.Is(err, rollout.ErrInvalid) || errors.Is(err, rollout.ErrDenied)
		if err == nil || m.Samples != 0 || !strings.Contains(err.Error(), want.text) || strings.Contains(err.Error(), "s3cret") || lasting != (want.is != nil) || want.is != nil && !errors.Is(err, want.is) {
			t.Errorf("%d: %+v, %v", code, m, err)
		}
	}
	if _, err := measure(t, rollout.Subject{}, values{"url": "http://127.0.0.1:1/?key=s3cret", "value": "n"}); err == nil || err.Error() != "ask http://127.0.0.1:1/: no answer came: the connection was refused" {
		t.Errorf("nobody there: %v", err)
	}
}

func TestWhatThePlatformDoesNotSay(t *testing.T) {
	for _, block := range []values{
		{"url": "http://127.0.0.1:1/{{image}}", "value": "n"},
		{"url": "http://127.0.0.1:1/?i={{image}}", "value": "n"},
		{"url": "http://127.0.0.1:1/", "value": "n", "body": "{{image}}"},
		{"url": "http://127.0.0.1:1/", "value": "n", "headers": values{"X-I": "{{image}}"}},
	} {
		if _, err := measure(t, rollout.Subject{Revision: "api-2"}, block); err == nil || err.Error() != "the platform does not say what {{image}} is for api-2" {
			t.Errorf("%v: %v", block, err)
		}
	}
}

func TestWindows(t *testing.T) {
	url := server(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"n":1}`) })
	s, err := Kind().Open(t.Context(), gatetest.Block(t, Kind(), values{"url": url, "value": "n", "delay": "2m"}), cloud.New(cloud.Config{Clock: clock}))
	if err != nil {
		t.Fatal(err)
	}
	if d, err := s.(rollout.Delayed).Delay(t.Context(), rollout.Subject{}); d != 2*time.Minute || err != nil {
		t.Errorf("late by %s, %v", d, err)
	}
	short := rollout.Window{Start: noon.Add(100 * time.Millisecond), End: noon.Add(1900 * time.Millisecond)}
	if m, err := s.Measure(t.Context(), rollout.Subject{}, short); err != nil || m != (rollout.Measurement{Note: "the window is shorter than a second"}) {
		t.Errorf("got %+v, %v", m, err)
	}
}

func TestDescribe(t *testing.T) {
	for _, c := range []struct {
		block  values
		unit   string
		counts bool
	}{{values{"url": "https://x", "value": "n"}, "", false}, {values{"url": "https://x", "value": "n", "unit": "%", "samples": "m"}, "%", true}} {
		if d := Kind().Describe(t.Context(), gatetest.Block(t, Kind(), c.block)); d.Unit != c.unit || d.Counts != c.counts || d.MinWindow != time.Second {
			t.Errorf("%+v", d)
		}
	}
}

// A question is of everybody where nothing in it tells one revision from another.
func TestOfEverybody(t *testing.T) {
	const url = "https://x/{{service}}"
	for name, c := range map[string]struct {
		block     values
		everybody bool
	}{
		"none":                     {values{"url": url}, true},
		"in the path":              {values{"url": url + "/{{revision}}"}, false},
		"in the query":             {values{"url": url + "?r={{content}}"}, false},
		"in the body":              {values{"url": url, "body": "{{image}}"}, false},
		"in a header":              {values{"url": url, "headers": values{"X-R": "{{revision}}"}}, false},
		"the window alone":         {values{"url": url + "?from={{start}}"}, true},
		"an address not known yet": {values{"url": gatetest.Unknown}, false},
		"a body not known yet":     {values{"url": url, "body": gatetest.Unknown}, false},
		"a header not known yet":   {values{"url": url, "headers": values{"X-R": gatetest.Unknown}}, false},
	} {
		c.block["value"] = "n"
		if d := Kind().Describe(t.Context(), gatetest.Block(t, Kind(), c.block)); d.Everybody != c.everybody {
			t.Errorf("%s: %+v", name, d)
		}
	}
}

func TestValidate(t *testing.T) {
	with := func(v values) values {
		for name, usual := range map[string]any{"url": "https://m.example.com/x", "value": "n"} {
			if _, ok := v[name]; !ok {
				v[name] = usual
			}
		}
		return v
	}
	unknown := gatetest.Unknown
	placeholder := func(attribute string) rollout.Problem {
		return msgUnknownPlaceholder.With("attribute", attribute, "name", "{{revison}}", "names", "{{"+strings.Join(known, "}}, {{")+"}}")
	}
	for name, c := range map[string]struct {
		block values
		want  []rollout.Problem
	}{
		"the least":               {with(values{}), nil},
		"everything":              {with(values{"samples": "a.b", "body": "{}", "content_type": "application/json", "headers": values{"X-A": "{{service}}"}, "headers_wo": values{"X-B": "s3cret"}, "headers_env": values{"X-C": "C"}, "unit": "%", "timeout": "25s", "delay": "2m"}), nil},
		"unknown":                 {values{"url": unknown, "value": unknown, "samples": unknown, "body": unknown, "content_type": unknown, "headers": values{"X-A": unknown}, "headers_wo": unknown, "headers_env": unknown, "unit": unknown, "timeout": unknown, "delay": unknown}, nil},
		"this machine":            {with(values{"url": "http://127.0.0.1:9/x", "headers_wo": values{"X-B": "s3cret"}}), nil},
		"capitals":                {with(values{"url": "HTTPS://M.example.com/x"}), nil},
		"no address":              {with(values{"url": "m.example.com/s3cret"}), []rollout.Problem{msgURL.With()}},
		"another scheme":          {with(values{"url": "ftp://m.example.com"}), []rollout.Problem{msgURL.With()}},
		"a fragment":              {with(values{"url": "https://m.example.com/#s3cret"}), []rollout.Problem{msgURL.With()}},
		"a password":              {with(values{"url": "https://u:s3cret@m.example.com"}), []rollout.Problem{msgURLCredential.With()}},
		"a host to be filled in":  {with(values{"url": "https://{{service}}.example.com/"}), []rollout.Problem{msgURLHost.With()}},
		"in clear":                {with(values{"url": "http://m.example.com/x?y", "headers_env": values{"X-C": "C"}}), []rollout.Problem{msgClear.With("at", "http://m.example.com/x", "credential", "X-C (from C)")}},
		"a misspelt placeholder":  {with(values{"url": "https://m.example.com/{{revison}}"}), []rollout.Problem{placeholder("url")}},
		"… in a header":           {with(values{"headers": values{"X-A": "{{revison}}"}}), []rollout.Problem{placeholder("headers")}},
		"… in a body":             {with(values{"body": "{{revison}}"}), []rollout.Problem{placeholder("body")}},
		"an open placeholder":     {with(values{"url": "https://m.example.com/{{revision"}), []rollout.Problem{web.BadPlaceholder("The url of an http_json gate")}},
		"… in a body that is not": {with(values{"body": "{{revision"}), []rollout.Problem{web.BadPlaceholder("The body of an http_json gate")}},
		"no path":                 {with(values{"value": "a..b"}), []rollout.Problem{msgPath.With("attribute", "value", "path", "a..b")}},
		"no path of samples":      {with(values{"samples": ""}), []rollout.Problem{msgPath.With("attribute", "samples", "path", "")}},
		"an empty body":           {with(values{"body": " "}), []rollout.Problem{msgBodyEmpty.With()}},
		"a type of nothing":       {with(values{"content_type": "text/plain"}), []rollout.Problem{msgContentTypeAlone.With()}},
		"a type that is none":     {with(values{"body": "x", "content_type": "json"}), []rollout.Problem{msgContentType.With("value", "json")}},
		"timeout":                 {with(values{"timeout": "5"}), []rollout.Problem{msgDuration.With("attribute", "timeout", "value", "5")}},
		"timeout too long":        {with(values{"timeout": "1m"}), []rollout.Problem{msgTimeout.With("timeout", "1m", "longest", "25s")}},
		"delay":                   {with(values{"delay": "-1s"}), []rollout.Problem{msgDuration.With("attribute", "delay", "value", "-1s")}},
	} {
		got := Kind().Validate(t.Context(), gatetest.Block(t, Kind(), c.block))
		for i := range c.want {
			c.want[i].At = "value"
		}
		if len(got) != len(c.want) || len(got) > 0 && got[0] != c.want[0] || strings.Contains(fmt.Sprint(got), "s3cret") {
			t.Errorf("%s: got %q\nwant %q", name, got, c.want)
		}
	}
	if got := Kind().Validate(t.Context(), gatetest.Block(t, Kind(), with(values{"headers": values{"Authorization": "s3cret"}}))); len(got) != 1 || got[0].At != "value" {
		t.Errorf("a credential in a header: %q", got)
	}
	for _, o := range []types.Object{types.ObjectNull(nil), types.ObjectUnknown(nil)} {
		if got := Kind().Validate(t.Context(), o); len(got) > 0 {
			t.Errorf("got %q", got)
		}
	}
}

func TestOpenTellsWhatIsMissing(t *testing.T) {
	for want, block := range map[string]values{
		"headers_env names NOT_SET_HERE": {"url": "https://x", "value": "n", "headers_env": values{"X-A": "NOT_SET_HERE"}},
		"is not an address":              {"url": "x", "value": "n"},
	} {
		if _, err := Kind().Open(t.Context(), gatetest.Block(t, Kind(), block), cloud.New(cloud.Config{})); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
