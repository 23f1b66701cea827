package httpprobe

import (
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud/web"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/gate/gatetest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

type values = gatetest.Values

// asking is a block with one request, GET /healthz but for what is given.
func asking(given values) values {
	if _, ok := given["path"]; !ok {
		given["path"] = "/healthz"
	}
	return values{"request": []any{given}}
}

// What cannot be read is never taken for what nobody asked for.
func TestWhatCannotBeReadIsAProblem(t *testing.T) {
	odd := types.ListValueMust(types.BoolType, []attr.Value{types.BoolValue(true)})
	blocks := requestBlock{Path: types.StringValue("/healthz"), JSON: odd}
	_, conditions := blocks.read(t.Context(), usual)
	blocks = requestBlock{Path: types.StringValue("/healthz"), Capture: odd}
	_, captures := blocks.read(t.Context(), usual)
	_, codes := statuses(t.Context(), odd)
	for name, got := range map[string][]rollout.Problem{"json": conditions, "capture": captures, "status": {*codes}} {
		if len(got) != 1 || got[0] != msgUnreadable.With() {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

func TestValidate(t *testing.T) {
	latency := rollout.Problem{
		What: "A latency can never be exceeded",
		Why:  "latency is 10s, and a request ends after timeout, 10s.",
		Fix:  "Lower latency, or raise timeout.",
	}
	length := rollout.Problem{
		What: "latency is not a duration",
		Why:  `"500" has to be a number with a unit, above 0.`,
		Fix:  `Write it like "500ms", "10s" or "1m30s".`,
	}
	path := func(shown string) rollout.Problem {
		return rollout.Problem{
			What: "The path of a request is not a path",
			Why:  shown + " has to begin with a slash, without scheme and host, and every other character than those of addresses written as %XX.",
			Fix:  `Write it like "/api/v1/health". The host is the revision's own.`,
		}
	}
	head := rollout.Problem{
		What: "A HEAD request is to have a body",
		Why:  "Its answer has none, so text, json and what is captured from a body could never be found there.",
		Fix:  `Use method = "GET", or drop text, json and those captures.`,
	}
	for name, c := range map[string]struct {
		block values
		want  []rollout.Problem
	}{
		"one request":                           {asking(values{}), nil},
		"everything":                            {asking(values{"method": "POST", "status": []any{200, 404}, "latency": "500ms", "text": "ok", "json": []any{values{"path": "a.0", "equals": "1"}}}), nil},
		"all unknown":                           {values{"request": gatetest.Unknown, "timeout": gatetest.Unknown}, nil},
		"unknown within":                        {asking(values{"path": gatetest.Unknown, "method": gatetest.Unknown, "status": []any{gatetest.Unknown}, "latency": gatetest.Unknown, "text": gatetest.Unknown, "json": []any{values{"path": gatetest.Unknown, "equals": gatetest.Unknown}}}), nil},
		"a latency beside a timeout to be told": {values{"request": []any{values{"path": "/", "latency": "11s"}}, "timeout": gatetest.Unknown}, nil},
		"no request": {values{}, []rollout.Problem{{
			What: "An http gate asks nothing",
			Why:  "It has no request block, so it could never fail.",
			Fix:  `Add one: request { path = "/healthz" }.`,
		}}},
		"timeout without a unit": {values{"request": []any{values{"path": "/"}}, "timeout": "5"}, []rollout.Problem{{
			What: "timeout is not a duration",
			Why:  `"5" has to be a number with a unit, above 0.`,
			Fix:  `Write it like "500ms", "10s" or "1m30s".`,
		}}},
		"timeout too long": {values{"request": []any{values{"path": "/"}}, "timeout": "1m"}, []rollout.Problem{{
			What: "timeout is longer than one evaluation of a gate takes",
			Why:  `"1m" is more than 25s.`,
			Fix:  "Give 25s or less. A revision that needs longer for an answer can be given latency and another path.",
		}}},
		"latency without a unit":    {asking(values{"latency": "500"}), []rollout.Problem{length}},
		"latency as long as it may": {asking(values{"latency": "10s"}), []rollout.Problem{latency}},
		"path without a slash":      {asking(values{"path": "healthz"}), []rollout.Problem{path(`"healthz"`)}},
		"path with a host":          {asking(values{"path": "https://x/y"}), []rollout.Problem{path(`"https://x/y"`)}},
		"path that does not parse":  {asking(values{"path": "/a%zz?key=secret"}), []rollout.Problem{path(`"/a%zz"`)}},
		"path with a fragment":      {asking(values{"path": "/a#b"}), []rollout.Problem{path(`"/a#b"`)}},
		"method in small letters": {asking(values{"method": "get"}), []rollout.Problem{{
			What: "The method of a request is not known",
			Why:  `"get" is none of GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE. Methods are written in capitals.`,
			Fix:  `Leave it out for "GET".`,
		}}},
		"HEAD and a text": {asking(values{"method": "HEAD", "text": "ok"}), []rollout.Problem{head}},
		"HEAD and JSON":   {asking(values{"method": "HEAD", "json": []any{values{"path": "a"}}}), []rollout.Problem{head}},
		"status out of range": {asking(values{"status": []any{200, 99}}), []rollout.Problem{{
			What: "A status is no status of an answer",
			Why:  "99 is not between 200 and 599.",
			Fix:  "Write it like status = [200, 204].",
		}}},
		"no status": {asking(values{"status": []any{}}), []rollout.Problem{{
			What: "No status would be good",
			Why:  "status is an empty list.",
			Fix:  "Leave it out for any from 200 to 299, or name those that are good.",
		}}},
		"empty text": {asking(values{"text": ""}), []rollout.Problem{{
			What: "text is empty",
			Why:  "Every answer contains the empty text, so nothing would be asked.",
			Fix:  "Give a text, or leave it out.",
		}}},
		"JSON path with an empty part": {asking(values{"json": []any{values{"path": "data..status"}}}), []rollout.Problem{{
			What: "A path into JSON has an empty part",
			Why:  `"data..status" has to be keys and places in lists, joined by single dots.`,
			Fix:  `Write it like "data.items.0.status".`,
		}}},
		"a whole conversation": {values{"auth": "google_id_token", "request": []any{
			values{"path": "/login", "method": "POST", "on": "promoted", "safe": true, "body_wo": "{}", "headers_wo": values{"X-Api-Key": "k"}, "capture": []any{values{"name": "token", "json": "a.b"}}},
			values{"path": "/a/{{token}}", "on": "candidate", "headers": values{"Authorization": "Bearer {{token}}"}, "headers_env": values{"X-B": "B"}},
		}}, nil},
		"a conversation that is not known yet": {values{"auth": gatetest.Unknown, "request": []any{
			values{
				"path": "/", "method": gatetest.Unknown, "on": gatetest.Unknown, "safe": gatetest.Unknown, "body": gatetest.Unknown, "content_type": gatetest.Unknown,
				"headers": values{"X-A": gatetest.Unknown}, "headers_wo": gatetest.Unknown, "headers_env": gatetest.Unknown, "capture": gatetest.Unknown,
			},
			values{"path": "/", "method": "POST", "body_wo": gatetest.Unknown, "capture": []any{values{"name": gatetest.Unknown, "json": gatetest.Unknown, "regex": nil}}},
			values{"path": "/{{whatever}}", "method": "POST", "body_env": gatetest.Unknown},
		}}, nil},
		"auth":                      {values{"auth": "basic", "request": []any{values{"path": "/"}}}, []rollout.Problem{msgAuth.With("value", "basic")}},
		"on":                        {asking(values{"on": "home"}), []rollout.Problem{msgOn.With("value", "home")}},
		"on, alone":                 {asking(values{"on": "promoted"}), []rollout.Problem{msgOnAlone.With()}},
		"on, too late":              {values{"request": []any{values{"path": "/"}, values{"path": "/", "on": "promoted"}}}, []rollout.Problem{msgOnLate.With()}},
		"GET with a body":           {asking(values{"body": "x"}), []rollout.Problem{msgBodyMethod.With("method", "GET")}},
		"two bodies":                {asking(values{"method": "POST", "body": "x", "body_wo": "y"}), []rollout.Problem{msgBodyTwice.With()}},
		"a body in no variable":     {asking(values{"method": "POST", "body_env": `{"password":"s3cret"}`}), []rollout.Problem{msgBodyVariable.With()}},
		"content_type":              {asking(values{"method": "POST", "body": "x", "content_type": "json"}), []rollout.Problem{msgContentType.With("value", "json")}},
		"content_type, alone":       {asking(values{"content_type": "text/plain"}), []rollout.Problem{msgContentTypeAlone.With()}},
		"capture without a name":    {asking(values{"capture": []any{values{"name": "To-ken", "json": "a"}}}), []rollout.Problem{msgCaptureName.With("name", "To-ken")}},
		"capture from nowhere":      {asking(values{"capture": []any{values{"name": "t"}}}), []rollout.Problem{msgCaptureSource.With("name", "t", "count", "none")}},
		"capture from two places":   {asking(values{"capture": []any{values{"name": "t", "json": "a", "header": "b"}}}), []rollout.Problem{msgCaptureSource.With("name", "t", "count", "more than one")}},
		"capture twice":             {asking(values{"capture": []any{values{"name": "t", "json": "a"}, values{"name": "t", "json": "b"}}}), []rollout.Problem{msgCaptureTwice.With("name", "t")}},
		"capture, no group":         {asking(values{"capture": []any{values{"name": "t", "regex": "abc"}}}), []rollout.Problem{msgCaptureExpression.With("name", "t")}},
		"capture, no expression":    {asking(values{"capture": []any{values{"name": "t", "regex": "(a"}}}), []rollout.Problem{msgCaptureExpression.With("name", "t")}},
		"capture of an empty part":  {asking(values{"capture": []any{values{"name": "t", "json": "a."}}}), []rollout.Problem{msgJSONPath.With("path", "a.")}},
		"capture from HEAD":         {asking(values{"method": "HEAD", "capture": []any{values{"name": "t", "json": "a"}}}), []rollout.Problem{head}},
		"a header of HEAD":          {asking(values{"method": "HEAD", "capture": []any{values{"name": "t", "header": "a"}}}), nil},
		"not captured":              {asking(values{"path": "/{{token}}"}), []rollout.Problem{msgNotCaptured.With("name", "token")}},
		"captured too late":         {asking(values{"path": "/{{t}}", "capture": []any{values{"name": "t", "json": "a"}}}), []rollout.Problem{msgNotCaptured.With("name", "t")}},
		"a placeholder of no name":  {asking(values{"path": "/{{To-ken}}"}), []rollout.Problem{web.BadPlaceholder("The path of a request")}},
		"a placeholder that is not": {asking(values{"method": "POST", "body_wo": "{{s3cret"}), []rollout.Problem{web.BadPlaceholder("The body of a request")}},
	} {
		t.Run(name, func(t *testing.T) {
			got := Kind().Validate(t.Context(), gatetest.Block(t, Kind(), c.block))
			if len(got) != len(c.want) {
				t.Fatalf("got %q\nwant %q", got, c.want)
			}
			for i := range got {
				if got[i] != c.want[i] {
					t.Errorf("got  %q\nwant %q", got[i], c.want[i])
				}
			}
		})
	}
}

func TestAbsentBlock(t *testing.T) {
	for _, o := range []types.Object{types.ObjectNull(nil), types.ObjectUnknown(nil)} {
		if got := Kind().Validate(t.Context(), o); len(got) > 0 {
			t.Errorf("got %q", got)
		}
	}
}

func TestOpenReadsWhatIsWritten(t *testing.T) {
	open := func(v values) *probe {
		t.Helper()
		s, err := Kind().Open(t.Context(), gatetest.Block(t, Kind(), v), cloud.New(cloud.Config{}))
		if err != nil {
			t.Fatal(err)
		}
		return s.(*probe)
	}
	p := open(values{"timeout": "3s", "request": []any{
		values{"path": "/a"},
		values{"path": "/b", "method": "POST", "status": []any{201}, "latency": "1s", "text": "t", "json": []any{values{"path": "x"}, values{"path": "y", "equals": "1"}}},
	}})
	if p.timeout != 3*time.Second || len(p.requests) != 2 || p.requests[0].method != "GET" || len(p.requests[0].status) != 0 {
		t.Errorf("got %+v", p)
	}
	b := p.requests[1]
	if b.method != "POST" || b.status[0] != 201 || b.latency != time.Second || b.text != "t" || b.json[0].equals != nil || *b.json[1].equals != "1" {
		t.Errorf("got %+v", b)
	}
	if p := open(asking(values{})); p.timeout != 10*time.Second {
		t.Errorf("the timeout is %s unless given", p.timeout)
	}
	if _, err := Kind().Open(t.Context(), gatetest.Block(t, Kind(), values{}), cloud.New(cloud.Config{})); err == nil {
		t.Error("a block that is wrong was opened")
	}
}
