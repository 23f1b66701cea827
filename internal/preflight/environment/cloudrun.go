package environment

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const (
	getService  = "run.services.get"
	getRevision = "run.revisions.get"
	runViewer   = "roles/run.viewer"
)

// rolloutTags are those that rollouts of Cloud Run set while they go on.
var rolloutTags = []string{"ro-home", "ro-cand", "rh", "rc"}

// cloudRun reads a service, and the revision that most requests get.
func (p place) cloudRun(ctx context.Context, clients *cloud.Clients) (deployed, trouble) {
	services, err := clients.CloudRunServices(ctx)
	if err != nil {
		return deployed{}, p.ofGoogle(getService, err)
	}
	limited, cancel := context.WithTimeout(ctx, oneCall)
	defer cancel()
	s, err := services.GetService(limited, &runpb.GetServiceRequest{Name: p.at})
	if err != nil {
		return deployed{}, p.ofGoogle(getService, err)
	}
	split := serving(s)
	live := most(split)
	switch {
	case path.Base(s.GetName()) != path.Base(p.at):
		return deployed{}, p.says(rollout.Skipped, msgOdd)
	case live == "":
		return deployed{}, p.says(rollout.Failed, msgNobody)
	}
	revisions, err := clients.CloudRunRevisions(ctx)
	if err != nil {
		return deployed{}, p.ofGoogle(getRevision, err)
	}
	v, err := revisions.GetRevision(limited, &runpb.GetRevisionRequest{Name: p.at + "/revisions/" + string(live)})
	switch {
	case err != nil:
		return deployed{}, p.ofGoogle(getRevision, err)
	case path.Base(v.GetName()) != string(live):
		return deployed{}, p.says(rollout.Skipped, msgOdd)
	}
	out := deployed{live: string(live), moving: movingService(s, split), since: unchanged(s, v), families: ofContainers}
	out.serviceOfRun(s, v)
	out.containersOfRun(v)
	return out, nil
}

// ofContainers are the families of platforms that run containers.
var ofContainers = []string{"env.", "secret.", "volume.", "container."}

// serving is who has traffic, as Cloud Run says that it is. An entry that follows
// the latest revision names nobody.
func serving(s *runpb.Service) rollout.Split {
	out := rollout.Split{}
	for _, t := range s.GetTrafficStatuses() {
		r := t.GetRevision()
		if r == "" {
			r = s.GetLatestReadyRevision()
		}
		if t.GetPercent() > 0 && r != "" {
			out[rollout.Revision(path.Base(r))] += rollout.Weight(t.GetPercent()) * rollout.Whole / 100 //nolint:mnd // percents
		}
	}
	return out
}

// movingService says why nobody is promoted.
func movingService(s *runpb.Service, split rollout.Split) string {
	marked := slices.ContainsFunc(s.GetTraffic(), func(t *runpb.TrafficTarget) bool { return slices.Contains(rolloutTags, t.GetTag()) })
	switch {
	case split.Sole() == "":
		return "live is " + split.String()
	case s.GetReconciling():
		return "the service is changing"
	case s.GetTerminalCondition().GetState() != runpb.Condition_CONDITION_SUCCEEDED:
		return "the last change of the service has not succeeded"
	case marked:
		return "a rollout of it is not over: its tags are there"
	}
	return ""
}

// unchanged is the last moment at which anything of the service or of the revision
// changed, as far as they tell: what is live now is live since then at least.
func unchanged(s *runpb.Service, v *runpb.Revision) time.Time {
	moments := []*timestamppb.Timestamp{s.GetUpdateTime(), v.GetCreateTime(), s.GetTerminalCondition().GetLastTransitionTime()}
	for _, c := range slices.Concat(s.GetConditions(), v.GetConditions()) {
		moments = append(moments, c.GetLastTransitionTime())
	}
	var out time.Time
	for _, m := range moments {
		if m != nil && m.AsTime().After(out) {
			out = m.AsTime()
		}
	}
	return out
}

