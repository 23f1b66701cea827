package sandbox

import (
	"encoding/json"
	"maps"
	"strconv"
	"strings"
	"time"

	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/genproto/googleapis/api"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
)

// The annotations of v1 that are fields in v2.
const (
	aIngress  = "run.googleapis.com/ingress"
	aStage    = "run.googleapis.com/launch-stage"
	aMaxScale = "autoscaling.knative.dev/maxScale"
	aMinScale = "autoscaling.knative.dev/minScale"
	aThrottle = "run.googleapis.com/cpu-throttling"
	aBoost    = "run.googleapis.com/startup-cpu-boost"
	aAffinity = "run.googleapis.com/sessionAffinity"
	lService  = "serving.knative.dev/service"
	lLocation = "cloud.googleapis.com/location"
)

// shownOnly are annotations that the server adds; a client's echo is dropped.
var shownOnly = []string{
	"run.googleapis.com/ingress-status", "run.googleapis.com/operation-id", "run.googleapis.com/urls",
	"serving.knative.dev/creator", "serving.knative.dev/lastModifier",
}

var ingresses = map[string]runpb.IngressTraffic{
	"all":                               runpb.IngressTraffic_INGRESS_TRAFFIC_ALL,
	"internal":                          runpb.IngressTraffic_INGRESS_TRAFFIC_INTERNAL_ONLY,
	"internal-and-cloud-load-balancing": runpb.IngressTraffic_INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER,
}

// ours reports whether a label or annotation is in a namespace that v2 hides.
func ours(key string) bool {
	space, _, found := strings.Cut(key, "/")
	return found && (strings.HasSuffix(space, "googleapis.com") || strings.HasSuffix(space, "knative.dev"))
}

// sort splits a v1 map into what v2 shows and what only v1 knows.
func sortKeys(m map[string]string) (plain, hidden map[string]string) {
	plain, hidden = map[string]string{}, map[string]string{}
	for k, v := range m {
		if ours(k) {
			hidden[k] = v
		} else {
			plain[k] = v
		}
	}
	return plain, hidden
}

// fromKnative lays a v1 service over a v2 one.
func (p place) fromKnative(in kService, out *runpb.Service) (v1meta, error) {
	var meta v1meta
	out.Labels, _ = sortKeys(in.Metadata.Labels)
	out.Annotations, meta.annotations = sortKeys(in.Metadata.Annotations)
	for _, key := range shownOnly {
		delete(meta.annotations, key)
	}
	if v, ok := meta.annotations[aIngress]; ok {
		if out.Ingress, ok = ingresses[v]; !ok {
			return meta, status.Errorf(codes.InvalidArgument, "metadata.annotations[%s]: %q is not known", aIngress, v)
		}
		delete(meta.annotations, aIngress)
	}
	if v, ok := meta.annotations[aStage]; ok {
		out.LaunchStage = api.LaunchStage(api.LaunchStage_value[v])
		delete(meta.annotations, aStage)
	}
	if out.Template == nil {
		out.Template = &runpb.RevisionTemplate{}
	}
	t := in.Spec.Template
	out.Template.Labels, meta.templateLabels = sortKeys(t.Metadata.Labels)
	out.Template.Annotations, meta.templateAnnotations = sortKeys(t.Metadata.Annotations)
	out.Template.Revision = t.Metadata.Name
	fromSpec(t.Spec, out.Template)
	if err := fromAnnotations(meta.templateAnnotations, out.Template); err != nil {
		return meta, err
	}
	out.Traffic = fromTraffic(in.Spec.Traffic)
	return meta, nil
}

// fromSpec lays the spec of a revision over a template. Containers are matched
// by their place.
func fromSpec(in kRevisionSpec, t *runpb.RevisionTemplate) {
	t.MaxInstanceRequestConcurrency = in.ContainerConcurrency
	t.ServiceAccount = in.ServiceAccountName
	t.Timeout = nil
	if in.TimeoutSeconds > 0 {
		t.Timeout = durationpb.New(time.Duration(in.TimeoutSeconds) * time.Second)
	}
	kept := t.GetContainers()
	t.Containers = nil
	for i, c := range in.Containers {
		out := &runpb.Container{}
		if i < len(kept) {
			out = kept[i]
		}
		c.over(out)
		t.Containers = append(t.Containers, out)
	}
}

