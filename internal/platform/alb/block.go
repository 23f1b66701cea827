package alb

import (
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/platform"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// Kind describes listeners of Application Load Balancers to the provider.
func Kind() platform.Kind {
	return platform.Kind{
		Name:        "alb",
		Limits:      limits,
		Messages:    append(messages(), slotMessages()...),
		Permissions: permissions(),
		Doc:         "A listener of an Application Load Balancer, or one of its rules: its requests are divided among target groups.",
		Wanted:      wanted,
		Example:     `alb { listener = aws_lb_listener.http.arn }`,
		ImportForm:  "alb/arn:aws:elasticloadbalancing:REGION:ACCOUNT:listener/app/NAME/ID/ID",
		Locate:      locating(),
		Make:        making(),
		Idle: map[string]bool{
			"ecs_cluster": true, "drain": true, "quiet": true, "longest_request": true, "websockets": true, "url": true, "preview_url": true, "behind": true,
		},
		Slots:    true,
		Unsafe:   changes,
		Behind:   "behind",
		Exposed:  exposed,
		Slot:     taking(),
		Validate: validate,
		Identify: func(_ context.Context, block types.Object) string {
			if p, err := locate(block); err == nil {
				return "alb/" + p.String()
			}
			return ""
		},
		Makes:  func(types.Object) bool { return false },
		Newest: func(types.Object) bool { return false },
		Tracks: func(types.Object) bool { return false },
		Locator: func(id string) (map[string]string, error) {
			p, err := parse(id)
			if p.rule != "" {
				return map[string]string{"rule": p.String()}, err
			}
			return map[string]string{"listener": p.String()}, err
		},
		Open: open,
	}
}

func locating() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"listener": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "The listener, as the ARN of the resource that creates it (`aws_lb_listener.http.arn`), so that a plan from nothing is not refused: its default actions are divided. Exactly one of `listener` and `rule` is given.",
		},
		"rule": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "The rule of a listener, as the ARN of the resource that creates it (`aws_lb_listener_rule.api.arn`).",
		},
	}
}

func making() map[string]schema.Attribute {
	text := func(doc string) schema.StringAttribute {
		return schema.StringAttribute{Optional: true, MarkdownDescription: doc}
	}
	return map[string]schema.Attribute{
		"target_group":    text("The target group that is to be live, as the ARN of its resource (`aws_lb_target_group.green.arn`). It is called by its name everywhere else: in `traffic`, `home` and `retry`. It is attached at weight 0 first, and raised as far as it has healthy targets. Which of two groups that take turns it is, [`rollout_slot`](../data-sources/slot) says."),
		"content":         text("What is in `target_group`, in words of your own that are known at plan and change whenever that does: a tag, an image by digest, a task definition's ARN, a version of a launch template. The same group with other content is another release. Other content for a group that has traffic is refused at plan, for it would reach users without a step. Where it is the ARN of a task definition and `ecs_cluster` is given, the group is not ready before its service runs that one, as with `behind`."),
		"ecs_cluster":     text("The cluster (ARN or name) whose Amazon ECS services register their tasks in the groups. A group is ready then only when its service's deployment has been completed, and service events and the reasons of stopped tasks stand in messages."),
		"drain":           text("How long requests that have begun are waited for at what lost its traffic, instead of its deregistration delay."),
		"quiet":           text("How long nothing may have been asked of what lost its traffic, for its deregistration delay not to be waited for to the end: at least `1m`. Requests are counted by CloudWatch, after the idle timeout and `longest_request` have passed."),
		"longest_request": text("How long the longest request takes. A plan is refused where the deregistration delay (300 seconds unless it is set) or `drain` is shorter."),
		"websockets": schema.BoolAttribute{
			Optional:            true,
			MarkdownDescription: "Users hold websockets open. They stay where they are, whatever the weights are, until their target is deregistered: a plan that moves traffic says so.",
		},
		"behind": schema.MapAttribute{
			ElementType: types.StringType, Optional: true,
			MarkdownDescription: "What is about to be behind each group, by the group's name: the ARN of its task definition, or the version of its launch template, as their resources have it. A plan is refused where that changes for a group which has users, whatever changes it: the image, a setting, memory. And `target_group` gets no users before its service or its Auto Scaling group has what this names, and loses them where somebody brings something else there meanwhile.",
		},
		"url":         text("The users' own address (`https://shop.example.com`), for gates that ask it once a group has all traffic. Without it: the host of a rule that asks for a single one, or the name of the load balancer."),
		"preview_url": text("An address that reaches `target_group` alone, through a listener or a rule for tests: gates ask it at every weight, 0 included."),
	}
}

// locate reads where traffic is divided.
func locate(block types.Object) (place, error) {
	if l := text(block, "listener"); l != "" {
		return parse(l)
	}
	return parse(text(block, "rule"))
}

// open implements platform.Kind.Open. What was not known when the block was
// validated is looked at here.
func open(_ context.Context, block types.Object, _ string, clients *cloud.Clients) (platform.Place, error) {
	p, err := locate(block)
	if err != nil {
		return platform.Place{}, err
	}
	t := &balancer{place: p, clients: clients}
	if wrong := validateMaking(block); len(wrong) > 0 && isGiven(block, "target_group") {
		return platform.Place{}, wrong[0]
	}
	t.settings = decode(block)
	out := platform.Place{
		ID: "alb/" + p.String(), Target: t, Candidate: t.settings.wanted(), WayHome: t.wayHome, Console: t.console(), Requires: t.requires(), Ends: clients.AWSEnds,
	}
	if isGiven(block, "target_group") {
		out.Holds = t.holding
	}
	return out, nil
}

