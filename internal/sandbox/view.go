package sandbox

import (
	"time"

	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// creator is the caller that the sandbox knows; it does no authentication.
const creator = "somebody@example.com"

// viewLocked renders a service as v2 shows it at this moment. The caller has settled it.
func (st *store) viewLocked(sv *service) *runpb.Service {
	out, ok := proto.Clone(sv.want).(*runpb.Service)
	if !ok {
		panic("sandbox: a clone changed its type")
	}
	pending := sv.job != nil
	out.Name = st.service(sv.id)
	out.Uid = sv.uid
	out.Generation = sv.generation
	out.CreateTime = timestamppb.New(sv.created)
	// update_time and etag tell of the user's writes alone: in a real state
	// update_time equals create_time although the reconcile ended 96 s later.
	out.UpdateTime = timestamppb.New(sv.version.time())
	out.Creator, out.LastModifier = creator, creator
	out.Etag = sv.version.etag(out.GetName())
	out.ObservedGeneration = sv.observed
	out.Reconciling = pending
	out.LatestCreatedRevision = st.revision(sv.id, sv.newest.id)
	if sv.latestReady != "" {
		out.LatestReadyRevision = st.revision(sv.id, sv.latestReady)
	}
	out.Uri = st.edge.url(sv.id, "")
	out.Urls = []string{out.GetUri()}
	for _, t := range sv.live {
		out.TrafficStatuses = append(out.TrafficStatuses, st.statusOf(sv, t))
	}
	at := sv.settledAt
	if pending {
		at = sv.version.time()
	}
	out.TerminalCondition = condition("Ready", pending, sv.failed(), at)
	out.Conditions = []*runpb.Condition{
		condition("RoutesReady", pending, sv.routes, at),
		condition("ConfigurationsReady", pending, sv.config, at),
	}
	return out
}

// statusOf renders one entry of traffic_statuses. A LATEST entry does not tell
// which revision that is (seen in real Terraform states).
func (st *store) statusOf(sv *service, t target) *runpb.TrafficTargetStatus {
	s := &runpb.TrafficTargetStatus{
		Type:    runpb.TrafficTargetAllocationType_TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION,
		Percent: t.percent, Tag: t.tag, Revision: t.rev.id,
	}
	if t.latest {
		s.Type, s.Revision = runpb.TrafficTargetAllocationType_TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST, ""
	}
	if t.tag != "" {
		s.Uri = st.edge.url(sv.id, t.tag)
	}
	return s
}

// revisionViewLocked renders a revision as v2 shows it.
func (st *store) revisionViewLocked(r *revision) *runpb.Revision {
	now := st.now()
	pending, sv := !r.over(now), r.service
	t := r.template
	out := &runpb.Revision{
		Name: st.revision(sv.id, r.id), Uid: r.uid, Service: sv.id, Generation: 1, ObservedGeneration: 1,
		Labels: t.GetLabels(), Annotations: t.GetAnnotations(),
		CreateTime: timestamppb.New(r.created), UpdateTime: timestamppb.New(r.changedAt(now)),
		LaunchStage: sv.want.GetLaunchStage(), Scaling: t.GetScaling(), VpcAccess: t.GetVpcAccess(),
		MaxInstanceRequestConcurrency: t.GetMaxInstanceRequestConcurrency(), Timeout: t.GetTimeout(),
		ServiceAccount: t.GetServiceAccount(), Containers: t.GetContainers(), Volumes: t.GetVolumes(),
		ExecutionEnvironment: t.GetExecutionEnvironment(), EncryptionKey: t.GetEncryptionKey(),
		ServiceMesh: t.GetServiceMesh(), EncryptionKeyRevocationAction: t.GetEncryptionKeyRevocationAction(),
		EncryptionKeyShutdownDuration: t.GetEncryptionKeyShutdownDuration(),
		SessionAffinity:               t.GetSessionAffinity(), NodeSelector: t.GetNodeSelector(),
		Reconciling: pending, LogUri: logURI(st.place, sv.id, r.id), Creator: creator,
		ScalingStatus: &runpb.RevisionScalingStatus{DesiredMinInstanceCount: t.GetScaling().GetMinInstanceCount()},
		Etag:          r.version.etag(st.revision(sv.id, r.id)),
	}
	out, ok := proto.Clone(out).(*runpb.Revision) // the template's parts are shared until here
	if !ok {
		panic("sandbox: a clone changed its type")
	}
	out.Conditions = r.conditions(now)
	return out
}

func (r *revision) changedAt(now time.Time) time.Time {
	if r.over(now) && r.due.After(r.created) {
		return r.due
	}
	return r.created
}

// conditions of a revision. A ready revision that nothing routes to is Retired
// and says so beside Ready=True (omi#10254: "Ready=True with reason=Retired").
func (r *revision) conditions(now time.Time) []*runpb.Condition {
	pending, f, at := !r.over(now), r.failure(now), r.changedAt(now)
	ready := condition("Ready", pending, f, at)
	container := condition("ContainerReady", pending, f, at)
	active := condition("Active", pending, nil, at)
	if !pending && f == nil && r.service.job == nil && !r.service.reachable()[r.uid] {
		retired := &runpb.Condition_RevisionReason_{RevisionReason: runpb.Condition_RETIRED}
		ready.Reasons = retired
		active.State, active.Severity, active.Reasons = runpb.Condition_CONDITION_FAILED, runpb.Condition_INFO, retired
	}
	return []*runpb.Condition{ready, container, active}
}