func (c kContainer) over(out *runpb.Container) {
	out.Name, out.Image, out.Command, out.Args = c.Name, c.Image, c.Command, c.Args
	out.Env = nil
	for _, e := range c.Env {
		v := &runpb.EnvVar{Name: e.Name, Values: &runpb.EnvVar_Value{Value: e.Value}}
		if e.ValueFrom != nil {
			ref := &runpb.SecretKeySelector{Secret: e.ValueFrom.SecretKeyRef.Name, Version: e.ValueFrom.SecretKeyRef.Key}
			v.Values = &runpb.EnvVar_ValueSource{ValueSource: &runpb.EnvVarSource{SecretKeyRef: ref}}
		}
		out.Env = append(out.Env, v)
	}
	out.Ports = nil
	for _, p := range c.Ports {
		out.Ports = append(out.Ports, &runpb.ContainerPort{Name: p.Name, ContainerPort: p.ContainerPort})
	}
	if out.Resources == nil {
		out.Resources = &runpb.ResourceRequirements{CpuIdle: true}
	}
	if c.Resources != nil {
		out.Resources.Limits = maps.Clone(c.Resources.Limits)
	}
	if c.StartupProbe == nil && out.GetStartupProbe().GetTcpSocket() != nil { // others were never shown
		out.StartupProbe = nil
	}
}

// fromAnnotations reads the annotations of a template that are fields in v2.
func fromAnnotations(a map[string]string, t *runpb.RevisionTemplate) error {
	if t.Scaling == nil {
		t.Scaling = &runpb.RevisionScaling{}
	}
	t.Scaling.MaxInstanceCount, t.Scaling.MinInstanceCount = 0, 0
	for key, into := range map[string]*int32{aMaxScale: &t.Scaling.MaxInstanceCount, aMinScale: &t.Scaling.MinInstanceCount} {
		v, ok := a[key]
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(v, 10, 32)
		if err != nil {
			return status.Errorf(codes.InvalidArgument, "spec.template.metadata.annotations[%s]: %q is not a number", key, v)
		}
		*into = int32(n)
		delete(a, key)
	}
	yes := func(key string, otherwise bool) bool {
		v, ok := a[key]
		delete(a, key)
		if !ok {
			return otherwise
		}
		return strings.EqualFold(v, "true")
	}
	t.SessionAffinity = yes(aAffinity, false)
	idle, boost := yes(aThrottle, true), yes(aBoost, false)
	for _, c := range t.GetContainers() {
		c.Resources.CpuIdle, c.Resources.StartupCpuBoost = idle, boost
	}
	return nil
}

func fromTraffic(in []kTraffic) []*runpb.TrafficTarget {
	var out []*runpb.TrafficTarget
	for _, t := range in {
		w := &runpb.TrafficTarget{
			Type:     runpb.TrafficTargetAllocationType_TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION,
			Revision: t.RevisionName, Percent: t.Percent, Tag: t.Tag,
		}
		if t.LatestRevision || t.RevisionName == "" {
			w.Type, w.Revision = runpb.TrafficTargetAllocationType_TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST, ""
		}
		out = append(out, w)
	}
	return out
}

