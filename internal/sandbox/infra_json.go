package sandbox

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// A jsonRoute is one method of an API whose generated messages the module does
// not have. What it takes in the query is listed: anything else is a violation.
type jsonRoute struct {
	method string
	path   *regexp.Regexp
	query  []string
	// about names the thing that a call is about, from the parts of its path.
	about  func(parts []string) string
	answer func(s *Sandbox, parts []string, q url.Values) (any, error)
}

// jsonRoutes: Cloud SQL Admin v1, Pub/Sub v1 and Cloud Storage v1, as far as
// requirements read them. All are GET.
//
//   - https://cloud.google.com/sql/docs/postgres/admin-api/rest/v1/instances/get, …/operations/list
//   - https://cloud.google.com/pubsub/docs/reference/rest/v1/projects.topics/get, …/getIamPolicy, …/projects.subscriptions/get
//   - https://cloud.google.com/storage/docs/json_api/v1/buckets/get, …/getIamPolicy, …/objects/list
var jsonRoutes = []jsonRoute{
	{"cloudsql.GetInstance", regexp.MustCompile(`^/v1/projects/([^/]+)/instances/([^/:]+)$`), nil, filled("projects/%/instances/%"), (*Sandbox).sqlInstance},
	{"cloudsql.ListOperations", regexp.MustCompile(`^/v1/projects/([^/]+)/operations$`), []string{"instance", "maxResults"}, filled("projects/%"), (*Sandbox).sqlOperations},
	{"pubsub.GetTopic", regexp.MustCompile(`^/v1/projects/([^/]+)/topics/([^/:]+)$`), nil, filled("projects/%/topics/%"), (*Sandbox).topic},
	{"pubsub.GetTopicIamPolicy", regexp.MustCompile(`^/v1/projects/([^/]+)/topics/([^/:]+):getIamPolicy$`), []string{"options.requestedPolicyVersion"}, filled("projects/%/topics/%"), (*Sandbox).topicPolicy},
	{"pubsub.GetSubscription", regexp.MustCompile(`^/v1/projects/([^/]+)/subscriptions/([^/:]+)$`), nil, filled("projects/%/subscriptions/%"), (*Sandbox).subscription},
	{"storage.GetBucket", regexp.MustCompile(`^/storage/v1/b/([^/]+)$`), []string{"projection"}, filled("b/%"), (*Sandbox).bucket},
	{"storage.GetBucketIamPolicy", regexp.MustCompile(`^/storage/v1/b/([^/]+)/iam$`), []string{"optionsRequestedPolicyVersion"}, filled("b/%"), (*Sandbox).bucketPolicy},
	{"storage.ListObjects", regexp.MustCompile(`^/storage/v1/b/([^/]+)/o$`), []string{"prefix", "maxResults", "pageToken"}, filled("b/%"), (*Sandbox).objects},
}

// filled fills the parts of a path into a form.
func filled(form string) func([]string) string {
	return func(parts []string) string {
		out := form
		for _, p := range parts {
			out = strings.Replace(out, "%", p, 1)
		}
		return out
	}
}

// jsonAPIs answers what one of jsonRoutes fits.
func (s *Sandbox) jsonAPIs(w http.ResponseWriter, r *http.Request) bool {
	if r.Method != http.MethodGet {
		return false
	}
	for _, rt := range jsonRoutes {
		m := rt.path.FindStringSubmatch(r.URL.EscapedPath())
		if m == nil {
			continue
		}
		for i := range m {
			if plain, err := url.PathUnescape(m[i]); err == nil {
				m[i] = plain
			}
		}
		c := Call{Method: rt.method, Resource: rt.about(m[1:])}
		resp, err := s.pass(withFace(r.Context(), "rest"), c, nil, func(context.Context, any) (any, error) {
			return s.answerJSON(rt, m[1:], r.URL.Query(), c)
		})
		if err != nil {
			writeError(w, err)
			return true
		}
		w.Header().Set("Content-Type", "application/json; charset=UTF-8")
		_ = json.NewEncoder(w).Encode(resp) // an error means that the client has gone
		return true
	}
	return false
}

func (s *Sandbox) answerJSON(rt jsonRoute, parts []string, q url.Values, c Call) (any, error) {
	for key, vals := range q {
		if !systemParameter(key, vals) && !slices.Contains(rt.query, key) {
			return nil, status.Errorf(codes.Unimplemented, "query parameter %s of %s", key, rt.method)
		}
	}
	if strings.HasPrefix(c.Resource, "projects/") && !s.owns(parts[0]) {
		return nil, denied(permissionFor(rt.method), c.Resource)
	}
	s.infra.mu.Lock()
	defer s.infra.mu.Unlock()
	return rt.answer(s, parts, q)
}

// number reads a number of the query; "" is 0.
func number(q url.Values, key string) (int, error) {
	if q.Get(key) == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(q.Get(key))
	if err != nil || n < 0 {
		return 0, status.Errorf(codes.InvalidArgument, "Invalid value at '%s': %q", key, q.Get(key))
	}
	return n, nil
}

