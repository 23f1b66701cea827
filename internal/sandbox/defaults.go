package sandbox

import (
	"time"

	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/genproto/googleapis/api"
	"google.golang.org/protobuf/types/known/durationpb"
)

// fill sets what Cloud Run sets where the user is silent. The values are those
// of a real service in a public Terraform state (google-beta 7.x, 2025-11):
// 1000m, 512Mi, port 8080, a TCP startup probe of 240 s, 300 s, 80 requests.
// max_instance_count 100 is the proto comment's.
func (p place) fill(s *runpb.Service) {
	if s.GetIngress() == runpb.IngressTraffic_INGRESS_TRAFFIC_UNSPECIFIED {
		s.Ingress = runpb.IngressTraffic_INGRESS_TRAFFIC_ALL
	}
	if s.GetLaunchStage() == api.LaunchStage_LAUNCH_STAGE_UNSPECIFIED {
		s.LaunchStage = api.LaunchStage_GA
	}
	if len(s.GetTraffic()) == 0 {
		s.Traffic = []*runpb.TrafficTarget{{
			Type: runpb.TrafficTargetAllocationType_TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST, Percent: 100,
		}}
	}
	if t := s.GetTemplate(); t != nil {
		p.fillTemplate(t)
	}
}

func (p place) fillTemplate(t *runpb.RevisionTemplate) {
	if t.GetTimeout() == nil {
		t.Timeout = durationpb.New(300 * time.Second)
	}
	if t.GetMaxInstanceRequestConcurrency() == 0 {
		t.MaxInstanceRequestConcurrency = 80
	}
	if t.GetServiceAccount() == "" {
		t.ServiceAccount = p.number + "-compute@developer.gserviceaccount.com"
	}
	if t.GetScaling() == nil {
		t.Scaling = &runpb.RevisionScaling{}
	}
	if t.GetScaling().GetMaxInstanceCount() == 0 {
		t.Scaling.MaxInstanceCount = 100
	}
	cs := t.GetContainers()
	if len(cs) == 1 && len(cs[0].GetPorts()) == 0 {
		cs[0].Ports = []*runpb.ContainerPort{{}}
	}
	for _, c := range cs {
		fillContainer(c)
	}
}

func fillContainer(c *runpb.Container) {
	if c.GetResources() == nil {
		c.Resources = &runpb.ResourceRequirements{CpuIdle: true}
	}
	if c.Resources.Limits == nil {
		c.Resources.Limits = map[string]string{}
	}
	for key, value := range map[string]string{"cpu": "1000m", "memory": "512Mi"} {
		if c.Resources.Limits[key] == "" {
			c.Resources.Limits[key] = value
		}
	}
	for _, p := range c.GetPorts() {
		if p.GetName() == "" {
			p.Name = "http1"
		}
		if p.GetContainerPort() == 0 {
			p.ContainerPort = 8080
		}
	}
	if c.GetStartupProbe() == nil && len(c.GetPorts()) > 0 {
		c.StartupProbe = &runpb.Probe{
			TimeoutSeconds: 240, PeriodSeconds: 240, FailureThreshold: 1,
			ProbeType: &runpb.Probe_TcpSocket{TcpSocket: &runpb.TCPSocketAction{Port: c.GetPorts()[0].GetContainerPort()}},
		}
	}
}

// ingress is the container that gets the requests: the one with a port.
func ingress(t *runpb.RevisionTemplate) *runpb.Container {
	for _, c := range t.GetContainers() {
		if len(c.GetPorts()) > 0 {
			return c
		}
	}
	return t.GetContainers()[0]
}

func portOf(t *runpb.RevisionTemplate) int32 {
	for _, p := range ingress(t).GetPorts() {
		return p.GetContainerPort()
	}
	return 8080
}
