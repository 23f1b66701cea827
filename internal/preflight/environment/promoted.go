package environment

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const promotedName = "promoted_from"

// promoted implements rollout.Check.
type promoted struct {
	clients *cloud.Clients
	from    place
	atLeast time.Duration // 0: from the first moment on
}

// Run compares the candidate's artifact with what is promoted there.
func (c promoted) Run(ctx context.Context, candidate, _ *rollout.Subject) []rollout.Finding {
	f := rollout.Finding{Check: promotedName, Object: c.from.name}
	switch {
	case candidate == nil:
		f.Status, f.Why = rollout.Deferred, "there is no candidate yet"
		return []rollout.Finding{f}
	case candidate.ServiceURL != nil: // nobody is to be kept from it any more
		f.Status, f.Why = rollout.Passed, fmt.Sprintf("%s has all traffic already", candidate.Revision)
		return []rollout.Finding{f}
	}
	there, t := c.from.read(ctx, c.clients)
	if t == nil {
		var own []artifact
		if own, t = c.own(ctx, *candidate); t == nil {
			return []rollout.Finding{c.judge(f, there, own)}
		}
	}
	return []rollout.Finding{t(ctx, f)}
}

// judge says whether everything of the candidate is promoted there. What cannot be
// proven is no pass.
func (c promoted) judge(f rollout.Finding, there deployed, own []artifact) rollout.Finding {
	f.Status = rollout.Failed
	if there.moving != "" {
		f.Retry = true
		return f.Because(msgNotPromoted, "name", c.from.name, "why", there.moving)
	}
	had := map[string]bool{}
	for _, a := range there.artifacts {
		had[a.digest] = true
	}
	var lacks, names []string
	for _, a := range own {
		names = append(names, brief(a.digest))
		if a.digest == "" {
			f.Status = rollout.Skipped
			return f.Because(msgNoDigest, "whose", "of the candidate", "container", a.container, "given", a.given)
		}
		if !had[a.digest] {
			lacks = append(lacks, brief(a.digest))
		}
	}
	if len(lacks) > 0 {
		return c.lacking(f, there, lacks)
	}
	if now, since := c.clients.Clock().Now(), there.since; c.atLeast > 0 && now.Before(since.Add(c.atLeast)) {
		f.Retry = true
		return f.Because(msgTooYoung, "name", c.from.name, "live", there.live, "since", moment(since), "atleast", rollout.Short(c.atLeast), "until", moment(since.Add(c.atLeast)))
	}
	f.Status, f.Why = rollout.Passed, fmt.Sprintf("%s is promoted in %s, as %s", strings.Join(names, ", "), c.from.name, there.live)
	if c.atLeast > 0 {
		f.Why += ", and nothing has changed there since " + moment(there.since)
	}
	return f
}

// lacking is for what is not live there, or what nobody can tell to be.
func (c promoted) lacking(f rollout.Finding, there deployed, lacks []string) rollout.Finding {
	var has []string
	for _, a := range there.artifacts {
		if a.digest == "" {
			f.Status = rollout.Skipped
			return f.Because(msgNoDigest, "whose", "in "+c.from.name, "container", a.container, "given", a.given)
		}
		has = append(has, brief(a.digest))
	}
	return f.Because(msgOther, "name", c.from.name, "candidate", strings.Join(lacks, ", "), "live", there.live, "artifacts", strings.Join(has, ", "))
}

// own is what the candidate is made of, by the facts of its platform.
func (c promoted) own(ctx context.Context, candidate rollout.Subject) ([]artifact, trouble) {
	content := candidate.Facts["content"]
	switch {
	case candidate.Facts["image"] != "": // Cloud Run
		return []artifact{imageOf("", candidate.Facts["image"])}, nil
	case candidate.Facts["code"] != "": // Lambda
		return []artifact{codeOf(candidate.Facts["code"])}, nil
	case candidate.Facts["target_group_arn"] == "":
	case definitionForm.MatchString(content):
		p := place{name: "the candidate", sort: ofDefinition, at: content, region: candidate.Facts["region"]}
		of, t := p.describe(ctx, c.clients, content)
		if t != nil {
			return nil, t
		}
		return c.chosen(of, content)
	case strings.Contains(content, "@"):
		return []artifact{imageOf("", content)}, nil
	}
	return nil, c.from.says(rollout.Skipped, msgNoArtifact, "revision", candidate.Revision)
}

// chosen are the images of a task definition: of the container that is the app, if
// it is named, else of all.
func (c promoted) chosen(of taskDefinition, content string) ([]artifact, trouble) {
	var out []artifact
	for _, one := range of.Containers {
		if c.from.container == "" || one.Name == c.from.container {
			out = append(out, imageOf(one.Name, one.Image))
		}
	}
	if len(out) == 0 {
		return nil, c.from.says(rollout.Failed, msgNoContainer, "definition", short(content), "container", c.from.container)
	}
	return slices.Clip(out), nil
}

// moment renders a time for messages: it may be of another day.
func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }
