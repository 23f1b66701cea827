package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// admin is the sandbox's own API, for a person and for the demo. It is not part
// of any emulated service and is not in Calls.
//
//	GET  /sandbox/calls                                     every call so far
//	GET  /sandbox/violations
//	GET  /sandbox/services/{service}                        a ServiceView
//	POST /sandbox/services/{service}/split                  {"percent":{"shop-00002-x2d":100},"tags":{…}}: a foreign writer
//	POST /sandbox/services/{service}/annotations            {"rollout-abort":"bad checkout"}; what is not named stays
//	POST /sandbox/services/{service}/revisions/{r}/behaviour   {"SANDBOX_ERROR_SHARE":"0.1"}; what is not named stays
//	POST /sandbox/services/{service}/revisions/{r}/stop     a hard stop
//	POST /sandbox/images                                    {"repo":"shop/api","tag":"v3","env":{"SANDBOX_VERSION":"v3"}}; or {"repo":…,"tag":…,"platform":"linux/arm64"}
//	POST /sandbox/secrets/{secret}/versions                 {"state":"ENABLED"}
//	POST /sandbox/secrets/{secret}/versions/{n}             {"state":"DISABLED"}
//	POST /sandbox/secrets/{secret}/grants                   {"role":"…","member":"serviceAccount:…"}
//	POST /sandbox/sql/{instance}                            {"version":"POSTGRES_16","maintenance":"2026-03-04T15:00:00Z"}; what is not named stays
//	POST /sandbox/topics/{topic}                            {}
//	POST /sandbox/topics/{topic}/grants                     {"role":"…","member":"serviceAccount:…","condition":""}
//	POST /sandbox/subscriptions/{subscription}              {"topic":"orders","detached":true}; what is not named stays
//	POST /sandbox/buckets/{bucket}                          {"versioning":true,"objects":["models/v7/a"]}; what is not named stays
//	POST /sandbox/buckets/{bucket}/grants                   as of a topic
//	POST /sandbox/accounts/{email}                          {"disabled":true}
//	POST /sandbox/permissions                               {"storage.buckets.get":false}: the caller has it no more, or has it again
//	POST /sandbox/metrics                                   {"lag":"3m","drop":"true"}
func (s *Sandbox) admin() http.Handler {
	mux := http.NewServeMux()
	handle := func(pattern string, do func(r *http.Request) (any, error)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			out, err := do(r)
			w.Header().Set("Content-Type", "application/json")
			if err != nil {
				w.WriteHeader(http.StatusBadRequest)
				out = map[string]string{"error": err.Error()}
			}
			_ = json.NewEncoder(w).Encode(out) // an error means that the client has gone
		})
	}
	handle("GET /sandbox/calls", func(*http.Request) (any, error) { return s.Calls(), nil })
	handle("GET /sandbox/violations", func(*http.Request) (any, error) { return s.Violations(), nil })
	handle("GET /sandbox/services/{service}", func(r *http.Request) (any, error) { return s.Service(r.PathValue("service")), nil })
	handle("POST /sandbox/services/{service}/split", s.adminSplit)
	handle("POST /sandbox/services/{service}/annotations", s.adminAnnotate)
	handle("POST /sandbox/services/{service}/revisions/{revision}/behaviour", s.adminBehaviour)
	handle("POST /sandbox/services/{service}/revisions/{revision}/stop", func(r *http.Request) (any, error) {
		s.HardStop(r.PathValue("service"), r.PathValue("revision"))
		return done, nil
	})
	handle("POST /sandbox/images", s.adminImage)
	handle("POST /sandbox/secrets/{secret}/versions", s.adminAddVersion)
	handle("POST /sandbox/secrets/{secret}/versions/{n}", s.adminSetVersion)
	handle("POST /sandbox/secrets/{secret}/grants", func(r *http.Request) (any, error) {
		var q struct{ Role, Member string }
		if err := strictJSON(r, &q); err != nil {
			return nil, err
		}
		return done, s.Grant(r.PathValue("secret"), q.Role, q.Member)
	})
	handle("POST /sandbox/metrics", s.adminMetrics)
	s.adminInfra(handle)
	return mux
}

var done = map[string]bool{"done": true}

