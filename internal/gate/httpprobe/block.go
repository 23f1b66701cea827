package httpprobe

import (
	"context"
	"fmt"
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

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud/web"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/lazyregexp"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

var (
	methods     = []string{"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"}
	bodyless    = []string{"GET", "HEAD", "OPTIONS"}
	captureName = lazyregexp.New(`^[a-z][a-z0-9_]*$`)
)

type block struct {
	Request types.List   `tfsdk:"request"`
	Timeout types.String `tfsdk:"timeout"`
	Auth    types.String `tfsdk:"auth"`
}

type requestBlock struct {
	Path        types.String `tfsdk:"path"`
	Method      types.String `tfsdk:"method"`
	On          types.String `tfsdk:"on"`
	Safe        types.Bool   `tfsdk:"safe"`
	Body        types.String `tfsdk:"body"`
	BodyWO      types.String `tfsdk:"body_wo"`
	BodyEnv     types.String `tfsdk:"body_env"`
	ContentType types.String `tfsdk:"content_type"`
	Headers     types.Map    `tfsdk:"headers"`
	HeadersWO   types.Map    `tfsdk:"headers_wo"`
	HeadersEnv  types.Map    `tfsdk:"headers_env"`
	Status      types.List   `tfsdk:"status"`
	Latency     types.String `tfsdk:"latency"`
	Text        types.String `tfsdk:"text"`
	JSON        types.List   `tfsdk:"json"`
	Capture     types.List   `tfsdk:"capture"`
}

type jsonBlock struct {
	Path   types.String `tfsdk:"path"`
	Equals types.String `tfsdk:"equals"`
}

type captureBlock struct {
	Name   types.String `tfsdk:"name"`
	JSON   types.String `tfsdk:"json"`
	Header types.String `tfsdk:"header"`
	Cookie types.String `tfsdk:"cookie"`
	Regex  types.String `tfsdk:"regex"`
}

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
		problems = append(problems, msgTimeoutTooLong.With("timeout", fmt.Sprintf("%q", b.Timeout.ValueString()), "longest", rollout.Short(longest)))
	} else if d > 0 {
		p.timeout = d
	}
	if b.Timeout.IsUnknown() {
		p.timeout = longest // for comparisons: it may be that
	}
	if p.identified = b.Auth.ValueString() == "google_id_token"; !p.identified && !b.Auth.IsNull() && !b.Auth.IsUnknown() {
		problems = append(problems, msgAuth.With("value", fmt.Sprintf("%q", b.Auth.ValueString())))
	}
	if b.Request.IsUnknown() {
		return p, problems
	}
	requests := elements[requestBlock](ctx, b.Request)
	if len(requests) == 0 {
		problems = append(problems, msgAsksNothing.With())
	}
	for _, rb := range requests {
		r, more := rb.read(ctx, p.timeout)
		p.requests, problems = append(p.requests, r), append(problems, more...)
	}
	return p, append(problems, p.check(requests)...)
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
				out = append(out, msgCaptureTwice.With("name", fmt.Sprintf("%q", c.name)))
			}
			captured[c.name] = true
			unknown = unknown || c.name == ""
		}
		unknown = unknown || from[i].Capture.IsUnknown()
	}
	if len(p.requests) > 0 && !candidate {
		out = append(out, msgOnAlone.With())
	}
	return out
}

// elements reads the blocks of a list; none where it is not known.
func elements[T any](ctx context.Context, list types.List) []T {
	var out []T
	if !list.IsNull() && !list.IsUnknown() && list.ElementsAs(ctx, &out, false).HasError() {
		return nil
	}
	return out
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
	for _, jb := range elements[jsonBlock](ctx, b.JSON) {
		c, problem := jb.read()
		r.json = append(r.json, c)
		n.add(problem)
	}
	for _, cb := range elements[captureBlock](ctx, b.Capture) {
		c, more := cb.read(r.method)
		r.captures, n = append(r.captures, c), append(n, more...)
	}
	return r, n
}

func (b jsonBlock) read() (condition, *rollout.Problem) {
	c := condition{path: b.Path.ValueString(), equals: b.Equals.ValueStringPointer()}
	if !b.Path.IsUnknown() && !web.IsPath(c.path) {
		p := msgJSONPath.With("path", fmt.Sprintf("%q", c.path))
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
	p := msgPath.With("path", fmt.Sprintf("%q", path))
	return &p
}

func (b requestBlock) checkMethod(method string) *rollout.Problem {
	switch {
	case b.Method.IsUnknown():
	case !slices.Contains(methods, method):
		p := msgMethod.With("method", fmt.Sprintf("%q", method), "methods", strings.Join(methods, ", "))
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
		p := msgOn.With("value", fmt.Sprintf("%q", v.ValueString()))
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
			n.say(msgContentType, "value", fmt.Sprintf("%q", t))
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
	shown := fmt.Sprintf("%q", c.name)
	var n notes
	if !b.Name.IsUnknown() && !captureName.MatchString(c.name) {
		n.say(msgCaptureName, "name", shown)
	}
	if count := b.sources(); count != 1 {
		n.say(msgCaptureSource, "name", shown, "count", map[bool]string{true: "none", false: "more than one"}[count == 0])
	}
	if c.json != "" && !web.IsPath(c.json) {
		n.say(msgJSONPath, "path", fmt.Sprintf("%q", c.json))
	}
	if method == http.MethodHead && (c.json != "" || given(b.Regex)) {
		n.say(msgHeadBody)
	}
	if text := b.Regex.ValueString(); text != "" {
		var err error
		if c.regex, err = regexp.Compile(text); err != nil || c.regex.NumSubexp() != 1 {
			n.say(msgCaptureExpression, "name", shown)
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
	for _, v := range elements[types.Int64](ctx, list) {
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
		p := msgDuration.With("attribute", name, "value", fmt.Sprintf("%q", v.ValueString()))
		return 0, &p
	}
	return d, nil
}