// serviceOfRun adds what is said of the service and of the revision as a whole.
func (d *deployed) serviceOfRun(s *runpb.Service, v *runpb.Revision) {
	a := adds{to: &d.settings}
	network, egress := "none", "none"
	if access := v.GetVpcAccess(); access != nil {
		network, egress = "direct", strings.ToLower(access.GetEgress().String())
		if access.GetConnector() != "" {
			network = "connector"
		}
	}
	mode := "automatic"
	if s.GetScaling().GetScalingMode() == runpb.ServiceScaling_MANUAL {
		mode = fmt.Sprintf("manual, %d", s.GetScaling().GetManualInstanceCount())
	}
	for key, value := range map[string]string{
		"ingress":               strings.ToLower(strings.TrimPrefix(s.GetIngress().String(), "INGRESS_TRAFFIC_")),
		"open_to_everybody":     yes(s.GetInvokerIamDisabled()),
		"default_address":       yes(!s.GetDefaultUriDisabled()),
		"scaling":               mode,
		"service_min_instances": fmt.Sprint(s.GetScaling().GetMinInstanceCount()),
		"service_max_instances": fmt.Sprint(s.GetScaling().GetMaxInstanceCount()),
		"min_instances":         fmt.Sprint(v.GetScaling().GetMinInstanceCount()),
		"max_instances":         fmt.Sprint(v.GetScaling().GetMaxInstanceCount()),
		"concurrency":           fmt.Sprint(v.GetMaxInstanceRequestConcurrency()),
		"timeout":               rollout.Short(v.GetTimeout().AsDuration()),
		"identity":              identity(v.GetServiceAccount()),
		"encryption_key":        there(v.GetEncryptionKey() != ""),
		"execution_environment": strings.ToLower(strings.TrimPrefix(v.GetExecutionEnvironment().String(), "EXECUTION_ENVIRONMENT_")),
		"session_affinity":      yes(v.GetSessionAffinity()),
		"accelerator":           or(v.GetNodeSelector().GetAccelerator(), "none"),
		"network":               network,
		"network_egress":        egress,
	} {
		a.add(key, value)
	}
	for _, of := range v.GetVolumes() {
		d.volumeOfRun(of)
	}
}

// identity tells whether a revision runs as an account of its own: who names none
// gets that of Compute Engine
// (https://cloud.google.com/run/docs/configuring/services/service-identity).
func identity(account string) string {
	if account == "" || strings.HasSuffix(account, "-compute@developer.gserviceaccount.com") {
		return "default"
	}
	return "own"
}

func (d *deployed) volumeOfRun(of *runpb.Volume) {
	key := "volume." + of.GetName()
	sort := "other"
	switch {
	case of.GetSecret() != nil:
		sort = "secret"
		a := adds{to: &d.settings, parent: key}
		a.add(key+".secret", path.Base(of.GetSecret().GetSecret()))
		for _, item := range of.GetSecret().GetItems() {
			a.add(key+".version of "+item.GetPath(), pinned(item.GetVersion(), "latest"))
		}
	case of.GetCloudSqlInstance() != nil:
		sort = "cloud_sql"
	case of.GetEmptyDir() != nil:
		sort = "memory"
	case of.GetGcs() != nil:
		sort = "bucket"
	case of.GetNfs() != nil:
		sort = "nfs"
	}
	adds{to: &d.settings}.add(key, sort)
}

// pinned tells a version that stays from one that moves.
func pinned(version, moves string) string {
	if version == moves || version == "" {
		return "latest"
	}
	return "pinned"
}

// containersOfRun adds the containers: that which requests reach as the app itself.
func (d *deployed) containersOfRun(v *runpb.Revision) {
	own := slices.IndexFunc(v.GetContainers(), func(c *runpb.Container) bool { return len(c.GetPorts()) > 0 })
	own = max(own, 0) // the only one
	for i, c := range v.GetContainers() {
		a := adds{to: &d.settings}
		if i != own {
			a.add("container."+c.GetName(), "there")
			a.prefix, a.parent = "container."+c.GetName()+".", "container."+c.GetName()
		}
		of := imageOf(c.GetName(), c.GetImage())
		d.artifacts = append(d.artifacts, of)
		a.artifact("image", of)
		d.limitsOfRun(a, c)
		a.hide("command", c.GetCommand()...)
		a.hide("args", c.GetArgs()...)
		a.add("startup_probe", probe(c.GetStartupProbe()))
		a.add("liveness_probe", probe(c.GetLivenessProbe()))
		for _, e := range c.GetEnv() {
			if ref := e.GetValueSource().GetSecretKeyRef(); ref != nil {
				a.secret(e.GetName(), path.Base(ref.GetSecret()), pinned(ref.GetVersion(), "latest"))
			} else {
				a.plain(e.GetName())
			}
		}
		for _, m := range c.GetVolumeMounts() {
			adds{to: &d.settings, parent: "volume." + m.GetName()}.add(a.prefix+"volume."+m.GetName()+".path", m.GetMountPath())
		}
	}
}

func (d *deployed) limitsOfRun(a adds, c *runpb.Container) {
	limits := c.GetResources().GetLimits()
	a.add("cpu", cores(limits["cpu"]))
	a.add("memory", mebibytes(limits["memory"]))
	a.add("cpu_always", yes(c.GetResources() != nil && !c.GetResources().GetCpuIdle()))
	a.add("startup_cpu_boost", yes(c.GetResources().GetStartupCpuBoost()))
	port := "none"
	for _, of := range c.GetPorts() {
		port = fmt.Sprint(of.GetContainerPort())
	}
	a.add("port", port)
}

func probe(of *runpb.Probe) string {
	switch {
	case of.GetHttpGet() != nil:
		return "http"
	case of.GetTcpSocket() != nil:
		return "tcp"
	case of.GetGrpc() != nil:
		return "grpc"
	}
	return "none"
}
