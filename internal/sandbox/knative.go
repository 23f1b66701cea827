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

	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// knative is the v1 API that gcloud speaks, on the state of the v2 API. The
// host is not looked at: gcloud puts the region into it, and requests in the
// form for a proxy carry any host.
type knative struct {
	s    *Sandbox
	revs *runRevisions
}

var (
	kPath = regexp.MustCompile(`^/apis/serving\.knative\.dev/v1/namespaces/([^/]+)/(services|revisions)(?:/([^/:]+))?$`)
	kAll  = regexp.MustCompile(`^/v1/projects/([^/]+)/locations/([^/]+)/services$`)
)

// A kCall is one request of the facade, ready to be carried out.
type kCall struct {
	call Call
	do   func(ctx context.Context) (any, error)
}

// serve answers a request if it is one of the v1 API.
func (k *knative) serve(w http.ResponseWriter, r *http.Request) bool {
	namespace, kind, name := "", "services", ""
	if m := kPath.FindStringSubmatch(r.URL.Path); m != nil {
		namespace, kind, name = m[1], m[2], m[3]
	} else if m := kAll.FindStringSubmatch(r.URL.Path); m != nil && r.Method == http.MethodGet {
		namespace = m[1]
	} else {
		return false
	}
	kc := k.route(r, kind, name)
	if kc == nil {
		return false
	}
	resp, err := k.s.pass(withFace(r.Context(), "knative"), kc.call, nil, func(ctx context.Context, _ any) (any, error) {
		if !k.s.owns(namespace) {
			return nil, denied(permissionFor(kc.call.Method), "namespaces/"+namespace+"/"+kind+"/"+name)
		}
		if err := k.params(r); err != nil {
			return nil, err
		}
		return kc.do(ctx)
	})
	if err != nil {
		writeError(w, err)
		return true
	}
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	_ = json.NewEncoder(w).Encode(resp) // an error means that the client has gone
	return true
}

// params refuses query parameters that the facade does not know.
func (k *knative) params(r *http.Request) error {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return status.Errorf(codes.InvalidArgument, "Invalid query: %v", err)
	}
	for key, vals := range query {
		if !systemParameter(key, vals) && !slices.Contains([]string{"labelSelector", "limit", "continue"}, key) {
			return status.Errorf(codes.Unimplemented, "the query parameter %q is not emulated", key)
		}
	}
	return nil
}

// route finds what a request asks for; nil if nothing that is known.
func (k *knative) route(r *http.Request, kind, name string) *kCall {
	form := r.Method + " " + kind
	if name != "" {
		form += "/name"
	}
	switch form {
	case "GET services/name":
		return k.about("run.GetService", name, func(ctx context.Context) (any, error) { return k.get(ctx, name) })
	case "GET services":
		return k.about("run.ListServices", "", func(context.Context) (any, error) { return k.list(r) })
	case "POST services":
		return k.write(r, "run.CreateService", "")
	case "PUT services/name":
		return k.write(r, "run.UpdateService", name)
	case "DELETE services/name":
		return k.about("run.DeleteService", name, func(context.Context) (any, error) {
			_, err := k.s.store.delete(name, "", false)
			return deleted(name), err
		})
	case "GET revisions/name":
		return k.about("run.GetRevision", name, func(context.Context) (any, error) { return k.revision(name) })
	case "GET revisions":
		return k.about("run.ListRevisions", "", func(context.Context) (any, error) { return k.revisions(r) })
	case "DELETE revisions/name":
		return k.about("run.DeleteRevision", name, func(ctx context.Context) (any, error) { return k.deleteRevision(ctx, name) })
	}
	return nil
}

func deleted(name string) any {
	return map[string]any{"kind": "Status", "status": "Success", "details": map[string]string{"name": name}}
}

// about describes a call. A revision's resource is its short name alone: v1 does
// not say which service it belongs to.
func (k *knative) about(method, id string, do func(context.Context) (any, error)) *kCall {
	resource := k.s.parent()
	switch {
	case strings.HasSuffix(method, "Revision"):
		resource += "/services/-/revisions/" + id
	case id != "":
		resource = k.s.service(id)
	}
	return &kCall{Call{Method: method, Resource: resource, Write: changes(method)}, do}
}

// write is a POST or PUT of a service.
func (k *knative) write(r *http.Request, method, name string) *kCall {
	in, err := k.decode(r)
	id := in.Metadata.Name
	kc := k.about(method, id, nil)
	kc.call.ETag = in.Metadata.ResourceVersion
	kc.do = func(ctx context.Context) (any, error) {
		switch {
		case err != nil:
			return nil, err
		case name == "":
			return k.create(ctx, in)
		case name != id:
			return nil, status.Errorf(codes.InvalidArgument, "metadata.name: %q is not the name of the URL", id)
		}
		return k.replace(ctx, in)
	}
	return kc
}

func (k *knative) decode(r *http.Request) (kService, error) {
	var in kService
	dec := json.NewDecoder(r.Body)
	dec.DisallowUnknownFields()
	err := dec.Decode(&in)
	if err == nil {
		return in, nil
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		k.s.journal.violate("knative: not emulated: JSON field %s in %s %s", name, r.Method, r.URL.Path)
		return in, invalidJSON(strings.Trim(name, `"`))
	}
	return in, status.Errorf(codes.InvalidArgument, "Invalid JSON payload received. %v", err)
}

