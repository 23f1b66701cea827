package neon

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Options are how a sandbox begins.
type Options struct {
	// Now is the clock by which operations end.
	Now func() time.Time
	// Key is the API key that may do everything.
	Key string
}

// Settings are those of an endpoint.
type Settings struct {
	MinCU, MaxCU float64
	// Suspend is in seconds: 0 is Neon's default, -1 never.
	Suspend  int64
	Disabled bool
	// State is init, active or idle; Pending what it becomes, "" for nothing.
	State, Pending string
}

// Operation is one on an endpoint, or on its branch where Branch is set.
type Operation struct {
	Action, Status string
	Branch         bool
	// Ends is when one that is running finishes.
	Ends time.Time
}

// Sandbox is Neon.
type Sandbox struct {
	options Options
	server  *http.Server
	url     string

	mu         sync.Mutex
	endpoints  map[string]*endpoint // by project and id
	calls      int
	writes     int
	violations []string
	faults     []*Fault
	keys       map[string]string // keys that may read one project
}

type endpoint struct {
	Settings
	project, id string
	operations  []Operation // the newest first
}

// Fault is trouble that a test asks for.
type Fault struct {
	// Status is answered in place of anything else; 0 never answers, and Cut ends
	// the connection.
	Status int
	// RetryAfter is told with it, "" for nothing.
	RetryAfter string
	// Times is how often; 0 is always.
	Times int
	// Path is part of the paths that it strikes; "" is any.
	Path string
}

// Cut is a Status that ends the connection without an answer.
const Cut = -1

// Start starts a sandbox on a free port of loopback, in which there is nothing.
func Start(o Options) (*Sandbox, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // nobody waits for it
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	s := &Sandbox{options: o, url: "http://" + l.Addr().String(), endpoints: map[string]*endpoint{}, keys: map[string]string{}}
	s.server = &http.Server{Handler: http.HandlerFunc(s.serve), ReadHeaderTimeout: time.Minute}
	go func() { _ = s.server.Serve(l) }() // it ends with Close
	return s, nil
}

// Close ends the sandbox.
func (s *Sandbox) Close() { _ = s.server.Close() }

// URL is where it is: what ROLLOUT_NEON_ENDPOINT takes.
func (s *Sandbox) URL() string { return s.url }

// KeyOf makes a key that may read one project alone, as a project-scoped key does.
func (s *Sandbox) KeyOf(project string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := fmt.Sprintf("napi_%s_%d", project, len(s.keys))
	s.keys[key] = project
	return key
}

// Endpoint makes an endpoint, or sets it at once to other settings.
func (s *Sandbox) Endpoint(project, id string, to Settings) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.endpoints[project+"/"+id]
	if e == nil {
		e = &endpoint{project: project, id: id}
		s.endpoints[project+"/"+id] = e
	}
	e.Settings = to
}

// Forget takes an endpoint away.
func (s *Sandbox) Forget(project, id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.endpoints, project+"/"+id)
}

// Operate begins an operation, after those that there are.
func (s *Sandbox) Operate(project, id string, o Operation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.endpoints[project+"/"+id]
	e.operations = slices.Insert(e.operations, 0, o)
}

// Fault holds trouble in force until the function that it returns is called.
func (s *Sandbox) Fault(f Fault) (end func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	one := &f
	if f.Times == 0 {
		one.Times = -1
	}
	s.faults = append(s.faults, one)
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.faults = slices.DeleteFunc(s.faults, func(o *Fault) bool { return o == one })
	}
}

// Calls counts the requests that arrived, and Writes those that would change
// something.
func (s *Sandbox) Calls() int { return s.count(&s.calls) }

// Writes counts the requests that would change something.
func (s *Sandbox) Writes() int { return s.count(&s.writes) }

func (s *Sandbox) count(n *int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return *n
}

// Violations are the requests that Neon would not know.
func (s *Sandbox) Violations() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.violations)
}

// refusal is an answer that is an error, as Neon writes one.
type refusal struct {
	status  int
	code    string
	message string
}

func (r refusal) Error() string { return r.message }

func (s *Sandbox) violate(status int, format string, args ...any) refusal {
	s.violations = append(s.violations, fmt.Sprintf(format, args...))
	return refusal{status, "", fmt.Sprintf(format, args...)}
}