func strictJSON(r *http.Request, into any) error {
	dec := json.NewDecoder(r.Body)
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return fmt.Errorf("read the request: %w", err)
	}
	return nil
}

func (s *Sandbox) adminSplit(r *http.Request) (any, error) {
	var q struct {
		Percent map[string]int
		Tags    map[string]string
	}
	if err := strictJSON(r, &q); err != nil {
		return nil, err
	}
	return done, s.Meddle(r.PathValue("service"), q.Percent, q.Tags)
}

func (s *Sandbox) adminAnnotate(r *http.Request) (any, error) {
	set := map[string]string{}
	if err := strictJSON(r, &set); err != nil {
		return nil, err
	}
	for _, key := range slices.Sorted(maps.Keys(set)) {
		if err := s.Annotate(r.PathValue("service"), key, set[key]); err != nil {
			return nil, err
		}
	}
	return done, nil
}

func (s *Sandbox) adminBehaviour(r *http.Request) (any, error) {
	env := map[string]string{}
	if err := strictJSON(r, &env); err != nil {
		return nil, err
	}
	rev := s.revision(r.PathValue("service"), r.PathValue("revision"))
	if rev == nil {
		return nil, fmt.Errorf("no revision %s of service %s", r.PathValue("revision"), r.PathValue("service"))
	}
	b, err := rev.behaviour.get().with(env)
	if err != nil {
		return nil, err
	}
	rev.behaviour.put(b)
	return done, nil
}

// with is b with variables set; a name that is not one of the sandbox's is an error.
func (b Behaviour) with(env map[string]string) (Behaviour, error) {
	for name, value := range env {
		if !isSetting(name) {
			return b, fmt.Errorf("%s is not a setting of the sample app", name)
		}
		if err := b.set(name, value); err != nil {
			return b, err
		}
	}
	return b, nil
}

func (s *Sandbox) adminImage(r *http.Request) (any, error) {
	var q struct {
		Repo, Tag, Platform string
		Env                 map[string]string
	}
	if err := strictJSON(r, &q); err != nil {
		return nil, err
	}
	if q.Platform != "" {
		if len(q.Env) > 0 {
			return nil, errors.New("an image for another platform never starts here: give no env")
		}
		ref, err := s.ImageFor(q.Repo, q.Tag, q.Platform)
		return map[string]string{"image": ref}, err
	}
	b, err := Behaviour{}.with(q.Env)
	if err != nil {
		return nil, err
	}
	ref, err := s.Image(q.Repo, q.Tag, b)
	return map[string]string{"image": ref}, err
}

func readState(r *http.Request) (State, error) {
	var q struct{ State string }
	if err := strictJSON(r, &q); err != nil {
		return 0, err
	}
	for _, st := range []State{Enabled, Disabled, Destroyed} {
		if st.proto().String() == q.State {
			return st, nil
		}
	}
	return 0, fmt.Errorf("state %q is not ENABLED, DISABLED or DESTROYED", q.State)
}

func (s *Sandbox) adminAddVersion(r *http.Request) (any, error) {
	state, err := readState(r)
	if err != nil {
		return nil, err
	}
	n, err := s.AddSecretVersion(r.PathValue("secret"), state)
	return map[string]int{"version": n}, err
}

func (s *Sandbox) adminSetVersion(r *http.Request) (any, error) {
	state, err := readState(r)
	if err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(r.PathValue("n"))
	if err != nil {
		return nil, fmt.Errorf("version %q: %w", r.PathValue("n"), err)
	}
	return done, s.SetSecretVersion(r.PathValue("secret"), n, state)
}

func (s *Sandbox) adminMetrics(r *http.Request) (any, error) {
	var q struct{ Lag, Drop string }
	if err := strictJSON(r, &q); err != nil {
		return nil, err
	}
	if q.Lag != "" {
		d, err := time.ParseDuration(q.Lag)
		if err != nil {
			return nil, fmt.Errorf("lag: %w", err)
		}
		s.MetricsLag(d)
	}
	if q.Drop != "" {
		on, err := strconv.ParseBool(q.Drop)
		if err != nil {
			return nil, fmt.Errorf("drop: %w", err)
		}
		s.DropMetrics(on)
	}
	return done, nil
}
