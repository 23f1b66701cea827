package cloudmonitoring

import (
	"context"
	"fmt"
	"sync"
	"time"

	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
	metricpb "google.golang.org/genproto/googleapis/api/metric"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
)

// timing is how late a metric of a project is.
type timing struct{ sample, ingest time.Duration }

// timings remember how late one metric is in each project.
type timings struct {
	clients *cloud.Clients
	of      string // the metric's type

	mu    sync.Mutex
	known map[string]timing
}

func newTimings(clients *cloud.Clients, metric string) *timings {
	return &timings{clients: clients, of: metric, known: map[string]timing{}}
}

// in reads the metric's descriptor, once a project.
func (s *timings) in(ctx context.Context, project string) (timing, error) {
	s.mu.Lock()
	known, ok := s.known[project]
	s.mu.Unlock()
	if ok {
		return known, nil
	}
	client, err := s.clients.Metrics(ctx)
	if err != nil {
		return timing{}, err
	}
	name := "projects/" + project + "/metricDescriptors/" + s.of
	d, err := client.GetMetricDescriptor(ctx, &monitoringpb.GetMetricDescriptorRequest{Name: name})
	if err != nil {
		return timing{}, refusal(ctx, "read how late "+s.of+" is in project "+project, "monitoring.metricDescriptors.get", err)
	}
	t, err := timingOf(d)
	if err != nil {
		return timing{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known[project] = t
	return t, nil
}

// timingOf reads a descriptor. One that is silent is not taken for one that says
// that there is no delay.
func timingOf(d *metricpb.MetricDescriptor) (timing, error) {
	meta := d.GetMetadata()
	t := timing{sample: meta.GetSamplePeriod().AsDuration(), ingest: meta.GetIngestDelay().AsDuration()}
	if meta.GetSamplePeriod() == nil || meta.GetIngestDelay() == nil || t.sample <= 0 || t.ingest < 0 {
		return t, fmt.Errorf("the descriptor of %s does not say how late its data are", d.GetType())
	}
	return t, nil
}