// struck returns the trouble that strikes a request, nil for none.
func (s *Sandbox) struck(r *http.Request) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	if r.Method != http.MethodGet {
		s.writes++
	}
	for _, f := range s.faults {
		if f.Times != 0 && strings.Contains(r.URL.Path, f.Path) {
			f.Times--
			return f
		}
	}
	return nil
}

func (s *Sandbox) serve(w http.ResponseWriter, r *http.Request) {
	switch f := s.struck(r); {
	case f == nil:
	case f.Status == 0:
		<-r.Context().Done()
		return
	case f.Status == Cut:
		panic(http.ErrAbortHandler)
	default:
		if f.RetryAfter != "" {
			w.Header().Set("Retry-After", f.RetryAfter)
		}
		say(w, f.Status, map[string]any{"code": "", "message": "trouble", "request_id": "r"})
		return
	}
	s.mu.Lock()
	out, err := s.answer(r)
	s.mu.Unlock()
	var no refusal
	if errors.As(err, &no) {
		say(w, no.status, map[string]any{"code": no.code, "message": no.message, "request_id": "r"})
		return
	}
	say(w, http.StatusOK, out)
}

func say(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // an error means that the caller has gone
}

// answer knows /api/v2/projects/P/endpoints[/E] and /api/v2/projects/P/operations.
func (s *Sandbox) answer(r *http.Request) (any, error) {
	parts := strings.Split(strings.TrimPrefix(r.URL.Path, "/api/v2/projects/"), "/")
	if !strings.HasPrefix(r.URL.Path, "/api/v2/projects/") || len(parts) < 2 || len(parts) > 3 {
		return nil, s.violate(http.StatusNotImplemented, "%s %s is not known", r.Method, r.URL.Path)
	}
	if err := s.admit(r, parts[0]); err != nil {
		return nil, err
	}
	switch what := r.Method + " " + parts[1]; {
	case what == "GET operations" && len(parts) == 2:
		return s.operations(r, parts[0])
	case parts[1] == "endpoints" && len(r.URL.RawQuery) > 0:
		return nil, s.violate(http.StatusBadRequest, "%s has the parameters %s", r.URL.Path, r.URL.RawQuery)
	case what == "GET endpoints" && len(parts) == 2:
		return s.list(parts[0]), nil
	case what == "GET endpoints", what == "PATCH endpoints" && len(parts) == 3:
		e := s.endpoints[parts[0]+"/"+parts[2]]
		switch {
		case e == nil:
			return nil, refusal{http.StatusNotFound, "", "endpoint not found"}
		case r.Method == http.MethodPatch:
			return s.patch(r, e)
		}
		return map[string]any{"endpoint": e.render()}, nil
	}
	return nil, s.violate(http.StatusNotImplemented, "%s %s is not known", r.Method, r.URL.Path)
}

// admit: a key of another project does not see that this one is there.
func (s *Sandbox) admit(r *http.Request, project string) error {
	key, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	of, scoped := s.keys[key]
	switch {
	case !bearer, key != s.options.Key && !scoped:
		return refusal{http.StatusUnauthorized, "", "authentication failed"}
	case scoped && of != project:
		return refusal{http.StatusNotFound, "", "project not found"}
	case r.Header.Get("Accept") != "application/json":
		return s.violate(http.StatusNotAcceptable, "%s does not accept JSON", r.URL.Path)
	}
	return nil
}

func (s *Sandbox) list(project string) any {
	all := []any{}
	for _, e := range s.endpoints {
		if e.project == project {
			all = append(all, e.render())
		}
	}
	return map[string]any{"endpoints": all}
}

// branch is the one of an endpoint.
func (e *endpoint) branch() string { return "br-" + e.id }

func (e *endpoint) render() map[string]any {
	out := map[string]any{
		"id": e.id, "project_id": e.project, "branch_id": e.branch(), "host": e.id + ".us-east-2.aws.neon.tech", "region_id": "aws-us-east-2", "type": "read_write",
		"autoscaling_limit_min_cu": e.MinCU, "autoscaling_limit_max_cu": e.MaxCU, "suspend_timeout_seconds": e.Suspend, "disabled": e.Disabled,
		"current_state": e.State, "settings": map[string]any{}, "pooler_enabled": false, "pooler_mode": "transaction", "passwordless_access": true,
		"creation_source": "console", "provisioner": "k8s-neonvm", "proxy_host": "us-east-2.aws.neon.tech", "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
	}
	if e.Pending != "" {
		out["pending_state"] = e.Pending
	}
	return out
}

