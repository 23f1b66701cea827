package aws

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/aws/smithy-go/encoding/cbor"
)

// protocol is how a request is written.
// https://smithy.io/2.0/aws/protocols/index.html
type protocol int

const (
	jsonRPC  protocol = iota + 1 // the operation in X-Amz-Target
	restJSON                     // method and path
	restXML                      // the same, of S3
	query                        // Action in a form, answered in XML
	cborRPC                      // the operation in the path
)

// A request is one call on its way through the sandbox.
type request struct {
	in   *http.Request
	raw  []byte // as it was sent and signed
	body []byte // the same, unpacked

	protocol  protocol
	service   string // as it is signed: "monitoring"
	prefix    string // as IAM calls it: "cloudwatch"
	operation string
	action    action
	key       string // the access key
	region    string

	vars      map[string]string // of the path
	form      url.Values        // of the query protocol
	resources []string          // ARNs
	trouble   trouble
}

// name is how calls are named: "cloudwatch:GetMetricData".
func (r *request) name() string { return r.prefix + ":" + r.operation }

// query is one parameter of the URL.
func (r *request) query(name string) string { return r.in.URL.Query().Get(name) }

// prefixes are IAM's names of services that sign with another one
// (https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html).
var prefixes = map[string]string{"monitoring": "cloudwatch"}

// read finds out what a request is. The scope that it is signed for names the
// service, as it does for moto.
func read(in *http.Request) (*request, error) {
	r := &request{in: in}
	var err error
	if r.raw, err = io.ReadAll(in.Body); err != nil {
		return r, fmt.Errorf("read the body: %w", err)
	}
	if r.body, err = unpacked(r.raw, in.Header.Get("Content-Encoding")); err != nil {
		return r, fmt.Errorf("unpack the body: %w", err)
	}
	scope, err := readScope(in.Header.Get("Authorization"))
	if err != nil {
		return r, err
	}
	r.key, r.region, r.service = scope.key, scope.region, scope.service
	r.prefix = r.service
	if p, ok := prefixes[r.service]; ok {
		r.prefix = p
	}
	if err := r.findOperation(); err != nil {
		return r, err
	}
	return r, nil
}

// unpacked undoes what SDKs do to large bodies of CloudWatch.
func unpacked(raw []byte, encoding string) ([]byte, error) {
	if encoding != "gzip" {
		return raw, nil
	}
	z, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("gzip: %w", err)
	}
	out, err := io.ReadAll(z)
	if err != nil {
		return nil, fmt.Errorf("gzip: %w", err)
	}
	return out, nil
}

func (r *request) findOperation() error {
	target := r.in.Header.Get("X-Amz-Target")
	switch {
	case r.in.Header.Get("Smithy-Protocol") == "rpc-v2-cbor":
		r.protocol = cborRPC
		parts := strings.Split(r.in.URL.Path, "/") // /service/NAME/operation/NAME
		if len(parts) != 5 || parts[1] != "service" || parts[3] != "operation" {
			return fmt.Errorf("no operation in the path %s", r.in.URL.Path)
		}
		r.operation = parts[4]
	case target != "":
		r.protocol = jsonRPC
		_, r.operation, _ = strings.Cut(target, ".")
	case r.service == "s3":
		r.protocol = restXML
		r.operation, r.vars = routeS3(r.in)
	case r.service == "apigateway":
		r.protocol, r.operation = restJSON, r.in.Method
	case r.service == "lambda":
		r.protocol = restJSON
		r.operation, r.vars = route(lambdaActions, r.in)
	default:
		r.protocol = query
		form, err := url.ParseQuery(string(r.body))
		if err != nil {
			return fmt.Errorf("read the form: %w", err)
		}
		if r.in.Method == http.MethodGet {
			form = r.in.URL.Query()
		}
		r.form, r.operation = form, form.Get("Action")
	}
	if r.operation == "" {
		return fmt.Errorf("%s %s is no operation of %s that the sandbox knows", r.in.Method, r.in.URL.Path, r.service)
	}
	return nil
}

// route finds the operation of a REST request. Of two that fit, the one that names
// a parameter is meant.
func route(table map[string]action, in *http.Request) (string, map[string]string) {
	best, vars := "", map[string]string(nil)
	for name, a := range table {
		if v, ok := match(a.rest, in); ok && (best == "" || strings.Contains(a.rest, "?")) {
			best, vars = name, v
		}
	}
	return best, vars
}

// match compares a request with "GET /2015-03-31/functions/{function}" or with
// "GET /path?List=ALL".
func match(pattern string, in *http.Request) (map[string]string, bool) {
	method, path, _ := strings.Cut(pattern, " ")
	path, want, _ := strings.Cut(path, "?")
	if method != in.Method || want != "" && !strings.Contains("&"+in.URL.RawQuery+"&", "&"+want+"&") {
		return nil, false
	}
	have := strings.Split(strings.Trim(in.URL.EscapedPath(), "/"), "/")
	parts := strings.Split(strings.Trim(path, "/"), "/")
	if len(have) != len(parts) {
		return nil, false
	}
	vars := map[string]string{}
	for i, p := range parts {
		value, err := url.PathUnescape(have[i])
		if name, ok := strings.CutPrefix(p, "{"); ok && err == nil {
			vars[strings.TrimSuffix(name, "}")] = value
		} else if p != value {
			return nil, false
		}
	}
	return vars, true
}

// decode reads a JSON body, strictly: a field that the sandbox does not know is
// an error, because what it stands for would be ignored.
func (r *request) decode(into any) error {
	if len(r.body) == 0 {
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(r.body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return unknownRequest{fmt.Sprintf("%s: %v", r.name(), err)}
	}
	return nil
}

// document is the body of a JSON or CBOR request as a tree, or the tree that the
// names of a form describe (https://smithy.io/2.0/aws/protocols/aws-query-protocol.html).
func (r *request) document() (map[string]any, error) {
	out := map[string]any{}
	switch r.protocol {
	case query:
		return tree(r.form), nil
	case cborRPC:
		if len(r.body) == 0 {
			return out, nil
		}
		v, err := cbor.Decode(r.body)
		if err != nil {
			return nil, unknownRequest{fmt.Sprintf("%s: %v", r.name(), err)}
		}
		m, ok := fromCBOR(v).(map[string]any)
		if !ok {
			return nil, unknownRequest{r.name() + ": the body is no map"}
		}
		return m, nil
	case jsonRPC, restJSON, restXML:
		if len(r.body) == 0 {
			return out, nil
		}
		if err := json.Unmarshal(r.body, &out); err != nil {
			return nil, unknownRequest{fmt.Sprintf("%s: %v", r.name(), err)}
		}
	}
	return out, nil
}

// An answer is what a client gets.
type answer struct {
	status        int
	header        http.Header
	body          []byte
	code, message string // of an error
}

func (a *answer) set(key, value string) *answer {
	if a.header == nil {
		a.header = http.Header{}
	}
	a.header.Set(key, value)
	return a
}

func (a *answer) write(w http.ResponseWriter) {
	for k, v := range a.header {
		w.Header()[k] = v
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // an error means that the client has gone
}

// inJSON is an answer of a JSON service.
func inJSON(status int, v any) *answer {
	body, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("sandbox: marshal %T: %v", v, err)) // only our own types come here
	}
	a := &answer{status: status, body: body}
	return a.set("Content-Type", "application/json")
}

// none is the answer that has no body.
func none() *answer { return &answer{status: http.StatusNoContent} }