// wanted names the group and what is in it.
func wanted(block types.Object) string {
	s := decode(block)
	return string(s.wanted()) + " (" + brief(s.content) + ")"
}

const shortDigest = 12

// brief is content that is short enough to read.
func brief(content string) string {
	if at, digest, ok := strings.Cut(content, "@sha256:"); ok {
		return at[strings.LastIndexByte(at, '/')+1:] + "@sha256:" + digest[:min(len(digest), shortDigest)]
	}
	if strings.HasPrefix(content, "arn:") {
		return short(content)
	}
	return content
}

// changes implements platform.Kind.Unsafe.
func changes(before, now types.Object, live rollout.Routing) *rollout.Problem {
	read := func(block types.Object) map[string]string {
		return map[string]string{"target_group": text(block, "target_group"), "content": text(block, "content")}
	}
	v, ok := now.Attributes()["content"]
	return unsafe(read(before), read(now), ok && v.IsUnknown(), live)
}

// validate implements platform.Kind.Validate.
func validate(_ context.Context, block types.Object) []rollout.Problem {
	out := validatePlace(block)
	if _, making := block.Attributes()["target_group"]; !making {
		return out
	}
	return append(out, validateMaking(block)...)
}

func validatePlace(block types.Object) []rollout.Problem {
	listener, rule := isGiven(block, "listener"), isGiven(block, "rule")
	switch {
	case listener && rule:
		return []rollout.Problem{msgTwoPlaces.With()}
	case !listener && !rule:
		return []rollout.Problem{msgNoPlace.With()}
	}
	if arn := text(block, "listener"); arn != "" {
		return validateARN(arn, "listener", false)
	}
	if arn := text(block, "rule"); arn != "" {
		return validateARN(arn, "rule", true)
	}
	return nil
}

func validateARN(arn, at string, rule bool) []rollout.Problem {
	p, err := parse(arn)
	switch {
	case strings.Contains(arn, "/net/") || strings.Contains(arn, "/gwy/"):
		return []rollout.Problem{msgNotApplication.With("arn", arn, "at", at)}
	case err != nil || (p.rule != "") != rule:
		return []rollout.Problem{msgNoARN.With("arn", arn, "at", at)}
	}
	return nil
}

func validateMaking(block types.Object) []rollout.Problem {
	out := append(validateGroup(block), validateCluster(block)...)
	return append(out, append(validateDurations(block), validateURLs(block)...)...)
}

func validateCluster(block types.Object) []rollout.Problem {
	if v := text(block, "ecs_cluster"); strings.HasPrefix(v, "arn:") && !clusterARN.MatchString(v) {
		return []rollout.Problem{msgNoCluster.With("value", v)}
	}
	return nil
}

// validateGroupARN looks at the ARN of a target group, which has to be where the
// load balancer is, if that is known.
func validateGroupARN(arn, at string, p place, located bool) []rollout.Problem {
	m := groupARN.FindStringSubmatch(arn)
	switch {
	case arn == "":
	case m == nil:
		return []rollout.Problem{msgNoGroup.With("arn", arn, "at", at)}
	case located && (m[2] != p.region || m[3] != p.account):
		return []rollout.Problem{msgGroupElsewhere.With("region", m[2], "account", m[3], "own", p.region+", account "+p.account, "at", at)}
	}
	return nil
}

func validateDurations(block types.Object) []rollout.Problem {
	var out []rollout.Problem
	for _, key := range []string{"drain", "quiet", "longest_request"} {
		v := text(block, key)
		d, err := time.ParseDuration(v)
		switch {
		case v == "":
		case err != nil || d < 0:
			out = append(out, msgNoDuration.With("attribute", key, "value", v))
		case key == "quiet" && d < minute:
			out = append(out, msgQuietTooShort.With("value", v))
		}
	}
	return out
}

func validateURLs(block types.Object) []rollout.Problem {
	var out []rollout.Problem
	for _, key := range []string{"url", "preview_url"} {
		v := text(block, key)
		at, err := url.Parse(v)
		if v != "" && (err != nil || at.Scheme != "http" && at.Scheme != "https" || at.Hostname() == "" || at.User != nil || at.RawQuery != "" || at.Fragment != "") {
			out = append(out, msgNoURL.With("attribute", key)) // it is not quoted: there may be a password in it
		}
	}
	return out
}

func validateGroup(block types.Object) []rollout.Problem {
	if !isGiven(block, "target_group") {
		return []rollout.Problem{msgNothingWanted.With()}
	}
	p, err := locate(block)
	out := validateGroupARN(text(block, "target_group"), "target_group", p, err == nil)
	if v, ok := block.Attributes()["target_group"].(types.String); ok && !v.IsUnknown() && v.ValueString() == "" {
		out = append(out, msgNoGroup.With("arn", "", "at", "target_group"))
	}
	switch v, ok := block.Attributes()["content"].(types.String); {
	case !ok || v.IsNull():
		out = append(out, msgNoContent.With())
	case !v.IsUnknown() && strings.TrimSpace(v.ValueString()) == "":
		out = append(out, msgEmptyContent.With())
	}
	return out
}