// status is that of an operation now.
func (s *Sandbox) status(o Operation) string {
	if o.Status == "running" && !o.Ends.IsZero() && !s.options.Now().Before(o.Ends) {
		return "finished"
	}
	return o.Status
}

func (s *Sandbox) operations(r *http.Request, project string) (any, error) {
	limit := 100
	for name, v := range r.URL.Query() {
		n, err := strconv.Atoi(v[0])
		if name != "limit" || len(v) != 1 || err != nil || n < 1 || n > 1000 {
			return nil, s.violate(http.StatusBadRequest, "operations has the parameter %s = %s", name, v)
		}
		limit = n
	}
	all := []any{}
	for _, e := range s.endpoints {
		for i, o := range e.operations {
			if e.project != project || len(all) == limit {
				continue
			}
			one := map[string]any{
				"id": fmt.Sprintf("%s-%d", e.id, i), "project_id": project, "branch_id": e.branch(), "action": o.Action, "status": s.status(o), "failures_count": 0,
				"created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z", "total_duration_ms": 1,
			}
			if !o.Branch {
				one["endpoint_id"] = e.id
			}
			all = append(all, one)
		}
	}
	return map[string]any{"operations": all, "pagination": map[string]any{"cursor": "c"}}, nil
}

// applying is how long a change of an endpoint takes.
const applying = 5 * time.Minute

// patch changes an endpoint: the settings are shown at once, and are in effect when
// the operation has finished.
func (s *Sandbox) patch(r *http.Request, e *endpoint) (any, error) {
	for _, o := range e.operations {
		if status := s.status(o); status == "running" || status == "scheduling" || status == "cancelling" {
			return nil, refusal{http.StatusLocked, "", "project already has running conflicting operations, scheduling of new ones is prohibited"}
		}
	}
	var body struct {
		Endpoint struct {
			Min      *float64 `json:"autoscaling_limit_min_cu"`
			Max      *float64 `json:"autoscaling_limit_max_cu"`
			Suspend  *int64   `json:"suspend_timeout_seconds"`
			Disabled *bool    `json:"disabled"`
		} `json:"endpoint"`
	}
	in := json.NewDecoder(io.LimitReader(r.Body, 1<<20))
	in.DisallowUnknownFields()
	if err := in.Decode(&body); err != nil {
		return nil, s.violate(http.StatusBadRequest, "PATCH endpoints: %v", err)
	}
	to := e.Settings
	set(&to.MinCU, body.Endpoint.Min)
	set(&to.MaxCU, body.Endpoint.Max)
	set(&to.Suspend, body.Endpoint.Suspend)
	set(&to.Disabled, body.Endpoint.Disabled)
	if to.MinCU < 0.25 || to.MaxCU < to.MinCU || to.Suspend < -1 || to.Suspend > 604800 {
		return nil, refusal{http.StatusBadRequest, "", "the settings are not allowed"}
	}
	e.Settings = to
	e.operations = slices.Insert(e.operations, 0, Operation{Action: "apply_config", Status: "running", Ends: s.options.Now().Add(applying)})
	return map[string]any{"endpoint": e.render(), "operations": []any{map[string]any{"id": e.id + "-0", "action": "apply_config", "status": "running", "endpoint_id": e.id}}}, nil
}

func set[T any](to *T, v *T) {
	if v != nil {
		*to = *v
	}
}

// Change is a client of Neon's that changes the size of an endpoint over the wire.
func (s *Sandbox) Change(project, id string, minCU, maxCU float64) error {
	body := fmt.Sprintf(`{"endpoint":{"autoscaling_limit_min_cu":%g,"autoscaling_limit_max_cu":%g}}`, minCU, maxCU)
	r, err := http.NewRequest(http.MethodPatch, s.url+"/api/v2/projects/"+project+"/endpoints/"+id, strings.NewReader(body)) //nolint:noctx // nobody waits for it
	if err != nil {
		return fmt.Errorf("change: %w", err)
	}
	r.Header.Set("Authorization", "Bearer "+s.options.Key)
	r.Header.Set("Accept", "application/json")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return fmt.Errorf("change: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("change: %s", resp.Status)
	}
	return nil
}
