package sandbox

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// A transcoder serves gRPC implementations as Google's REST APIs. It reads the
// google.api.http rules that are linked into the generated packages, so a
// service needs no code of its own here.
type transcoder struct {
	intercept grpc.UnaryServerInterceptor
	violate   func(format string, args ...any)
	routes    []route
}

// A route is one HTTP rule of one method.
type route struct {
	verb   string // GET, POST, …
	path   *regexp.Regexp
	vars   []string // the field paths that the groups of path fill
	body   string   // "*", a field, or "" for none
	full   string   // /package.Service/Method
	handle grpc.MethodHandler
	impl   any
}

// lroRules are the rules under which Cloud Run serves operations: paths are in
// the clients (measured), not in the longrunning proto.
var lroRules = map[protoreflect.Name][]*annotations.HttpRule{
	"GetOperation":    {{Pattern: &annotations.HttpRule_Get{Get: "/v2/{name=projects/*/locations/*/operations/*}"}}},
	"WaitOperation":   {{Pattern: &annotations.HttpRule_Post{Post: "/v2/{name=projects/*/locations/*/operations/*}:wait"}, Body: "*"}},
	"ListOperations":  {{Pattern: &annotations.HttpRule_Get{Get: "/v2/{name=projects/*/locations/*}/operations"}}},
	"DeleteOperation": {{Pattern: &annotations.HttpRule_Delete{Delete: "/v2/{name=projects/*/locations/*/operations/*}"}}},
}

// RegisterService makes transcoder a grpc.ServiceRegistrar.
func (t *transcoder) RegisterService(d *grpc.ServiceDesc, impl any) {
	found, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(d.ServiceName))
	if err != nil {
		panic(fmt.Sprintf("sandbox: %s has no descriptor: %v", d.ServiceName, err))
	}
	sd, ok := found.(protoreflect.ServiceDescriptor)
	if !ok {
		panic("sandbox: " + d.ServiceName + " is not a service")
	}
	for _, m := range d.Methods {
		md := sd.Methods().ByName(protoreflect.Name(m.MethodName))
		for _, rule := range rulesOf(md) {
			verb, pattern := patternOf(rule)
			path, vars := compile(pattern)
			t.routes = append(t.routes, route{
				verb: verb, path: path, vars: vars, body: rule.GetBody(),
				full: "/" + d.ServiceName + "/" + m.MethodName, handle: m.Handler, impl: impl,
			})
		}
	}
}

func rulesOf(md protoreflect.MethodDescriptor) []*annotations.HttpRule {
	if md.Parent().FullName() == "google.longrunning.Operations" {
		return lroRules[md.Name()]
	}
	rule, ok := proto.GetExtension(md.Options(), annotations.E_Http).(*annotations.HttpRule)
	if !ok || rule == nil {
		return nil
	}
	all := append([]*annotations.HttpRule{rule}, rule.GetAdditionalBindings()...)
	if md.Parent().FullName() == "google.cloud.run.v2.Services" && strings.HasSuffix(patternText(rule), "IamPolicy") {
		all = append(all, underV1(rule)) // gcloud sets IAM policies through v1, with the same messages
	}
	return all
}

func patternText(r *annotations.HttpRule) string {
	_, pattern := patternOf(r)
	return pattern
}

// underV1 is a rule with its path in v1.
func underV1(r *annotations.HttpRule) *annotations.HttpRule {
	verb, pattern := patternOf(r)
	pattern = strings.Replace(pattern, "/v2/", "/v1/", 1)
	out := &annotations.HttpRule{Body: r.GetBody(), Pattern: &annotations.HttpRule_Get{Get: pattern}}
	if verb == http.MethodPost {
		out.Pattern = &annotations.HttpRule_Post{Post: pattern}
	}
	return out
}

func patternOf(r *annotations.HttpRule) (verb, pattern string) {
	switch p := r.GetPattern().(type) {
	case *annotations.HttpRule_Get:
		return http.MethodGet, p.Get
	case *annotations.HttpRule_Post:
		return http.MethodPost, p.Post
	case *annotations.HttpRule_Put:
		return http.MethodPut, p.Put
	case *annotations.HttpRule_Patch:
		return http.MethodPatch, p.Patch
	case *annotations.HttpRule_Delete:
		return http.MethodDelete, p.Delete
	}
	panic(fmt.Sprintf("sandbox: an HTTP rule without a method: %v", r))
}

var variable = regexp.MustCompile(`\{([^=}]+)(?:=([^}]+))?\}`)

// compile turns "/v2/{name=projects/*/services/*}:getIamPolicy" into a regular
// expression. A "*" stops at a colon, which begins a custom verb. A pattern is compiled
// once in a process: every sandbox has the same few hundred.
func compile(pattern string) (*regexp.Regexp, []string) {
	known, ok := compiled.Load(pattern)
	if !ok {
		known, _ = compiled.LoadOrStore(pattern, newPath(pattern))
	}
	out := known.(path) //nolint:forcetypeassert // there is nothing else in it
	return out.form, out.vars
}

// compiled are paths by their patterns.
var compiled sync.Map

// path is what a pattern stands for, and the fields that stand in it.
type path struct {
	form *regexp.Regexp
	vars []string
}

