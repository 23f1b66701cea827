package sandbox

import (
	"context"
	"strconv"
	"time"

	"cloud.google.com/go/iam/apiv1/iampb"
	"cloud.google.com/go/longrunning/autogen/longrunningpb"
	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"
)

const (
	serviceForm  = "projects/*/locations/*/services/*"
	revisionForm = "projects/*/locations/*/services/*/revisions/*"
	locationForm = "projects/*/locations/*"
)

// runServices is google.cloud.run.v2.Services.
type runServices struct {
	runpb.UnimplementedServicesServer
	st       *store
	pageSize int
}

func (r *runServices) id(name, permission string) (string, error) {
	vars, err := r.st.parse(name, serviceForm, permission)
	if err != nil {
		return "", err
	}
	return vars[0], nil
}

func (r *runServices) CreateService(ctx context.Context, q *runpb.CreateServiceRequest) (*longrunningpb.Operation, error) {
	if _, err := r.st.parse(q.GetParent(), locationForm, "run.services.create"); err != nil {
		return nil, err
	}
	return r.st.create(ctx, change{id: q.GetServiceId(), sent: q.GetService(), validate: q.GetValidateOnly()})
}

func (r *runServices) UpdateService(ctx context.Context, q *runpb.UpdateServiceRequest) (*longrunningpb.Operation, error) {
	id, err := r.id(q.GetService().GetName(), "run.services.update")
	if err != nil {
		return nil, err
	}
	ch := change{
		id: id, sent: q.GetService(), mask: q.GetUpdateMask().GetPaths(),
		etag: q.GetService().GetEtag(), validate: q.GetValidateOnly(),
	}
	op, err := r.st.update(ctx, ch)
	if status.Code(err) == codes.NotFound && q.GetAllowMissing() {
		return r.st.create(ctx, ch)
	}
	return op, err
}

func (r *runServices) GetService(ctx context.Context, q *runpb.GetServiceRequest) (*runpb.Service, error) {
	id, err := r.id(q.GetName(), "run.services.get")
	if err != nil {
		return nil, err
	}
	return r.st.get(ctx, id)
}

func (r *runServices) ListServices(_ context.Context, q *runpb.ListServicesRequest) (*runpb.ListServicesResponse, error) {
	if _, err := r.st.parse(q.GetParent(), locationForm, "run.services.list"); err != nil {
		return nil, err
	}
	r.st.mu.Lock()
	defer r.st.mu.Unlock()
	all, next, err := page(r.st.sortedLocked(), q.GetPageSize(), r.pageSize, q.GetPageToken(), q.GetParent()+"/services")
	if err != nil {
		return nil, err
	}
	out := &runpb.ListServicesResponse{NextPageToken: next}
	for _, sv := range all {
		out.Services = append(out.Services, r.st.viewLocked(sv))
	}
	return out, nil
}

func (r *runServices) DeleteService(_ context.Context, q *runpb.DeleteServiceRequest) (*longrunningpb.Operation, error) {
	id, err := r.id(q.GetName(), "run.services.delete")
	if err != nil {
		return nil, err
	}
	return r.st.delete(id, q.GetEtag(), q.GetValidateOnly())
}

// get shows a service; a StaleRead fault shows what was true before the last write.
func (st *store) get(ctx context.Context, id string) (*runpb.Service, error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	sv, err := st.findLocked(id)
	if err != nil {
		return nil, err
	}
	if d := troubleIn(ctx).stale; d > 0 && st.now().Before(sv.wroteAt.Add(d)) && sv.before != nil {
		return cloneService(sv.before), nil
	}
	return st.viewLocked(sv), nil
}

