package aws

import (
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// lambdas is AWS Lambda. Functions are ours as a whole, not moto's: in moto a
// version shows settings that were changed later, forgets half of what
// UpdateFunctionConfiguration sets, and has neither states nor revisions.
type lambdas struct {
	s *Sandbox

	mu      sync.Mutex
	regions map[string]*lambdaRegion
	ids     int
}

type lambdaRegion struct {
	functions map[string]*lambdaFunction
	mappings  []*mapping
}

// A lambdaFunction is what has a name: $LATEST, published versions, and what points at them.
type lambdaFunction struct {
	name, arn   string
	latest      *version
	versions    []*version // published, in the order of their numbers
	next        int
	aliases     map[string]*alias
	policies    map[string]*resourcePolicy // by qualifier, "" for the function itself
	urls        map[string]*functionURL    // by alias, "" for the function itself
	provisioned map[string]*provisioned    // by version or alias
	tags        map[string]string
	reserved    *int
	plans       []Break // failures that are to come
	run         Handler
	behaviours  map[string]Behaviour // by version
}

// A version is code and settings together.
type version struct {
	number   string // or $LATEST
	settings map[string]any
	source   map[string]any // of a published version: the settings that $LATEST had
	code     code
	revision string
	modified time.Time
	made     job  // State
	updated  job  // LastUpdateStatus
	idle     bool // Lambda gave up its resources
	before   *version
	changed  time.Time // when before was true last
}

// A job is something that takes its time.
type job struct {
	begun bool
	due   time.Time
	held  func() bool
	over  bool
	fails *Break
}

// pending reports whether the job goes on at a moment.
func (j *job) pending() bool { return j.begun && !j.over }

func (j *job) failed() bool { return j.over && j.fails != nil }

// end ends the job if its time has come, and reports whether it just did.
func (j *job) end(now time.Time) bool {
	if !j.pending() || now.Before(j.due) || j.held != nil && j.held() {
		return false
	}
	j.over = true
	return true
}

func newLambdas(s *Sandbox) *lambdas {
	return &lambdas{s: s, regions: map[string]*lambdaRegion{}}
}

func (l *lambdas) region(name string) *lambdaRegion {
	if l.regions[name] == nil {
		l.regions[name] = &lambdaRegion{functions: map[string]*lambdaFunction{}}
	}
	return l.regions[name]
}

// revision is a new one, the same in every run.
func (l *lambdas) revision() string {
	l.ids++
	h := hex.EncodeToString(hash([]byte("revision " + strconv.Itoa(l.ids))))
	return h[:8] + "-" + h[8:12] + "-4" + h[13:16] + "-8" + h[17:20] + "-" + h[20:32]
}

// settle ends what is due. The revision of what it ends changes once more: who
// goes on with the one that the write answered is refused (aws/aws-sdk#377).
func (l *lambdas) settle(f *lambdaFunction) {
	now := l.s.now()
	for _, v := range append([]*version{f.latest}, f.versions...) {
		if v.made.end(now) || v.updated.end(now) {
			v.revision = l.revision()
		}
	}
	for _, p := range f.provisioned {
		p.job.end(now)
	}
}

// serving is what invocations of $LATEST run: while an update goes on, and after
// it failed, what was there before
// (https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html).
func (v *version) serving() *version {
	if v.before != nil && (v.updated.pending() || v.updated.failed()) {
		return v.before.serving()
	}
	return v
}

// seen is v as a stale read shows it.
func (v *version) seen(t trouble, now time.Time) *version {
	if t.stale > 0 && v.before != nil && now.Before(v.changed.Add(t.stale)) {
		return v.before
	}
	return v
}

// A name is what a caller calls a function by.
type name struct{ function, qualifier string }

var functionARN = regexp.MustCompile(`^(?:(?:arn:(?:aws[a-zA-Z-]*):lambda:)?(?:([a-z]{2}(?:-[a-z]+)+-\d):)?(?:(\d{12}):)?(?:function:))?([a-zA-Z0-9-_]+)(?::(\$LATEST|[a-zA-Z0-9-_]+))?$`)

// named reads a function's name, ARN or part of one, and the Qualifier beside it
// (https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html).
func (l *lambdas) named(r *request) (name, error) {
	raw := r.vars["function"]
	m := functionARN.FindStringSubmatch(raw)
	if m == nil {
		return name{}, invalid("functionName", raw, `Member must satisfy regular expression pattern: (arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}(-gov)?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?`)
	}
	if m[1] != "" && m[1] != r.region {
		return name{}, notFound("Functions from '%s' are not reachable in this region ('%s')", m[1], r.region)
	}
	n := name{m[3], m[4]}
	if m[2] != "" && m[2] != l.s.account {
		return n, refusal(r, "arn:aws:iam::"+l.s.account+":root", need{r.name(), raw})
	}
	q := r.query("Qualifier")
	if q != "" && n.qualifier != "" && q != n.qualifier {
		return n, badParameter("The derived qualifier from the function name does not match the specified qualifier.")
	}
	if q != "" {
		n.qualifier = q
	}
	return n, nil
}

// arn of a function or of a part of it.
func (l *lambdas) arn(region, function, qualifier string) string {
	arn := "arn:aws:lambda:" + region + ":" + l.s.account + ":function:" + function
	if qualifier != "" {
		arn += ":" + qualifier
	}
	return arn
}

// find is the function that a request names. It must be called with mu held.
func (l *lambdas) find(r *request) (*lambdaFunction, name, error) {
	n, err := l.named(r)
	if err != nil {
		return nil, n, err
	}
	f := l.region(r.region).functions[n.function]
	if f == nil {
		return nil, n, notFound("Function not found: %s", l.arn(r.region, n.function, n.qualifier))
	}
	l.settle(f)
	return f, n, nil
}

// version finds a version by number, $LATEST, "", or by an alias that points at it.
func (f *lambdaFunction) version(qualifier string) (*version, error) {
	number := qualifier
	if a := f.aliases[qualifier]; a != nil {
		number = a.version
	}
	if number == "" || number == latest {
		return f.latest, nil
	}
	for _, v := range f.versions {
		if v.number == number {
			return v, nil
		}
	}
	return nil, notFound("Function not found: %s:%s", f.arn, qualifier)
}

const latest = "$LATEST"

var (
	isAlias   = regexp.MustCompile(`^[a-zA-Z0-9-_]*[a-zA-Z-_][a-zA-Z0-9-_]*$`)
	isVersion = regexp.MustCompile(`^[0-9]+$`)
)

// The errors of Lambda, as its API reference types them
// (https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionCode.html#API_UpdateFunctionCode_Errors).

func notFound(format string, args ...any) error {
	return fail(http.StatusNotFound, "ResourceNotFoundException", format, args...)
}

func badParameter(format string, args ...any) error {
	return fail(http.StatusBadRequest, "InvalidParameterValueException", format, args...)
}

func conflict(format string, args ...any) error {
	return fail(http.StatusConflict, "ResourceConflictException", format, args...)
}

// invalid is what the model's own constraints answer.
func invalid(field string, value any, constraint string) error {
	return fail(http.StatusBadRequest, "ValidationException", "1 validation error detected: Value '%v' at '%s' failed to satisfy constraint: %s", value, field, constraint)
}

// stale is the answer to a RevisionId that is not the current one
// (https://docs.aws.amazon.com/lambda/latest/api/API_UpdateAlias.html).
func stale() error {
	return fail(http.StatusPreconditionFailed, "PreconditionFailedException", "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id")
}

// unready refuses what cannot be done while a function is made or updated: updates
// of code and configuration, publishing, and (modelled) tagging
// (https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html).
func (f *lambdaFunction) unready() error {
	switch v := f.latest; {
	case v.made.pending():
		return conflict("The operation cannot be performed at this time. The function is currently in the following state: Pending")
	case v.updated.pending():
		return conflict("The operation cannot be performed at this time. An update is in progress for resource: %s", f.arn)
	}
	return nil
}

// page cuts a list as Marker and MaxItems say, but never longer than the
// sandbox's pages are, so that callers have to go on.
func (s *Sandbox) page(r *request, field string, all []any) (*answer, error) {
	from := 0
	if m := r.query("Marker"); m != "" {
		n, err := strconv.Atoi(m)
		if err != nil || n < 0 || n > len(all) {
			return nil, badParameter("Invalid marker")
		}
		from = n
	}
	size := s.o.PageSize
	if m := r.query("MaxItems"); m != "" {
		n, err := strconv.Atoi(m)
		if err != nil || n < 1 {
			return nil, invalid("maxItems", m, "Member must have value greater than or equal to 1")
		}
		size = min(size, n)
	}
	to := min(len(all), from+size)
	out := map[string]any{field: append([]any{}, all[from:to]...)}
	if to < len(all) {
		out["NextMarker"] = strconv.Itoa(to)
	}
	return inJSON(http.StatusOK, out), nil
}

// stamp is how Lambda writes times.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000+0000") }

// configuration is a version as callers see it
// (https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html).
func (f *lambdaFunction) configuration(v *version, arn string) map[string]any {
	out := maps.Clone(v.settings)
	if image, ok := out["ImageConfig"]; ok {
		delete(out, "ImageConfig")
		out["ImageConfigResponse"] = map[string]any{"ImageConfig": image}
	}
	if layers, ok := out["Layers"].([]any); ok {
		shown := []any{}
		for _, arn := range layers {
			shown = append(shown, map[string]any{"Arn": arn, "CodeSize": 1024})
		}
		out["Layers"] = shown
	}
	if env, ok := out["Environment"].(map[string]any); ok && len(env) == 0 {
		delete(out, "Environment")
	}
	if snap, ok := out["SnapStart"].(map[string]any); ok {
		out["SnapStart"] = map[string]any{"ApplyOn": snap["ApplyOn"], "OptimizationStatus": "Off"}
	}
	maps.Copy(out, map[string]any{
		"FunctionName": f.name, "FunctionArn": arn, "Version": v.number, "RevisionId": v.revision,
		"CodeSha256": v.code.Sha256, "CodeSize": v.code.Size, "LastModified": stamp(v.modified),
	})
	v.made.show(out, "State", "Pending", "Active")
	if v.idle {
		out["State"], out["StateReason"], out["StateReasonCode"] = "Inactive", "The function is idle.", "Idle"
	}
	if v.made.over || !v.made.begun {
		v.updated.show(out, "LastUpdateStatus", "InProgress", "Successful")
	}
	return out
}

// show writes the fields of a state, with its reason where there is one.
func (j *job) show(out map[string]any, field, during, after string) {
	switch {
	case j.pending():
		out[field], out[field+"Reason"], out[field+"ReasonCode"] = during, "The function is being created.", "Creating"
	case j.failed():
		out[field], out[field+"Reason"], out[field+"ReasonCode"] = "Failed", j.fails.Reason, j.fails.Code
	default:
		out[field] = after
	}
}

// touch is a foreign writer, for the fault Conflict: what a call is about has
// another revision afterwards.
func (l *lambdas) touch(r *request) {
	if r.service != "lambda" {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	f, _, err := l.find(r)
	if err != nil {
		return
	}
	if a := f.aliases[r.vars["alias"]]; a != nil {
		a.revision = l.revision()
		return
	}
	f.latest.revision = l.revision()
}

// inOrder lists a map by its keys.
func inOrder[V any](m map[string]V) []V {
	var out []V
	for _, k := range slices.Sorted(maps.Keys(m)) {
		out = append(out, m[k])
	}
	return out
}

// String is for a test's messages.
func (n name) String() string {
	return strings.TrimSuffix(fmt.Sprintf("%s:%s", n.function, n.qualifier), ":")
}
