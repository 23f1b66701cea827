// Command messages prints the guide that lists every message of the provider.
package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"strings"

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
provokes each, does what it advises, and ends at a good revision. Words in braces stand for particulars, such as the name of a
revision. What a cloud, a gate's source or Terraform itself says in its own words is quoted within them, where {why} stands.
`

// areas are the headings, by the first word of an ID. What has none stands under
// its own name.
var areas = map[string]string{
	"config": "Configuration", "todo": "What a failed rollout asks for", "now": "What a failed rollout says of now",
	"way_home": "The way home", "rollout": "How a rollout ended", "plan": "What a plan foresees",
	"foreign": "Traffic that somebody else moved", "split": "Moving exact weights", "google": "Google Cloud", "aws": "AWS",
	"credentials": "Credentials that end",
	"requirement": "Requirements", "requires": "Requirement: http", "http": "Gate: http",
	"prometheus": "Gate: prometheus", "cloud_monitoring": "Gate: cloud_monitoring",
	"gcp_secret": "Requirement: gcp_secret", "gcp_service_account": "Requirement: gcp_service_account", "env": "Requirement: env",
	"cloud_run": "Platform: cloud_run", "lambda_alias": "Platform: lambda_alias", "digest": "Data source: rollout_image",
}

func main() {
	if err := write(os.Stdout, provider.Messages()); err != nil {
		fmt.Fprintln(os.Stderr, "messages:", err)
		os.Exit(1)
	}
}

// write prints the messages by area, in the order in which areas and messages
// first stand in the table.
func write(to io.Writer, messages []rollout.Message) error {
	var order []string
	by := map[string][]rollout.Message{}
	for _, m := range messages {
		area, _, _ := strings.Cut(m.ID, ".")
		if by[area] == nil {
			order = append(order, area)
		}
		by[area] = append(by[area], m)
	}
	var out strings.Builder
	out.WriteString(head)
	for _, area := range order {
		fmt.Fprintf(&out, "\n## %s\n", cmp.Or(areas[area], area))
		for _, m := range by[area] {
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
