package aws

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// admin is the sandbox's own API, for a person. It is not part of any emulated
// service and is not in Calls.
//
//	GET  /sandbox/calls                                             every call so far
//	GET  /sandbox/violations
//	GET  /sandbox/functions/{function}/aliases/{alias}
//	POST /sandbox/functions/{function}/aliases/{alias}              {"version":"1","weights":{"2":0.1}}: a foreign writer
//	POST /sandbox/functions/{function}/versions/{version}/behaviour {"errorShare":0.5}
//	POST /sandbox/functions/{function}/aliases/{alias}/load         {"n":1000}: so many invocations at this moment
//	POST /sandbox/listeners/load                                    {"listener":"arn:…","n":1000}: so many requests at this moment
//	POST /sandbox/groups/behaviour                                  {"group":"arn:…","errorShare":0.5}
//	POST /sandbox/alarms/{alarm}                                    {"state":"ALARM"}
//	POST /sandbox/tasks/{family}                                    {"takes":"1m","exit":1,"log":["no"]}: how its next runs end; also notStarted, refused
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
	handle("GET /sandbox/functions/{function}/aliases/{alias}", s.adminAlias)
	handle("POST /sandbox/functions/{function}/aliases/{alias}", func(r *http.Request) (any, error) {
		var q struct {
			Version string
			Weights map[string]float64
		}
		if err := strictJSON(r, &q); err != nil {
			return nil, err
		}
		if err := s.SetAlias(r.PathValue("function"), r.PathValue("alias"), q.Version, q.Weights); err != nil {
			return nil, err
		}
		return s.adminAlias(r)
	})
	handle("POST /sandbox/functions/{function}/versions/{version}/behaviour", func(r *http.Request) (any, error) {
		var q Behaviour
		if err := strictJSON(r, &q); err != nil {
			return nil, err
		}
		return q, s.SetBehaviour(r.PathValue("function"), r.PathValue("version"), q)
	})
	handle("POST /sandbox/functions/{function}/aliases/{alias}/load", func(r *http.Request) (any, error) {
		var q struct{ N int }
		if err := strictJSON(r, &q); err != nil {
			return nil, err
		}
		return s.Load(r.PathValue("function"), r.PathValue("alias"), q.N)
	})
	s.balances(handle)
	handle("POST /sandbox/alarms/{alarm}", func(r *http.Request) (any, error) {
		var q struct{ State string }
		if err := strictJSON(r, &q); err != nil {
			return nil, err
		}
		if !s.SetAlarm(r.PathValue("alarm"), q.State) {
			s.CreateAlarm(r.PathValue("alarm"), q.State)
		}
		return q, nil
	})
	handle("POST /sandbox/tasks/{family}", s.adminTasks)
	return mux
}

// adminTasks says how tasks end that are begun from now on.
func (s *Sandbox) adminTasks(r *http.Request) (any, error) {
	var q struct {
		Takes               string
		Exit                int
		Log                 []string
		NotStarted, Refused string
	}
	if err := strictJSON(r, &q); err != nil {
		return nil, err
	}
	takes, err := time.ParseDuration(cmp.Or(q.Takes, "0s"))
	if err != nil {
		return nil, fmt.Errorf("takes: %w", err)
	}
	end := TaskEnd{Takes: takes, Exit: q.Exit, Log: q.Log, NotStarted: q.NotStarted, Refused: q.Refused}
	s.RunsTasks(r.PathValue("family"), func(TaskRun) TaskEnd { return end })
	return q, nil
}

// balances are the controls of load balancers.
func (s *Sandbox) balances(handle func(pattern string, do func(*http.Request) (any, error))) {
	handle("POST /sandbox/listeners/load", func(r *http.Request) (any, error) {
		var q struct {
			Listener, Path string
			N              int
		}
		if err := strictJSON(r, &q); err != nil {
			return nil, err
		}
		return s.LoadListener(r.Context(), q.Listener, cmp.Or(q.Path, "/"), q.N)
	})
	handle("POST /sandbox/groups/behaviour", func(r *http.Request) (any, error) {
		var q struct {
			Group string
			Behaviour
		}
		if err := strictJSON(r, &q); err != nil {
			return nil, err
		}
		s.SetGroupBehaviour(q.Group, q.Behaviour)
		return q, nil
	})
}

func (s *Sandbox) adminAlias(r *http.Request) (any, error) {
	a, there := s.Alias(r.PathValue("function"), r.PathValue("alias"))
	if !there {
		return nil, fmt.Errorf("no alias %s of %s", r.PathValue("alias"), r.PathValue("function"))
	}
	return a, nil
}

func strictJSON(r *http.Request, into any) error {
	dec := json.NewDecoder(r.Body)
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return fmt.Errorf("read the request: %w", err)
	}
	return nil
}
