package workerjobs

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
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

// shown is how many jobs one finding has.
const shown = 20

// check implements rollout.Check.
type check struct {
	clients           *cloud.Clients
	object            string
	enqueues, handles source
}

// jobs are those of one source, of each image that says some.
type jobs struct {
	of   string
	list []job
}

// Run reads both sides and compares them.
func (c check) Run(ctx context.Context, _, _ *rollout.Subject) []rollout.Finding {
	f := rollout.Finding{Check: kind, Object: c.object}
	given, trouble := c.all(ctx, f, c.enqueues)
	if trouble != nil {
		return []rollout.Finding{*trouble}
	}
	taken, trouble := c.all(ctx, f, c.handles)
	if trouble != nil {
		return []rollout.Finding{*trouble}
	}
	return []rollout.Finding{judge(f, given, taken)}
}

// judge compares every one that enqueues with every one that handles.
func judge(f rollout.Finding, given, taken []jobs) rollout.Finding {
	var wrong, unknown []string
	n := 0
	for _, e := range given {
		n += len(e.list)
		for _, h := range taken {
			for _, v := range compare(e.list, h.list) {
				line := fmt.Sprintf("%s: %s", v.of, v.why)
				if len(given)+len(taken) > 2 {
					line += fmt.Sprintf(" (%s, %s)", e.of, h.of)
				}
				if v.unknown {
					unknown = append(unknown, line)
				} else {
					wrong = append(wrong, line)
				}
			}
		}
	}
	switch {
	case len(wrong) > 0:
		f.Status = rollout.Failed
		return f.Because(msgUnhandled, "jobs", lines(wrong))
	case len(unknown) > 0:
		f.Status = rollout.Skipped
		return f.Because(msgUncounted, "jobs", lines(unknown))
	}
	f.Status, f.Why = rollout.Passed, fmt.Sprintf("all of %d jobs that may be enqueued are handled", n)
	return f
}

func lines(all []string) string {
	slices.Sort(all)
	all = slices.Compact(all)
	out := ""
	for _, l := range all[:min(shown, len(all))] {
		out += "\n  - " + l
	}
	if len(all) > shown {
		out += fmt.Sprintf("\n  - and %d more", len(all)-shown)
	}
	return out
}

// all reads one side.
func (c check) all(ctx context.Context, f rollout.Finding, s source) ([]jobs, *rollout.Finding) {
	switch {
	case s.file != "":
		text, err := os.ReadFile(s.file)
		var at *os.PathError
		if errors.As(err, &at) {
			err = at.Err // the message has the path
		}
		if err != nil {
			return nil, because(f, rollout.Failed, msgUnread, "file", s.file, "reason", err)
		}
		return s.said(f, s.file, string(text))
	case s.image != "":
		return c.inImage(ctx, f, s, s.image, s.image)
	case s.service != "":
		return c.live(ctx, f, s)
	case s.tasks.Given != "":
		return c.onECS(ctx, f, s)
	}
	return s.said(f, "classes", strings.Join(s.classes, "\n"))
}

func because(f rollout.Finding, status rollout.Status, m rollout.Message, pairs ...any) *rollout.Finding {
	f.Status = status
	f = f.Because(m, pairs...)
	return &f
}

// said reads a manifest. One without a job proves nothing.
func (s source) said(f rollout.Finding, of, text string) ([]jobs, *rollout.Finding) {
	list, wrong := manifest(text, s.side)
	switch {
	case wrong != "":
		return nil, because(f, rollout.Failed, msgNoManifest, "of", of, "reason", wrong)
	case len(list) == 0:
		return nil, because(f, rollout.Failed, msgNothing, "of", of, "side", s.side)
	}
	return []jobs{{of, list}}, nil
}

// inImage reads the label of an image.
func (c check) inImage(ctx context.Context, f rollout.Finding, s source, of, image string) ([]jobs, *rollout.Finding) {
	sets, err := c.clients.ImageLabels(ctx, image)
	if err != nil || ctx.Err() != nil {
		return nil, unread(ctx, f, image, err)
	}
	var texts []string
	for _, labels := range sets {
		if text := labels[s.label]; text != "" {
			texts = append(texts, text)
		}
	}
	switch {
	case len(texts) == 0:
		return nil, because(f, rollout.Failed, msgNoLabel, "image", image, "label", s.label)
	case len(texts) != len(sets), len(slices.Compact(texts)) > 1:
		return nil, because(f, rollout.Failed, msgOtherLabels, "image", image, "label", s.label)
	}
	return s.said(f, fmt.Sprintf("label %s of %s", s.label, of), texts[0])
}

