package httpprobe

import (
	"context"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud/web"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/lazyregexp"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

var (
	methods     = []string{"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"}
	bodyless    = []string{"GET", "HEAD", "OPTIONS"}
	captureName = lazyregexp.New(`^[a-z][a-z0-9_]*$`)
)

// read turns the block into a probe. What is unknown is left out, and is not
// wrong.
func read(ctx context.Context, object types.Object) (probe, []rollout.Problem) {
	p := probe{timeout: usual, within: longest}
	var b block
	if object.IsNull() || object.IsUnknown() {
		return p, nil
	}
	if object.As(ctx, &b, basetypes.ObjectAsOptions{}).HasError() {
		return p, []rollout.Problem{msgUnreadable.With()}
	}
	var problems []rollout.Problem
	if d, problem := duration("timeout", b.Timeout); problem != nil {
		problems = append(problems, *problem)
	} else if d > longest {
		problems = append(problems, msgTimeoutTooLong.With("timeout", b.Timeout.ValueString(), "longest", rollout.Short(longest)))
	} else if d > 0 {
		p.timeout = d
	}
	if b.Timeout.IsUnknown() {
		p.timeout = longest // for comparisons: it may be that
	}
	problems = append(problems, p.readAuth(b)...)
	if b.Request.IsUnknown() {
		return p, problems
	}
	requests, problem := elements[requestBlock](ctx, b.Request)
	if problem != nil {
		return p, append(problems, *problem)
	}
	if len(requests) == 0 {
		problems = append(problems, msgAsksNothing.With())
	}
	for _, rb := range requests {
		r, more := rb.read(ctx, p.timeout)
		p.requests, problems = append(p.requests, r), append(problems, more...)
	}
	return p, append(problems, p.check(requests)...)
}

// readAuth reads how requests say who asks.
func (p *probe) readAuth(b block) []rollout.Problem {
	var n notes
	switch word := b.Auth.ValueString(); {
	case !given(b.Auth), b.Auth.IsUnknown():
	case word == "google_id_token":
		p.identified = true
	case word == "sigv4":
		p.signing = &signing{service: b.AWSService.ValueString(), region: b.AWSRegion.ValueString()}
		if !given(b.AWSService) {
			p.signing.service = "lambda"
		}
	default:
		n.say(msgAuth, "value", word)
	}
	if given(b.AWSService) && !b.AWSService.IsUnknown() && b.AWSService.ValueString() == "" {
		n.say(msgNoAWSService)
	}
	for _, a := range []struct {
		name  string
		value types.String
	}{{"aws_service", b.AWSService}, {"aws_region", b.AWSRegion}} {
		if given(a.value) && p.signing == nil && !b.Auth.IsUnknown() {
			m := msgWithoutSigV4.With("attribute", a.name)
			m.At = a.name
			n = append(n, m)
		}
	}
	if r := b.AWSRegion.ValueString(); r != "" && !cloud.IsAWSRegion(r) {
		n.say(msgAWSRegion, "region", r)
	}
	return n
}

// check looks at the requests as one conversation.
func (p *probe) check(from []requestBlock) []rollout.Problem {
	var out []rollout.Problem
	captured, unknown, candidate := map[string]bool{}, false, false
	for i, r := range p.requests {
		if r.home && candidate {
			out = append(out, msgOnLate.With())
		}
		candidate = candidate || !r.home
		for _, name := range r.names() {
			if !captured[name] && !unknown {
				out = append(out, msgNotCaptured.With("name", name))
			}
		}
		for _, c := range r.captures {
			if captured[c.name] && c.name != "" {
				out = append(out, msgCaptureTwice.With("name", c.name))
			}
			captured[c.name] = true
			unknown = unknown || c.name == ""
		}
		unknown = unknown || from[i].Capture.IsUnknown()
	}
	out = append(out, p.checkSigned()...)
	if len(p.requests) > 0 && !candidate {
		out = append(out, msgOnAlone.With())
	}
	return out
}

// checkSigned finds a header that stands where the signature does.
func (p *probe) checkSigned() []rollout.Problem {
	if p.signing != nil && slices.ContainsFunc(p.requests, func(r request) bool { return r.headers.Has("Authorization") }) {
		return []rollout.Problem{msgTwoAuths.With()}
	}
	return nil
}

// elements reads the blocks of a list; none where it is not known. One that
// cannot be read is a problem: what it asks for must not go missing.
func elements[T any](ctx context.Context, list types.List) ([]T, *rollout.Problem) {
	var out []T
	if !list.IsNull() && !list.IsUnknown() && list.ElementsAs(ctx, &out, false).HasError() {
		return nil, msgUnreadable.Found()
	}
	return out, nil
}

// texts returns what is known of a map of texts.
func texts(m types.Map) map[string]string {
	out := map[string]string{}
	for name, v := range m.Elements() {
		if s, ok := v.(types.String); ok && !s.IsNull() && !s.IsUnknown() {
			out[name] = s.ValueString()
		}
	}
	return out
}

// given reports whether an attribute has a value, known or not.
func given(v attr.Value) bool { return !v.IsNull() }

// notes collects problems.
type notes []rollout.Problem

func (n *notes) add(p *rollout.Problem) {
	if p != nil {
		*n = append(*n, *p)
	}
}

func (n *notes) say(m rollout.Message, pairs ...any) { *n = append(*n, m.With(pairs...)) }

// read turns one request block into a request.
func (b requestBlock) read(ctx context.Context, timeout time.Duration) (request, []rollout.Problem) {
	r := request{
		method: http.MethodGet, text: b.Text.ValueString(), trusted: b.Safe.ValueBool(),
		headers: web.Headers{Plain: texts(b.Headers), Secret: texts(b.HeadersWO), Env: texts(b.HeadersEnv), Captured: true},
	}
	if b.Method.ValueString() != "" {
		r.method = b.Method.ValueString()
	}
	var n notes
	n.add(r.readPath(b.Path))
	n.add(b.checkMethod(r.method))
	n.add(r.readOn(b.On))
	n = append(n, r.readBody(b)...)
	n = append(n, r.headers.Check()...)
	var problem *rollout.Problem
	r.status, problem = statuses(ctx, b.Status)
	n.add(problem)
	r.latency, problem = duration("latency", b.Latency)
	n.add(problem)
	if r.latency >= timeout {
		n.say(msgLatency, "latency", rollout.Short(r.latency), "timeout", rollout.Short(timeout))
	}
	if b.Text.ValueString() == "" && !b.Text.IsNull() && !b.Text.IsUnknown() {
		n.say(msgTextEmpty)
	}
	conditions, problem := elements[jsonBlock](ctx, b.JSON)
	n.add(problem)
	for _, jb := range conditions {
		c, problem := jb.read()
		r.json = append(r.json, c)
		n.add(problem)
	}
	captures, problem := elements[captureBlock](ctx, b.Capture)
	n.add(problem)
	for _, cb := range captures {
		c, more := cb.read(r.method)
		r.captures, n = append(r.captures, c), append(n, more...)
	}
	return r, n
}

func (b jsonBlock) read() (condition, *rollout.Problem) {
	c := condition{path: b.Path.ValueString(), equals: b.Equals.ValueStringPointer()}
	if !b.Path.IsUnknown() && !web.IsPath(c.path) {
		p := msgJSONPath.With("path", c.path)
		return c, &p
	}
	return c, nil
}

// readPath reads the path, and the query behind it.
func (r *request) readPath(v types.String) *rollout.Problem {
	if v.IsUnknown() {
		return nil
	}
	path, query, _ := strings.Cut(v.ValueString(), "?")
	r.shown, r.queries = path, strings.Contains(v.ValueString(), "?")
	var ok, also bool
	r.path, ok = web.ParseTemplate(path)
	r.query, also = web.ParseTemplate(query)
	if !ok || !also {
		p := msgWebPlaceholder("path")
		return &p
	}
	one := func(string) string { return "1" }
	filled := r.path.Fill(nil, one) + "?" + r.query.Fill(nil, one)
	_, err := url.Parse("http://host" + filled)
	if strings.HasPrefix(path, "/") && err == nil && !strings.Contains(filled, "#") {
		return nil
	}
	p := msgPath.With("path", path)
	return &p
}

func (b requestBlock) checkMethod(method string) *rollout.Problem {
	switch {
	case b.Method.IsUnknown():
	case !slices.Contains(methods, method):
		p := msgMethod.With("method", method, "methods", strings.Join(methods, ", "))
		return &p
	case method == http.MethodHead && (given(b.Text) || len(b.JSON.Elements()) > 0):
		p := msgHeadBody.With()
		return &p
	}
	return nil
}

func (r *request) readOn(v types.String) *rollout.Problem {
	switch v.ValueString() {
	case "promoted":
		r.home = true
	case "", "candidate":
	default:
		p := msgOn.With("value", v.ValueString())
		return &p
	}
	return nil
}

// readBody reads what stands in configuration of a body; what an environment
// variable holds is read when the probe is opened.
func (r *request) readBody(b requestBlock) []rollout.Problem {
	n := notes(b.checkBody(r.method))
	if t := b.ContentType.ValueString(); given(b.ContentType) && !b.ContentType.IsUnknown() {
		if kind, _, err := mime.ParseMediaType(t); err != nil || !strings.Contains(kind, "/") {
			n.say(msgContentType, "value", t)
		}
		r.contentType = t
	}
	r.secret = given(b.BodyWO) || given(b.BodyEnv) || r.headers.Private()
	r.bodyEnv = b.BodyEnv.ValueString()
	if text := b.Body.ValueString() + b.BodyWO.ValueString(); text != "" && !r.setBody(text) {
		n = append(n, msgWebPlaceholder("body"))
	}
	return n
}

// checkBody looks at what a body is made of.
func (b requestBlock) checkBody(method string) []rollout.Problem {
	var n notes
	count := 0
	for _, v := range []types.String{b.Body, b.BodyWO, b.BodyEnv} {
		if given(v) {
			count++
		}
	}
	switch {
	case count > 1:
		n.say(msgBodyTwice)
	case count == 0 && given(b.ContentType):
		n.say(msgContentTypeAlone)
	case count == 1 && slices.Contains(bodyless, method) && !b.Method.IsUnknown():
		n.say(msgBodyMethod, "method", method)
	}
	if given(b.BodyEnv) && !b.BodyEnv.IsUnknown() && !web.IsVariable(b.BodyEnv.ValueString()) {
		n.say(msgBodyVariable)
	}
	return n
}

// setBody takes a body, and the type of it unless one is given.
func (r *request) setBody(text string) (ok bool) {
	r.body, ok = web.ParseTemplate(text)
	if r.contentType == "" {
		r.contentType = web.TypeOf(r.body)
	}
	return ok
}

// open reads what environment variables hold.
func (r *request) open() error {
	var err error
	if r.headers, err = r.headers.Open(); err != nil {
		return err
	}
	if r.bodyEnv == "" {
		return nil
	}
	text, problem := web.Variable("body_env", r.bodyEnv)
	if problem != nil {
		return *problem
	}
	if !r.setBody(text) {
		return msgWebPlaceholder("body_env")
	}
	return nil
}

func msgWebPlaceholder(attribute string) rollout.Problem {
	return web.BadPlaceholder("The " + attribute + " of a request")
}

func (b captureBlock) read(method string) (capture, []rollout.Problem) {
	c := capture{name: b.Name.ValueString(), json: b.JSON.ValueString(), header: b.Header.ValueString(), cookie: b.Cookie.ValueString()}
	var n notes
	if !b.Name.IsUnknown() && !captureName.MatchString(c.name) {
		n.say(msgCaptureName, "name", c.name)
	}
	if count := b.sources(); count != 1 {
		n.say(msgCaptureSource, "name", c.name, "count", map[bool]string{true: "none", false: "more than one"}[count == 0])
	}
	if c.json != "" && !web.IsPath(c.json) {
		n.say(msgJSONPath, "path", c.json)
	}
	if method == http.MethodHead && (c.json != "" || given(b.Regex)) {
		n.say(msgHeadBody)
	}
	if text := b.Regex.ValueString(); text != "" {
		var err error
		if c.regex, err = regexp.Compile(text); err != nil || c.regex.NumSubexp() != 1 {
			n.say(msgCaptureExpression, "name", c.name)
		}
	}
	return c, n
}

// sources counts what says from where the value is.
func (b captureBlock) sources() (count int) {
	for _, v := range []types.String{b.JSON, b.Header, b.Cookie, b.Regex} {
		if given(v) && (v.IsUnknown() || v.ValueString() != "") {
			count++
		}
	}
	return count
}

func statuses(ctx context.Context, list types.List) ([]int, *rollout.Problem) {
	if list.IsNull() || list.IsUnknown() {
		return nil, nil
	}
	var out []int
	codes, problem := elements[types.Int64](ctx, list)
	if problem != nil {
		return nil, problem
	}
	for _, v := range codes {
		if v.IsUnknown() {
			continue
		}
		if v.ValueInt64() < 200 || v.ValueInt64() > 599 {
			p := msgStatus.With("status", v.ValueInt64())
			return nil, &p
		}
		out = append(out, int(v.ValueInt64()))
	}
	if len(list.Elements()) == 0 {
		p := msgNoStatus.With()
		return nil, &p
	}
	return out, nil
}

// duration reads a positive duration; 0 where there is none yet.
func duration(name string, v types.String) (time.Duration, *rollout.Problem) {
	if v.IsNull() || v.IsUnknown() {
		return 0, nil
	}
	d, err := time.ParseDuration(v.ValueString())
	if err != nil || d <= 0 {
		p := msgDuration.With("attribute", name, "value", v.ValueString())
		return 0, &p
	}
	return d, nil
}
