// Command messages prints the guide that lists every message of the provider.
package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/catalog"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/provider"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const head = `---
page_title: "Messages"
description: |-
  Every error and every warning of the provider, and what to do about each.
---

# Messages

Every error and every warning that the provider prints, from the table in its code: what it says, why, and what to do. A test
provokes each that can be brought about without a real cloud, does what it advises, and ends at a good revision. Words in braces
stand for particulars, such as the name of a revision. What a cloud, a gate's source or Terraform itself says in its own words is
quoted within them, where {why} stands. A message without a title is a sentence within another one, or a finding of a requirement:
its title is that of requirement.unmet, requirement.unverified or requirement.worth_a_look.
`

// headings are those of the areas: of what stands before the last dot of an ID.
var headings = map[string]string{
	"config": "Configuration", "preflight": "Configuration", "provider": "Configuration", "platform": "Configuration", "target": "Configuration",
	"google": "Google Cloud", "aws": "AWS", "credentials": "Credentials that end", "weight": "Weights", "weights": "Weights",
	"step": "Steps, watch and time", "hold_at": "Steps, watch and time", "advance": "Steps, watch and time", "watch": "Steps, watch and time", "timeouts": "Steps, watch and time",
	"gate": "Gates", "requirement": "Requirements", "requires": "Requirements", "barrier": "Resource: rollout_preflight",
	"revision": "Which revision", "newest": "Which revision", "home": "Which revision", "triggers": "Which revision",
	"foreign": "Traffic that somebody else moved", "retry": "What is blocked", "blocked": "What is blocked", "abort": "A person's word",
	"plan": "What a plan foresees", "drift": "What another tool changed", "live": "What is live", "status": "What is live",
	"import": "Import", "digest": "Data source: rollout_image", "slot": "Data source: rollout_slot", "function": "Functions",
	"rollout": "How a rollout ended", "now": "What a message says of now", "todo": "What a message asks for", "way_home": "The way home", "way_back": "The point of no return",
	"config_sync_cloud_run": "Requirement: config_sync", "config_sync_lambda": "Requirement: config_sync", "environment": "Environments", "environment_cloud_run": "Environments",
	"environment_aws": "Environments", "config_sync_ecs": "Requirement: config_sync", "worker_jobs_cloud_run": "Requirement: worker_jobs", "worker_jobs_ecs": "Requirement: worker_jobs", "role": "Order of releases",
	"job": "Jobs", "job_gate": "Gate: job",
	"split": "Resource: rollout_traffic_split", "web": "Headers and placeholders", "promql": "Queries in PromQL",
}

// heading returns that of a message. That of a kind follows from the catalog.
func heading(id string) (string, error) {
	area := id[:max(strings.LastIndex(id, "."), 0)]
	if known := headings[area]; known != "" {
		return known, nil
	}
	for _, k := range catalog.Platforms() {
		if k.Name == area {
			return "Platform: " + area, nil
		}
	}
	for _, k := range catalog.Jobs() {
		if k.Name == area {
			return "Job: " + area, nil
		}
	}
	for _, k := range catalog.Gates() { // before the requirement of its name
		if k.Name == area {
			return "Gate: " + area, nil
		}
	}
	for _, k := range catalog.Checks() {
		if name := strings.TrimPrefix(area, "requires."); k.Name == name {
			return "Requirement: " + name, nil
		}
	}
	return "", fmt.Errorf("the area %q of %s has no heading", area, id)
}

func main() {
	if err := write(os.Stdout, provider.Messages()); err != nil {
		fmt.Fprintln(os.Stderr, "messages:", err)
		os.Exit(1)
	}
}

// write prints the messages by heading, in the order in which headings and
// messages first stand in the table.
func write(to io.Writer, messages []rollout.Message) error {
	var order []string
	by := map[string][]rollout.Message{}
	for _, m := range messages {
		under, err := heading(m.ID)
		if err != nil {
			return err
		}
		if by[under] == nil {
			order = append(order, under)
		}
		by[under] = append(by[under], m)
	}
	var out strings.Builder
	out.WriteString(head)
	for _, under := range order {
		fmt.Fprintf(&out, "\n## %s\n", under)
		for _, m := range by[under] {
			fmt.Fprintf(&out, "\n### `%s`\n", m.ID)
			paragraph(&out, "**", m.What, "**")
			paragraph(&out, "", m.Why, "")
			paragraph(&out, "*What to do:* ", m.Fix, "")
		}
	}
	_, err := io.WriteString(to, out.String())
	return err
}

// paragraph prints a text as it is written, where there is one.
func paragraph(out *strings.Builder, before, text, after string) {
	if text == "" {
		return
	}
	text = strings.NewReplacer("<", "&lt;", "*", `\*`, "\n", "  \n").Replace(text)
	fmt.Fprintf(out, "\n%s%s%s\n", before, text, after)
}
