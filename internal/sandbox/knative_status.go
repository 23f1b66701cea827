package sandbox

import (
	"strings"
	"time"

	"cloud.google.com/go/run/apiv2/runpb"
)

// statusToKnative renders the status of a service. Unlike v2, v1 observes a
// generation whether it went well or not, and names the revision behind LATEST
// (ServiceStatus: "These entries will always contain RevisionName references").
func (s *Sandbox) statusToKnative(shown *runpb.Service, sv *service) kServiceStatus {
	out := kServiceStatus{
		ObservedGeneration:        shown.GetGeneration(),
		LatestReadyRevisionName:   lastPart(shown.GetLatestReadyRevision()),
		LatestCreatedRevisionName: lastPart(shown.GetLatestCreatedRevision()),
		URL:                       shown.GetUri(), Address: map[string]string{"url": shown.GetUri()},
		Conditions: toConditions(append([]*runpb.Condition{shown.GetTerminalCondition()}, shown.GetConditions()...)),
	}
	for i, t := range shown.GetTrafficStatuses() {
		k := kTraffic{RevisionName: t.GetRevision(), Percent: t.GetPercent(), Tag: t.GetTag(), URL: t.GetUri(), LatestRevision: t.GetRevision() == ""}
		if k.LatestRevision && i < len(sv.live) {
			k.RevisionName = sv.live[i].rev.id
		}
		out.Traffic = append(out.Traffic, k)
	}
	return out
}

func toConditions(in []*runpb.Condition) []kCondition {
	var out []kCondition
	for _, c := range in {
		k := kCondition{
			Type: c.GetType(), Status: "Unknown", Message: c.GetMessage(),
			LastTransitionTime: c.GetLastTransitionTime().AsTime().Format(time.RFC3339Nano),
		}
		if state := c.GetState(); state == runpb.Condition_CONDITION_SUCCEEDED {
			k.Status = "True"
		} else if state == runpb.Condition_CONDITION_FAILED {
			k.Status = "False"
		}
		if c.GetSeverity() == runpb.Condition_INFO {
			k.Severity = "Info"
		}
		switch c.GetReasons().(type) {
		case *runpb.Condition_Reason:
			k.Reason = camel(c.GetReason().String())
		case *runpb.Condition_RevisionReason_:
			k.Reason = camel(c.GetRevisionReason().String())
		}
		out = append(out, k)
	}
	return out
}

// camel turns HEALTH_CHECK_CONTAINER_ERROR into HealthCheckContainerError.
func camel(s string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(s, "_") {
		b.WriteString(part[:1] + strings.ToLower(part[1:]))
	}
	return b.String()
}

func (s *Sandbox) revisionToKnative(r *revision) kRevision {
	now := s.now()
	labels := joined(r.template.GetLabels(), r.meta.templateLabels, map[string]string{
		lService: r.service.id, "serving.knative.dev/configuration": r.service.id, "serving.knative.dev/serviceUid": r.service.uid, lLocation: s.location,
	})
	out := kRevision{
		APIVersion: "serving.knative.dev/v1", Kind: "Revision",
		Metadata: kMeta{
			Name: r.id, Namespace: s.number, UID: r.uid, Generation: 1, ResourceVersion: r.version.resourceVersion(),
			SelfLink:          "/apis/serving.knative.dev/v1/namespaces/" + s.number + "/revisions/" + r.id,
			CreationTimestamp: r.created.Format(time.RFC3339Nano), Labels: labels,
			Annotations: joined(annotationsOf(r.template, r.meta), map[string]string{"serving.knative.dev/creator": creator}),
		},
		Spec: toSpec(r.template),
		Status: kRevisionStatus{
			ObservedGeneration: 1, Conditions: toConditions(r.conditions(now)), LogURL: logURI(s.place, r.service.id, r.id),
		},
	}
	if r.digest != "" {
		repo, _, _ := strings.Cut(ingress(r.template).GetImage(), "@")
		if i := strings.LastIndex(repo, ":"); i > strings.LastIndex(repo, "/") {
			repo = repo[:i]
		}
		out.Status.ImageDigest = repo + "@" + r.digest
	}
	return out
}