// delete removes a service with its revisions. The name is free at once; the
// operation ends when a reconcile would.
func (st *store) delete(id, etag string, validate bool) (*longrunningpb.Operation, error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	sv, err := st.findLocked(id)
	if err != nil {
		return nil, err
	}
	if err := st.guard(sv, etag); err != nil {
		return nil, err
	}
	last := st.viewLocked(sv)
	if validate {
		return st.dryRun(last), nil
	}
	now := st.now()
	last.DeleteTime, last.ExpireTime = timestamppb.New(now), timestamppb.New(now.Add(30*24*time.Hour))
	if sv.job != nil { // whoever waits for an earlier write hears that it ended
		for _, op := range sv.job.ops {
			op.done, op.sv, op.shown = true, nil, last
			op.fail = &failure{code: codes.Aborted, message: "The service was deleted."}
		}
	}
	delete(st.services, id)
	st.edge.retire(id, nil)
	op := st.startLocked(nil)
	op.gone, op.wait = last, wait{due: now.Add(st.settle)}
	return st.showLocked(op), nil
}

// policyLocked finds the IAM policy of a service.
func (st *store) policyLocked(id string) (*service, error) {
	sv, err := st.findLocked(id)
	if err == nil && sv.policy == nil {
		sv.policy = &iampb.Policy{Version: 1, Etag: []byte("1")}
	}
	return sv, err
}

func (r *runServices) GetIamPolicy(_ context.Context, q *iampb.GetIamPolicyRequest) (*iampb.Policy, error) {
	id, err := r.id(q.GetResource(), "run.services.getIamPolicy")
	if err != nil {
		return nil, err
	}
	r.st.mu.Lock()
	defer r.st.mu.Unlock()
	sv, err := r.st.policyLocked(id)
	if err != nil {
		return nil, err
	}
	return clonePolicy(sv.policy), nil
}

func (r *runServices) SetIamPolicy(_ context.Context, q *iampb.SetIamPolicyRequest) (*iampb.Policy, error) {
	id, err := r.id(q.GetResource(), "run.services.setIamPolicy")
	if err != nil {
		return nil, err
	}
	r.st.mu.Lock()
	defer r.st.mu.Unlock()
	sv, err := r.st.policyLocked(id)
	if err != nil {
		return nil, err
	}
	sv.policy, err = nextPolicy(sv.policy, q)
	if err != nil {
		return nil, err
	}
	return clonePolicy(sv.policy), nil
}

func (r *runServices) TestIamPermissions(_ context.Context, q *iampb.TestIamPermissionsRequest) (*iampb.TestIamPermissionsResponse, error) {
	if _, err := r.id(q.GetResource(), "run.services.get"); err != nil {
		return nil, err
	}
	return r.st.vault.held(q.GetPermissions()), nil
}

// clonePolicy copies a policy so that no answer shares the stored one.
func clonePolicy(p *iampb.Policy) *iampb.Policy {
	return &iampb.Policy{Version: p.GetVersion(), Etag: p.GetEtag(), Bindings: p.GetBindings()}
}

// nextPolicy is a policy after a SetIamPolicy; a stale etag is ABORTED
// (iam.v1 policy.proto: optimistic concurrency control).
func nextPolicy(now *iampb.Policy, q *iampb.SetIamPolicyRequest) (*iampb.Policy, error) {
	if len(q.GetUpdateMask().GetPaths()) > 0 {
		return nil, status.Error(codes.Unimplemented, "update_mask of SetIamPolicy is not emulated")
	}
	sent := q.GetPolicy()
	if e := sent.GetEtag(); len(e) > 0 && string(e) != string(now.GetEtag()) {
		return nil, status.Error(codes.Aborted, "There were concurrent policy changes. Please retry the whole read-modify-write with exponential backoff.")
	}
	n, err := strconv.Atoi(string(now.GetEtag()))
	if err != nil {
		n = 1
	}
	next := clonePolicy(sent)
	next.Etag = strconv.AppendInt(nil, int64(n+1), 10)
	return next, nil
}

// held is the subset of permissions that the caller has.
func (v *vault) held(asked []string) *iampb.TestIamPermissionsResponse {
	out := &iampb.TestIamPermissionsResponse{}
	for _, p := range asked {
		if !v.denies(p) {
			out.Permissions = append(out.Permissions, p)
		}
	}
	return out
}