// unread says why an image could not be read, by the sort of the error alone: a
// registry says what it likes.
func unread(ctx context.Context, f rollout.Finding, image string, err error) *rollout.Finding {
	var problem rollout.Problem
	switch {
	case ctx.Err() != nil:
		f = google.Skipped(ctx, f, err, "", "") // which says so
		return &f
	case errors.Is(err, rollout.ErrGone):
		f.Retry = true
		return because(f, rollout.Failed, msgImageGone, "image", image)
	case errors.Is(err, rollout.ErrDenied):
		return because(f, rollout.Skipped, msgImageDenied, "image", image)
	case errors.As(err, &problem):
		return because(f, rollout.Skipped, msgNoClient, "what", problem.What, "fix", problem.Fix)
	}
	return because(f, rollout.Skipped, msgImageUnread, "image", image)
}

// live reads the images of all revisions of a service that have traffic.
func (c check) live(ctx context.Context, f rollout.Finding, s source) ([]jobs, *rollout.Finding) {
	serving, trouble := c.serving(ctx, f, s)
	if trouble != nil {
		return nil, trouble
	}
	client, err := c.clients.CloudRunRevisions(ctx)
	if err != nil {
		return nil, s.unseen(google.Skipped(ctx, f, err, getRevision, role))
	}
	var out []jobs
	for _, r := range serving {
		found, err := client.GetRevision(ctx, &runpb.GetRevisionRequest{Name: s.service + "/revisions/" + r})
		if err != nil || ctx.Err() != nil {
			return nil, s.unseen(google.Skipped(ctx, f, err, getRevision, role))
		}
		of, trouble := c.inRevision(ctx, f, s, r, found.GetContainers())
		if trouble != nil {
			return nil, trouble
		}
		out = append(out, of...)
	}
	return out, nil
}

// unseen says which service it is about: there are two sides.
func (s source) unseen(f rollout.Finding) *rollout.Finding {
	f.Why = s.service + ": " + f.Why
	return &f
}

// inRevision reads the container of a revision that says its jobs: the only one, or
// the one that takes requests (https://cloud.google.com/run/docs/deploying#sidecars).
func (c check) inRevision(ctx context.Context, f rollout.Finding, s source, revision string, containers []*runpb.Container) ([]jobs, *rollout.Finding) {
	image := ""
	for _, one := range containers {
		if len(one.GetPorts()) > 0 || len(containers) == 1 {
			image = one.GetImage()
		}
	}
	if !strings.Contains(image, "@sha256:") { // what the tag stood for then is not known
		return nil, because(f, rollout.Skipped, msgTagged, "revision", revision, "image", image)
	}
	return c.inImage(ctx, f, s, revision, image)
}

// serving are the revisions of a service that have traffic.
func (c check) serving(ctx context.Context, f rollout.Finding, s source) ([]string, *rollout.Finding) {
	client, err := c.clients.CloudRunServices(ctx)
	var found *runpb.Service
	if err == nil {
		found, err = client.GetService(ctx, &runpb.GetServiceRequest{Name: s.service})
	}
	switch {
	case ctx.Err() == nil && cloud.Gone(err):
		f.Retry = true
		return nil, because(f, rollout.Failed, msgServiceGone, "service", s.service)
	case err != nil || ctx.Err() != nil:
		return nil, s.unseen(google.Skipped(ctx, f, err, getService, role))
	case path.Base(found.GetName()) != path.Base(s.service):
		return nil, because(f, rollout.Skipped, msgOdd, "service", s.service)
	}
	out := map[string]bool{}
	for _, t := range found.GetTrafficStatuses() {
		r := t.GetRevision()
		if r == "" {
			r = found.GetLatestReadyRevision()
		}
		if t.GetPercent() > 0 {
			out[path.Base(r)] = true
		}
	}
	if len(out) == 0 {
		return nil, because(f, rollout.Failed, msgNobody, "service", s.service)
	}
	serving := slices.Sorted(maps.Keys(out))
	if s.live != "" && !slices.Equal(serving, []string{s.live}) {
		f.Retry = true
		return nil, because(f, rollout.Failed, msgOther, "revision", s.live, "service", s.service, "serving", strings.Join(serving, " and "))
	}
	return serving, nil
}
