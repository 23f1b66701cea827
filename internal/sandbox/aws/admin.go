package aws

import (
	"encoding/json"
	"net/http"
)

// admin is the sandbox's own API, for a person. It is not part of any emulated
// service and is not in Calls.
//
//	GET  /sandbox/calls        every call so far
//	GET  /sandbox/violations
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
	return mux
}