func newPath(pattern string) path {
	var vars []string
	var b strings.Builder
	b.WriteString("^")
	rest := 0
	for _, m := range variable.FindAllStringSubmatchIndex(pattern, -1) {
		b.WriteString(regexp.QuoteMeta(pattern[rest:m[0]]))
		vars = append(vars, pattern[m[2]:m[3]])
		inner := "*"
		if m[4] >= 0 {
			inner = pattern[m[4]:m[5]]
		}
		inner = strings.ReplaceAll(regexp.QuoteMeta(inner), `\*\*`, `.+`)
		b.WriteString("(" + strings.ReplaceAll(inner, `\*`, `[^/:]+`) + ")")
		rest = m[1]
	}
	b.WriteString(regexp.QuoteMeta(pattern[rest:]) + "$")
	return path{regexp.MustCompile(b.String()), vars}
}

// serve answers a request if one of the rules fits it.
func (t *transcoder) serve(w http.ResponseWriter, r *http.Request) bool {
	for i := range t.routes {
		rt := &t.routes[i]
		if rt.verb != r.Method {
			continue
		}
		if m := rt.path.FindStringSubmatch(r.URL.Path); m != nil {
			t.call(w, r, rt, m[1:])
			return true
		}
	}
	return false
}

func (t *transcoder) call(w http.ResponseWriter, r *http.Request, rt *route, values []string) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		writeError(w, status.Error(codes.InvalidArgument, "Invalid query: "+err.Error()))
		return
	}
	ctx := withFace(r.Context(), "rest")
	resp, err := rt.handle(rt.impl, ctx, func(in any) error { return t.build(r, rt, values, query, in) }, t.intercept)
	if err != nil {
		writeError(w, err)
		return
	}
	m, ok := resp.(proto.Message)
	if !ok {
		panic(fmt.Sprintf("sandbox: %s answered a %T", rt.full, resp))
	}
	raw, err := protojson.MarshalOptions{UseEnumNumbers: strings.Contains(query.Get("$alt"), "enum-encoding=int")}.Marshal(m)
	if err != nil {
		writeError(w, status.Error(codes.Internal, err.Error()))
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	_, _ = w.Write(raw) // the client has gone if this fails
}

// build fills a request message from body, path and query.
func (t *transcoder) build(r *http.Request, rt *route, values []string, query url.Values, in any) error {
	pm, ok := in.(proto.Message)
	if !ok {
		return status.Errorf(codes.Internal, "%s takes a %T", rt.full, in)
	}
	m := pm.ProtoReflect()
	if err := t.readBody(r, rt.body, m); err != nil {
		return err
	}
	for i, name := range rt.vars {
		if err := setField(m, strings.Split(name, "."), []string{values[i]}); err != nil {
			return err
		}
	}
	for key, vals := range query {
		if systemParameter(key, vals) {
			continue
		}
		if err := setField(m, strings.Split(key, "."), vals); err != nil {
			t.violate("rest: not emulated: query parameter %s of %s: %v", key, rt.full, err)
			return err
		}
	}
	return nil
}

// systemParameter reports whether a query parameter is one of Google's own that
// the sandbox honours (alt) or may ignore (prettyPrint).
func systemParameter(key string, vals []string) bool {
	switch key {
	case "$alt", "prettyPrint":
		return true
	case "alt":
		return len(vals) == 1 && vals[0] == "json"
	}
	return false
}

var unknownName = regexp.MustCompile(`unknown field "([^"]+)"`)

func (t *transcoder) readBody(r *http.Request, rule string, m protoreflect.Message) error {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return status.Error(codes.InvalidArgument, "Cannot read the request body: "+err.Error())
	}
	if len(raw) == 0 {
		return nil
	}
	switch rule {
	case "":
		return status.Errorf(codes.InvalidArgument, "Invalid JSON payload received. %s %s takes no body.", r.Method, r.URL.Path)
	case "*":
	default:
		m = m.Mutable(m.Descriptor().Fields().ByName(protoreflect.Name(rule))).Message()
	}
	err = protojson.Unmarshal(raw, m.Interface())
	if name := unknownName.FindStringSubmatch(fmt.Sprint(err)); name != nil {
		t.violate("rest: not emulated: JSON field %s in %s %s", name[1], r.Method, r.URL.Path)
		return invalidJSON(name[1])
	}
	if err != nil {
		return status.Error(codes.InvalidArgument, "Invalid JSON payload received. "+err.Error())
	}
	return nil
}

// invalidJSON is what Google says to a field that it does not know.
func invalidJSON(name string) error {
	return status.Errorf(codes.InvalidArgument, "Invalid JSON payload received. Unknown name %q: Cannot find field.", name)
}

// writeError answers in Google's error shape; a cut connection gives no answer.
func writeError(w http.ResponseWriter, err error) {
	cutIfAsked(err)
	st := status.Convert(err)
	code := httpStatus(st.Code())
	text := fmt.Sprintf(`{"error":{"code":%d,"message":%s,"status":%s%s}}`, code, quoted(st.Message()), quoted(codeName(st.Code())), details(st))
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(code)
	_, _ = io.WriteString(w, text) // the client has gone if this fails
}

// cutIfAsked breaks the connection where that is what an error stands for.
func cutIfAsked(err error) {
	if errors.Is(err, errCut{}) || status.Code(err) == codes.Canceled {
		panic(http.ErrAbortHandler)
	}
}