// The texts of refusals are those of public logs: googleapis/google-api-go-client
// issues and Terraform users'.
func (s *Sandbox) sqlInstance(parts []string, _ url.Values) (any, error) {
	name := parts[1]
	i, ok := s.infra.instances[name]
	if !ok {
		return nil, status.Error(codes.NotFound, "The Cloud SQL instance does not exist.")
	}
	out := map[string]any{
		"kind": "sql#instance", "name": name, "project": s.project, "region": i.Region, "state": i.State, "databaseVersion": i.Version,
		"connectionName": s.project + ":" + i.Region + ":" + name, "instanceType": "CLOUD_SQL_INSTANCE", "backendType": "SECOND_GEN",
		"settings": map[string]any{"kind": "sql#settings", "activationPolicy": i.Activation, "tier": "db-f1-micro", "settingsVersion": "1"},
	}
	if !i.Maintenance.IsZero() {
		out["scheduledMaintenance"] = map[string]any{"startTime": i.Maintenance.UTC().Format(time.RFC3339), "canDefer": true, "canReschedule": true}
	}
	return out, nil
}

// sqlOperations lists the newest first. Without the name of an instance Cloud SQL
// lists those of the whole project, which is not emulated.
func (s *Sandbox) sqlOperations(parts []string, q url.Values) (any, error) {
	name := q.Get("instance")
	i, ok := s.infra.instances[name]
	switch {
	case name == "":
		return nil, status.Error(codes.Unimplemented, "operations of a whole project")
	case !ok:
		return nil, status.Error(codes.NotFound, "The Cloud SQL instance does not exist.")
	}
	most, err := number(q, "maxResults")
	if err != nil {
		return nil, err
	}
	var items []any
	for n, o := range i.Operations {
		if most > 0 && n == most {
			break
		}
		items = append(items, map[string]any{
			"kind": "sql#operation", "name": uid("operation", name, strconv.Itoa(n)), "targetId": name, "targetProject": parts[0],
			"operationType": o.Type, "status": o.Status, "insertTime": o.Start.UTC().Format(time.RFC3339), "startTime": o.Start.UTC().Format(time.RFC3339),
		})
	}
	return map[string]any{"kind": "sql#operationsList", "items": items}, nil
}

func (s *Sandbox) topic(parts []string, _ url.Values) (any, error) {
	if !s.infra.topics[parts[1]] {
		return nil, status.Errorf(codes.NotFound, "Resource not found (resource=%s).", parts[1])
	}
	return map[string]any{"name": "projects/" + s.project + "/topics/" + parts[1], "state": "ACTIVE"}, nil
}

func (s *Sandbox) topicPolicy(parts []string, q url.Values) (any, error) {
	if _, err := s.topic(parts, q); err != nil {
		return nil, err
	}
	version, err := number(q, "options.requestedPolicyVersion")
	if err != nil {
		return nil, err
	}
	return rawJSON(shownPolicy(s.infra.policyLocked("topics/"+parts[1]), version))
}

// subscription: one whose topic was deleted says so in the place of its name
// (reference, field topic).
func (s *Sandbox) subscription(parts []string, _ url.Values) (any, error) {
	sub, ok := s.infra.subscriptions[parts[1]]
	if !ok {
		return nil, status.Errorf(codes.NotFound, "Resource not found (resource=%s).", parts[1])
	}
	out := map[string]any{
		"name": "projects/" + s.project + "/subscriptions/" + parts[1], "topic": "_deleted-topic_", "ackDeadlineSeconds": 10,
		"pushConfig": map[string]any{}, "state": sub.State,
	}
	if sub.Topic != "" {
		out["topic"] = "projects/" + s.project + "/topics/" + sub.Topic
	}
	if sub.Detached {
		out["detached"] = true
	}
	return out, nil
}

func (s *Sandbox) bucket(parts []string, _ url.Values) (any, error) {
	b, ok := s.infra.buckets[parts[0]]
	if !ok {
		return nil, status.Error(codes.NotFound, "The specified bucket does not exist.")
	}
	if b.Location == "" {
		b.Location = s.location
	}
	out := map[string]any{
		"kind": "storage#bucket", "id": parts[0], "name": parts[0], "projectNumber": s.number, "metageneration": "1", "etag": "CAE=",
		"location": strings.ToUpper(b.Location), "locationType": "region", "storageClass": "STANDARD",
	}
	if b.Versioning { // the field is absent where it was never set
		out["versioning"] = map[string]any{"enabled": true}
	}
	return out, nil
}

func (s *Sandbox) bucketPolicy(parts []string, q url.Values) (any, error) {
	if _, err := s.bucket(parts, q); err != nil {
		return nil, err
	}
	version, err := number(q, "optionsRequestedPolicyVersion")
	if err != nil {
		return nil, err
	}
	return rawJSON(shownPolicy(s.infra.policyLocked("buckets/"+parts[0]), version))
}

// objects lists names alone. A page may hold fewer than asked for, none included
// (reference, parameter maxResults): here the first page of a list that is not
// empty holds none, so that whoever reads one page only is found out.
func (s *Sandbox) objects(parts []string, q url.Values) (any, error) {
	if _, err := s.bucket(parts, q); err != nil {
		return nil, err
	}
	if _, err := number(q, "maxResults"); err != nil {
		return nil, err
	}
	var names []string
	for _, o := range s.infra.buckets[parts[0]].Objects {
		if strings.HasPrefix(o, q.Get("prefix")) {
			names = append(names, o)
		}
	}
	out := map[string]any{"kind": "storage#objects"}
	switch token := q.Get("pageToken"); {
	case len(names) == 0:
	case token == "":
		out["nextPageToken"] = "first"
	case token == "first":
		out["items"] = []any{map[string]any{"kind": "storage#object", "name": names[0], "bucket": parts[0], "size": "1"}}
	default:
		return nil, status.Errorf(codes.InvalidArgument, "Invalid argument: pageToken %q", token)
	}
	return out, nil
}