func (k *knative) create(ctx context.Context, in kService) (any, error) {
	sent := &runpb.Service{}
	meta, err := k.s.fromKnative(in, sent)
	if err != nil {
		return nil, err
	}
	if _, err := k.s.store.create(ctx, change{id: in.Metadata.Name, sent: sent, meta: &meta}); err != nil {
		return nil, err
	}
	return k.get(ctx, in.Metadata.Name)
}

// replace lays what v1 can say over what is stored, so that fields which only v2
// knows survive a PUT of gcloud.
func (k *knative) replace(ctx context.Context, in kService) (any, error) {
	st, id := k.s.store, in.Metadata.Name
	st.mu.Lock()
	sv, err := st.findLocked(id)
	if err != nil {
		st.mu.Unlock()
		return nil, err
	}
	sent := cloneService(sv.want)
	st.mu.Unlock()
	meta, err := k.s.fromKnative(in, sent)
	if err != nil {
		return nil, err
	}
	if _, err := st.update(ctx, change{id: id, sent: sent, etag: in.Metadata.ResourceVersion, meta: &meta}); err != nil {
		return nil, err
	}
	return k.get(context.WithoutCancel(ctx), id)
}

func (k *knative) get(ctx context.Context, id string) (any, error) {
	shown, err := k.s.store.get(ctx, id)
	if err != nil {
		return nil, err
	}
	k.s.store.mu.Lock()
	defer k.s.store.mu.Unlock()
	sv, err := k.s.store.findLocked(id)
	if err != nil {
		return nil, err
	}
	return k.s.toKnative(shown, sv), nil
}

func (k *knative) list(r *http.Request) (any, error) {
	st := k.s.store
	st.mu.Lock()
	defer st.mu.Unlock()
	var items []any
	for _, sv := range st.sortedLocked() {
		items = append(items, k.s.toKnative(st.viewLocked(sv), sv))
	}
	return k.listOf("ServiceList", items, r)
}

// listOf cuts a page if the caller asks for one; gcloud does not.
func (k *knative) listOf(kind string, items []any, r *http.Request) (any, error) {
	q := r.URL.Query()
	limit := len(items) + 1
	if text := q.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return nil, status.Errorf(codes.InvalidArgument, "Invalid value at 'limit': %q", text)
		}
		limit = n
	}
	items, next, err := page(items, int32(min(limit, 1000)), 1000, q.Get("continue"), kind)
	if err != nil {
		return nil, err
	}
	out := kList{APIVersion: "serving.knative.dev/v1", Kind: kind, Metadata: map[string]string{}, Items: items}
	if next != "" {
		out.Metadata["continue"] = next
	}
	return out, nil
}

// findRevision looks through all services: v1 names revisions without them.
func (k *knative) findRevision(name string) (*service, *revision, error) {
	for _, sv := range k.s.store.sortedLocked() {
		if r := sv.find(name); r != nil {
			return sv, r, nil
		}
	}
	return nil, nil, k.s.store.missing("REVISION", name)
}

func (k *knative) revision(name string) (any, error) {
	k.s.store.mu.Lock()
	defer k.s.store.mu.Unlock()
	_, r, err := k.findRevision(name)
	if err != nil {
		return nil, err
	}
	return k.s.revisionToKnative(r), nil
}

func (k *knative) deleteRevision(ctx context.Context, name string) (any, error) {
	k.s.store.mu.Lock()
	sv, r, err := k.findRevision(name)
	k.s.store.mu.Unlock()
	if err != nil {
		return nil, err
	}
	_, err = k.revs.DeleteRevision(ctx, &runpb.DeleteRevisionRequest{Name: k.s.store.revision(sv.id, r.id)})
	return deleted(name), err
}

// revisions lists the newest first, filtered by labels.
func (k *knative) revisions(r *http.Request) (any, error) {
	want, err := selector(r.URL.Query().Get("labelSelector"))
	if err != nil {
		return nil, err
	}
	k.s.store.mu.Lock()
	defer k.s.store.mu.Unlock()
	var items []any
	for _, sv := range k.s.store.sortedLocked() {
		for _, rev := range slices.Backward(sv.revisions) {
			shown := k.s.revisionToKnative(rev)
			if shown.has(want) {
				items = append(items, shown)
			}
		}
	}
	return k.listOf("RevisionList", items, r)
}

// selector reads the equalities of a Kubernetes label selector.
func selector(text string) (map[string]string, error) {
	out := map[string]string{}
	for part := range strings.SplitSeq(text, ",") {
		if strings.TrimSpace(part) == "" {
			continue
		}
		key, value, found := strings.Cut(part, "=")
		if !found || strings.ContainsAny(part, "!()") {
			return nil, status.Errorf(codes.Unimplemented, "the label selector %q is not emulated", part)
		}
		out[strings.TrimSpace(key)] = strings.TrimSpace(strings.TrimPrefix(value, "="))
	}
	return out, nil
}

func (r kRevision) has(labels map[string]string) bool {
	for key, value := range labels {
		if r.Metadata.Labels[key] != value {
			return false
		}
	}
	return true
}
