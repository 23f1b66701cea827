package sandbox

import (
	"context"
	"slices"

	"cloud.google.com/go/longrunning/autogen/longrunningpb"
	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// runRevisions is google.cloud.run.v2.Revisions.
type runRevisions struct {
	runpb.UnimplementedRevisionsServer
	st       *store
	pageSize int
}

// findLocked looks a revision up by its full name.
func (r *runRevisions) findLocked(name, permission string) (*service, *revision, error) {
	vars, err := r.st.parse(name, revisionForm, permission)
	if err != nil {
		return nil, nil, err
	}
	sv, err := r.st.findLocked(vars[0])
	if err != nil {
		return nil, nil, r.st.missing("REVISION", vars[1])
	}
	rev := sv.find(vars[1])
	if rev == nil {
		return nil, nil, r.st.missing("REVISION", vars[1])
	}
	return sv, rev, nil
}

func (r *runRevisions) GetRevision(_ context.Context, q *runpb.GetRevisionRequest) (*runpb.Revision, error) {
	r.st.mu.Lock()
	defer r.st.mu.Unlock()
	_, rev, err := r.findLocked(q.GetName(), "run.revisions.get")
	if err != nil {
		return nil, err
	}
	return r.st.revisionViewLocked(rev), nil
}

// ListRevisions lists the newest first (as the console and gcloud show them);
// "-" stands for all services (ListRevisionsRequest.parent).
func (r *runRevisions) ListRevisions(_ context.Context, q *runpb.ListRevisionsRequest) (*runpb.ListRevisionsResponse, error) {
	vars, err := r.st.parse(q.GetParent(), serviceForm, "run.revisions.list")
	if err != nil {
		return nil, err
	}
	r.st.mu.Lock()
	defer r.st.mu.Unlock()
	var all []*revision
	for _, sv := range r.st.sortedLocked() {
		if vars[0] == "-" || vars[0] == sv.id {
			for _, rev := range slices.Backward(sv.revisions) {
				all = append(all, rev)
			}
		}
	}
	if vars[0] != "-" && r.st.services[vars[0]] == nil {
		return nil, r.st.missing("SERVICE", vars[0])
	}
	all, next, err := page(all, q.GetPageSize(), r.pageSize, q.GetPageToken(), q.GetParent()+"/revisions")
	if err != nil {
		return nil, err
	}
	out := &runpb.ListRevisionsResponse{NextPageToken: next}
	for _, rev := range all {
		out.Revisions = append(out.Revisions, r.st.revisionViewLocked(rev))
	}
	return out, nil
}

// DeleteRevision refuses the latest created revision (text: a public gcloud
// transcript) and one that can receive traffic (Cloud Run, managing revisions;
// wording modelled).
func (r *runRevisions) DeleteRevision(_ context.Context, q *runpb.DeleteRevisionRequest) (*longrunningpb.Operation, error) {
	r.st.mu.Lock()
	defer r.st.mu.Unlock()
	sv, rev, err := r.findLocked(q.GetName(), "run.revisions.delete")
	if err != nil {
		return nil, err
	}
	if e := q.GetEtag(); e != "" && e != rev.version.etag(q.GetName()) {
		return nil, conflict(rev.id, e, rev.version)
	}
	if rev == sv.newest {
		return nil, status.Errorf(codes.FailedPrecondition, "The latest created Revision '%s' cannot be directly deleted.", rev.id)
	}
	wanted := slices.ContainsFunc(sv.want.GetTraffic(), func(t *runpb.TrafficTarget) bool { return t.GetRevision() == rev.id })
	if wanted || sv.reachable()[rev.uid] {
		return nil, status.Errorf(codes.FailedPrecondition, "Revision '%s' can receive traffic and cannot be deleted.", rev.id)
	}
	last := r.st.revisionViewLocked(rev)
	last.DeleteTime = timestamppb.New(r.st.now())
	if !q.GetValidateOnly() {
		sv.revisions = slices.DeleteFunc(sv.revisions, func(o *revision) bool { return o == rev })
	}
	return &longrunningpb.Operation{
		Name: r.st.operation("delete-" + rev.uid), Done: true, Metadata: pack(last),
		Result: &longrunningpb.Operation_Response{Response: pack(last)},
	}, nil
}

// runOperations is google.longrunning.Operations as Cloud Run serves it.
type runOperations struct {
	longrunningpb.UnimplementedOperationsServer
	st       *store
	pageSize int
}

func (r *runOperations) GetOperation(_ context.Context, q *longrunningpb.GetOperationRequest) (*longrunningpb.Operation, error) {
	return r.st.operationByName(q.GetName())
}

// WaitOperation answers at once with the state as it is. The proto allows that
// ("It may return the latest state before the specified timeout (including
// immediately)"), and it makes a caller prove that it copes.
func (r *runOperations) WaitOperation(_ context.Context, q *longrunningpb.WaitOperationRequest) (*longrunningpb.Operation, error) {
	return r.st.operationByName(q.GetName())
}

func (r *runOperations) ListOperations(_ context.Context, q *longrunningpb.ListOperationsRequest) (*longrunningpb.ListOperationsResponse, error) {
	if _, err := r.st.parse(q.GetName(), locationForm, "run.operations.list"); err != nil {
		return nil, err
	}
	if q.GetFilter() != "" {
		return nil, status.Error(codes.Unimplemented, "filters of ListOperations are not emulated")
	}
	r.st.mu.Lock()
	defer r.st.mu.Unlock()
	ids := slices.Clone(r.st.opOrder)
	slices.Reverse(ids)
	ids, next, err := page(ids, q.GetPageSize(), r.pageSize, q.GetPageToken(), q.GetName()+"/operations")
	if err != nil {
		return nil, err
	}
	out := &longrunningpb.ListOperationsResponse{NextPageToken: next}
	for _, id := range ids {
		out.Operations = append(out.Operations, r.st.renderLocked(r.st.ops[id]))
	}
	return out, nil
}

// DeleteOperation forgets an operation.
func (r *runOperations) DeleteOperation(_ context.Context, q *longrunningpb.DeleteOperationRequest) (*emptypb.Empty, error) {
	vars, err := r.st.parse(q.GetName(), "projects/*/locations/*/operations/*", "run.operations.delete")
	if err != nil {
		return nil, err
	}
	r.st.mu.Lock()
	defer r.st.mu.Unlock()
	if r.st.ops[vars[0]] == nil {
		return nil, status.Errorf(codes.NotFound, "Operation %s not found.", q.GetName())
	}
	delete(r.st.ops, vars[0])
	r.st.opOrder = slices.DeleteFunc(r.st.opOrder, func(id string) bool { return id == vars[0] })
	return &emptypb.Empty{}, nil
}