// toKnative renders a service, of which shown may be an older state, as v1.
func (s *Sandbox) toKnative(shown *runpb.Service, sv *service) kService {
	t := shown.GetTemplate()
	meta := kMeta{
		Name: sv.id, Namespace: s.number, UID: shown.GetUid(), Generation: shown.GetGeneration(),
		SelfLink:          "/apis/serving.knative.dev/v1/namespaces/" + s.number + "/services/" + sv.id,
		ResourceVersion:   version(shown.GetUpdateTime().AsTime().UnixMicro()).resourceVersion(),
		CreationTimestamp: shown.GetCreateTime().AsTime().Format(time.RFC3339Nano),
		Labels:            joined(shown.GetLabels(), map[string]string{lLocation: s.location}),
		Annotations:       joined(shown.GetAnnotations(), sv.meta.annotations),
	}
	for text, v := range ingresses {
		if v == shown.GetIngress() {
			meta.Annotations[aIngress], meta.Annotations["run.googleapis.com/ingress-status"] = text, text
		}
	}
	meta.Annotations["serving.knative.dev/creator"] = shown.GetCreator()
	meta.Annotations["serving.knative.dev/lastModifier"] = shown.GetLastModifier()
	raw, err := json.Marshal(s.statusToKnative(shown, sv))
	if err != nil {
		panic("sandbox: a status does not marshal: " + err.Error())
	}
	return kService{
		APIVersion: "serving.knative.dev/v1", Kind: "Service", Metadata: meta, Status: raw,
		Spec: kServiceSpec{
			Template: kTemplate{
				Metadata: kMeta{Name: t.GetRevision(), Labels: joined(t.GetLabels(), sv.meta.templateLabels), Annotations: annotationsOf(t, sv.meta)},
				Spec:     toSpec(t),
			},
			Traffic: toTraffic(shown.GetTraffic()),
		},
	}
}

func joined(sets ...map[string]string) map[string]string {
	out := map[string]string{}
	for _, s := range sets {
		maps.Copy(out, s)
	}
	return out
}

func annotationsOf(t *runpb.RevisionTemplate, meta v1meta) map[string]string {
	a := joined(t.GetAnnotations(), meta.templateAnnotations)
	if n := t.GetScaling().GetMaxInstanceCount(); n > 0 {
		a[aMaxScale] = strconv.Itoa(int(n))
	}
	if n := t.GetScaling().GetMinInstanceCount(); n > 0 {
		a[aMinScale] = strconv.Itoa(int(n))
	}
	if t.GetSessionAffinity() {
		a[aAffinity] = "true"
	}
	r := ingress(t).GetResources()
	if !r.GetCpuIdle() {
		a[aThrottle] = "false"
	}
	if r.GetStartupCpuBoost() {
		a[aBoost] = "true"
	}
	return a
}

func toSpec(t *runpb.RevisionTemplate) kRevisionSpec {
	out := kRevisionSpec{
		ContainerConcurrency: t.GetMaxInstanceRequestConcurrency(),
		TimeoutSeconds:       t.GetTimeout().GetSeconds(), ServiceAccountName: t.GetServiceAccount(),
	}
	for _, c := range t.GetContainers() {
		k := kContainer{Name: c.GetName(), Image: c.GetImage(), Command: c.GetCommand(), Args: c.GetArgs()}
		k.Resources = &kResources{Limits: c.GetResources().GetLimits()}
		for _, e := range c.GetEnv() {
			v := kEnv{Name: e.GetName(), Value: e.GetValue()}
			if ref := e.GetValueSource().GetSecretKeyRef(); ref != nil {
				v.ValueFrom = &kValueFrom{kSecretKeyRef{Name: ref.GetSecret(), Key: ref.GetVersion()}}
			}
			k.Env = append(k.Env, v)
		}
		for _, p := range c.GetPorts() {
			k.Ports = append(k.Ports, kPort{Name: p.GetName(), ContainerPort: p.GetContainerPort()})
		}
		if p := c.GetStartupProbe(); p.GetTcpSocket() != nil {
			k.StartupProbe = &kProbe{
				TimeoutSeconds: p.GetTimeoutSeconds(), PeriodSeconds: p.GetPeriodSeconds(), FailureThreshold: p.GetFailureThreshold(),
				TCPSocket: map[string]int{"port": int(p.GetTcpSocket().GetPort())},
			}
		}
		out.Containers = append(out.Containers, k)
	}
	return out
}

func toTraffic(in []*runpb.TrafficTarget) []kTraffic {
	var out []kTraffic
	for _, t := range in {
		out = append(out, kTraffic{RevisionName: t.GetRevision(), LatestRevision: t.GetRevision() == "", Percent: t.GetPercent(), Tag: t.GetTag()})
	}
	return out
}
