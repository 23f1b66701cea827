package environment

import (
	"context"
	"fmt"
	"strings"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const parityName = "environment_parity"

// most lines that one finding has. The data source has all.
const mostLines = 20

// parity implements rollout.Check.
type parity struct {
	clients *cloud.Clients
	places  []place
	expects []expect
}

// object names both places, as far as they are known.
func (c parity) object() string {
	var names []string
	for _, p := range c.places {
		if p.name == "" {
			return ""
		}
		names = append(names, p.name)
	}
	return strings.Join(names, ", ")
}

// Run compares what is live in both.
func (c parity) Run(ctx context.Context, _, _ *rollout.Subject) []rollout.Finding {
	f := rollout.Finding{Check: parityName, Object: c.object()}
	_, entries, t := c.table(ctx)
	if t != nil {
		return []rollout.Finding{t(ctx, f)}
	}
	var out []rollout.Finding
	if lines := c.lines(entries, different); lines != "" {
		f.Status = rollout.Failed
		out = append(out, f.Because(msgDiffers, "settings", lines))
	}
	if lines := c.lines(entries, unknown); lines != "" {
		f.Status = rollout.Skipped
		out = append(out, f.Because(msgUnknown, "settings", lines))
	}
	if len(out) == 0 {
		f.Status, f.Why = rollout.Passed, c.alike(entries)
		out = append(out, f)
	}
	if lines := c.lines(entries, nothing); lines != "" {
		f.Status, f.Advisory = rollout.Failed, true
		out = append(out, f.Because(msgStale, "settings", lines))
	}
	return out
}

// alike says what was compared.
func (c parity) alike(entries []entry) string {
	n := map[status]int{}
	for _, e := range entries {
		n[e.status]++
	}
	out := fmt.Sprintf("all of %d settings are the same", n[same])
	if n[notCompared] > 0 {
		out += fmt.Sprintf(" (%d are of one of the two platforms alone)", n[notCompared])
	}
	if lines := c.lines(entries, expected); lines != "" {
		out += ", but for what is expected:" + lines
	}
	return out
}

// lines is one line for each entry of a status.
func (c parity) lines(entries []entry, of status) string {
	var out strings.Builder
	n := 0
	for _, e := range entries {
		if e.status != of {
			continue
		}
		if n++; n > mostLines {
			continue
		}
		fmt.Fprintf(&out, "\n  - %s: %s", e.key, c.says(e))
	}
	if n > mostLines {
		fmt.Fprintf(&out, "\n  - and %d more, which data.rollout_%s lists", n-mostLines, parityName)
	}
	return out.String()
}

// says is what a line tells of an entry.
func (c parity) says(e entry) string {
	if e.status == nothing {
		return "nothing of it differs"
	}
	var sides []string
	for i, v := range e.values {
		sides = append(sides, fmt.Sprintf("%s in %s", or(v, "not there"), c.places[i].name))
	}
	out := strings.Join(sides, ", ")
	if e.values[0] == e.values[1] && e.why == "" {
		out = "set otherwise in " + c.places[0].name + " than in " + c.places[1].name
	}
	if e.why != "" {
		out += ": " + e.why
	}
	if e.status == expected {
		out += ", expected: " + rollout.OneLine(e.reason, 200)
	}
	return out
}

// table reads both places and compares them; or it says why it could not.
func (c parity) table(ctx context.Context) ([2]deployed, []entry, trouble) {
	var both [2]deployed
	for i, p := range c.places {
		found, t := p.read(ctx, c.clients)
		if t != nil {
			return both, nil, t
		}
		both[i] = found
	}
	return both, compare(both[0], both[1], c.expects), nil
}

// record is an entry as the data source has it.
type record struct {
	Key    string            `tfsdk:"key"`
	Status string            `tfsdk:"status"`
	Values map[string]string `tfsdk:"values"`
	Why    string            `tfsdk:"why"`
	Reason string            `tfsdk:"reason"`
}

func (c parity) report(ctx context.Context) (map[string]any, *rollout.Problem) {
	both, entries, t := c.table(ctx)
	if t != nil {
		why := t(ctx, rollout.Finding{Check: parityName, Object: c.object()})
		return nil, msgNoReport.Found("object", c.object(), "why", why.Why, "todo", why.Fix)
	}
	inParity, records, live := true, []record{}, map[string]string{}
	for i, p := range c.places {
		live[p.name] = both[i].live
	}
	for _, e := range entries {
		inParity = inParity && e.status != different && e.status != unknown
		r := record{Key: e.key, Status: string(e.status), Values: map[string]string{}, Why: e.why, Reason: e.reason}
		for i, p := range c.places {
			if e.values[i] != "" {
				r.Values[p.name] = e.values[i]
			}
		}
		records = append(records, r)
	}
	return map[string]any{"in_parity": inParity, "live": live, "settings": records}, nil
}
