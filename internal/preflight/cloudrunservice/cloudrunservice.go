package cloudrunservice

import (
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"cloud.google.com/go/run/apiv2/runpb"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const (
	getService  = "run.services.get"
	getRevision = "run.revisions.get"
	role        = "roles/run.viewer"
)

// check implements rollout.Check.
type check struct {
	clients                    *cloud.Clients
	id                         string
	project, location, service string
	revision, image, ingress   string // "" for any
}

// Run asks for the service and, where its image counts, for the revision that
// serves.
func (c check) Run(ctx context.Context, _, _ *rollout.Subject) []rollout.Finding {
	f := rollout.Finding{Check: name, Object: c.id, Status: rollout.Failed}
	found, err := c.get(ctx)
	switch {
	case ctx.Err() == nil && cloud.Gone(err):
		f.Retry = true
		f = f.Because(msgGone)
	case err != nil || ctx.Err() != nil:
		f = asked.Skipped(ctx, f, err, getService, role)
	default:
		f = c.judge(ctx, f, found)
	}
	return []rollout.Finding{f}
}

func (c check) get(ctx context.Context) (*runpb.Service, error) {
	client, err := c.clients.CloudRunServices(ctx)
	if err != nil {
		return nil, err
	}
	found, err := client.GetService(ctx, &runpb.GetServiceRequest{Name: c.id})
	if err != nil {
		return nil, fmt.Errorf("read service: %w", err)
	}
	return found, nil
}

// judge reads a service. An answer about another one is no answer.
func (c check) judge(ctx context.Context, f rollout.Finding, found *runpb.Service) rollout.Finding {
	split := traffic(found)
	ingress := ingresses[found.GetIngress()]
	switch {
	case path.Base(found.GetName()) != c.service:
		f.Status = rollout.Skipped
		return f.Because(msgOddAnswer)
	case found.GetReconciling():
		f.Retry = true
		return f.Because(msgChanging)
	case found.GetTerminalCondition().GetState() != runpb.Condition_CONDITION_SUCCEEDED:
		return f.Because(msgNotReady, "reason", reason(found.GetTerminalCondition()), "describe",
			fmt.Sprintf("gcloud run services describe %s --project=%s --region=%s", c.service, c.project, c.location))
	case c.ingress != "" && ingress != c.ingress:
		if ingress == "" {
			ingress = found.GetIngress().String()
		}
		return f.Because(msgOtherIngress, "found", ingress, "ingress", c.ingress, "service", c.service, "project", c.project, "location", c.location)
	case c.revision != "" && split[c.revision] != 100:
		f.Retry = true
		return f.Because(msgNotPromoted, "revision", c.revision, "split", shown(split))
	case c.image != "":
		return c.runs(ctx, f, split)
	}
	f.Status, f.Why = rollout.Passed, "it exists and is ready: "+shown(split)
	return f
}

// reason is what Cloud Run says of a condition.
func reason(c *runpb.Condition) string {
	if c.GetMessage() == "" {
		return "Cloud Run gives no reason"
	}
	line, _, _ := strings.Cut(c.GetMessage(), "\n")
	return line
}

// traffic is what each revision has, in percent. An entry without a name follows
// the latest revision that is ready.
func traffic(s *runpb.Service) map[string]int32 {
	out := map[string]int32{}
	for _, t := range s.GetTrafficStatuses() {
		if t.GetPercent() == 0 {
			continue
		}
		r := t.GetRevision()
		if r == "" {
			r = s.GetLatestReadyRevision()
		}
		out[path.Base(r)] += t.GetPercent()
	}
	return out
}

func shown(split map[string]int32) string {
	var out []string
	for _, r := range slices.Sorted(maps.Keys(split)) {
		out = append(out, fmt.Sprintf("%s %d %%", r, split[r]))
	}
	if len(out) == 0 {
		return "nobody has traffic"
	}
	return strings.Join(out, ", ")
}

// runs compares the image of the revision that alone serves.
func (c check) runs(ctx context.Context, f rollout.Finding, split map[string]int32) rollout.Finding {
	sole := ""
	for r, percent := range split {
		if percent == 100 {
			sole = r
		}
	}
	if sole == "" {
		f.Retry = true
		return f.Because(msgDivided, "split", shown(split))
	}
	client, err := c.clients.CloudRunRevisions(ctx)
	if err != nil {
		return asked.Skipped(ctx, f, err, getRevision, role)
	}
	found, err := client.GetRevision(ctx, &runpb.GetRevisionRequest{Name: c.id + "/revisions/" + sole})
	if err != nil || ctx.Err() != nil {
		return asked.Skipped(ctx, f, err, getRevision, role)
	}
	image := serving(found.GetContainers()).GetImage()
	_, digest, byDigest := strings.Cut(image, "@")
	_, want, _ := strings.Cut(c.image, "@")
	switch {
	case !byDigest:
		f.Status = rollout.Skipped
		return f.Because(msgTagged, "revision", sole, "found", image)
	case digest != want:
		f.Retry = true
		return f.Because(msgOtherImage, "revision", sole, "found", image)
	}
	f.Status, f.Why = rollout.Passed, fmt.Sprintf("it exists and is ready, and %s has all traffic with that image", sole)
	return f
}

// serving is the container that takes requests: the one with a port, or the only
// one (https://cloud.google.com/run/docs/deploying#sidecars).
func serving(all []*runpb.Container) *runpb.Container {
	for _, c := range all {
		if len(c.GetPorts()) > 0 {
			return c
		}
	}
	if len(all) == 1 {
		return all[0]
	}
	return nil
}
