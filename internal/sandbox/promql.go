package sandbox

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/prometheus/promql"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// promAPI answers instant queries, with the real Prometheus engine, in two
// dialects: as Cloud Monitoring's PromQL endpoint with Google's metric names,
// and as an ordinary Prometheus server with ordinary names.
type promAPI struct {
	s      *Sandbox
	engine *promql.Engine
}

// engineOfAll keeps nothing of a query, so one serves every sandbox of a process.
var engineOfAll = sync.OnceValue(func() *promql.Engine {
	return promql.NewEngine(promql.EngineOpts{MaxSamples: 50_000_000, Timeout: time.Minute})
})

func newPromAPI(s *Sandbox) *promAPI { return &promAPI{s: s, engine: engineOfAll()} }

var (
	googleQuery = regexp.MustCompile(`^/v1/projects/([^/]+)/location/global/prometheus/api/v1/query$`)
	plainQuery  = "/prometheus/api/v1/query"
)

// serve answers a request if it is one of the two query endpoints.
func (p *promAPI) serve(w http.ResponseWriter, r *http.Request) bool {
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		return false
	}
	if m := googleQuery.FindStringSubmatch(r.URL.Path); m != nil {
		p.answer(w, r, Call{Method: "monitoring.Query", Resource: "projects/" + m[1]}, p.s.googleSeries)
		return true
	}
	if r.URL.Path == plainQuery {
		p.answer(w, r, Call{Method: "prometheus.Query"}, p.s.plainSeries)
		return true
	}
	return false
}

func (p *promAPI) answer(w http.ResponseWriter, r *http.Request, c Call, from source) {
	resp, err := p.s.pass(withFace(r.Context(), "rest"), c, nil, func(ctx context.Context, _ any) (any, error) {
		if c.Resource != "" {
			if _, err := p.s.parse(c.Resource, "projects/*", "monitoring.timeSeries.list"); err != nil {
				return nil, err
			}
		}
		query, at, err := p.read(r)
		if err != nil {
			return nil, err
		}
		return p.run(ctx, query, at, from)
	})
	w.Header().Set("Content-Type", "application/json")
	if err != nil {
		p.refuse(w, c, err)
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"status": "success", "data": resp}) // an error means that the client has gone
}

// refuse answers an error: bad queries as Prometheus does, other trouble as Google does.
func (p *promAPI) refuse(w http.ResponseWriter, c Call, err error) {
	st := status.Convert(err)
	if st.Code() != codes.InvalidArgument && c.Resource != "" {
		writeError(w, err)
		return
	}
	kind := map[codes.Code]string{codes.InvalidArgument: "bad_data", codes.Unavailable: "unavailable", codes.DeadlineExceeded: "timeout"}[st.Code()]
	if kind == "" {
		kind = "internal"
	}
	cutIfAsked(err)
	w.WriteHeader(httpStatus(st.Code()))
	_, _ = fmt.Fprintf(w, `{"status":"error","errorType":%s,"error":%s}`, quoted(kind), quoted(st.Message()))
}

// read finds query and time in the URL, a form or a JSON body (the generated
// client of monitoring/v1 sends JSON).
func (p *promAPI) read(r *http.Request) (query string, at time.Time, err error) {
	given := map[string]string{}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		if err := json.NewDecoder(r.Body).Decode(&given); err != nil {
			return "", at, status.Errorf(codes.InvalidArgument, "invalid JSON: %v", err)
		}
	} else if err := r.ParseForm(); err != nil {
		return "", at, status.Errorf(codes.InvalidArgument, "invalid form: %v", err)
	}
	for key, vals := range r.Form {
		if !systemParameter(key, vals) {
			given[key] = vals[0]
		}
	}
	at = p.s.now()
	for key, text := range given {
		switch key {
		case "query":
			query = text
		case "time":
			if at, err = promTime(text); err != nil {
				return "", at, err
			}
		case "timeout": // the engine has its own
		default:
			return "", at, status.Errorf(codes.Unimplemented, "the parameter %q is not emulated", key)
		}
	}
	return query, at, nil
}

// promTime reads a time as the Prometheus API takes it: RFC 3339 or Unix seconds.
func promTime(text string) (time.Time, error) {
	if f, err := strconv.ParseFloat(text, 64); err == nil {
		whole, part := math.Modf(f)
		return time.Unix(int64(whole), int64(part*1e9)).UTC(), nil
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return t, status.Errorf(codes.InvalidArgument, "invalid parameter \"time\": cannot parse %q to a valid timestamp", text)
	}
	return t, nil
}

func (p *promAPI) run(ctx context.Context, query string, at time.Time, from source) (any, error) {
	q, err := p.engine.NewInstantQuery(ctx, &promStore{from: from}, nil, query, at)
	if err != nil {
		return nil, status.Errorf(codes.InvalidArgument, "invalid parameter \"query\": %v", err)
	}
	defer q.Close()
	res := q.Exec(ctx)
	if res.Err != nil {
		return nil, status.Errorf(codes.InvalidArgument, "%v", res.Err)
	}
	out := res.Value
	if v, ok := out.(promql.Vector); ok && v == nil {
		out = promql.Vector{}
	}
	// The value's memory goes back with Close, so it is written out before.
	raw, err := json.Marshal(out)
	if err != nil {
		return nil, status.Errorf(codes.Internal, "%v", err)
	}
	return map[string]any{"resultType": out.Type(), "result": json.RawMessage(raw)}, nil
}
