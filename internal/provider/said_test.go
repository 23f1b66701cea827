package provider_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/provider"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// said are the particulars of a message that Terraform printed.
type said map[string]string

var (
	diagnostic = regexp.MustCompile(`(?m)^[│ ]*(?:Error|Warning): `)
	doubled    = regexp.MustCompile(`\{\{[^{}]*\}\}`) // what a query of a gate may hold
)

// heard returns the particulars of a message in an output, and whether it is
// there: as the table has it, with every particular filled in.
//
// A message may stand within another, on one line, as Problem.Error renders it.
func heard(out string, m rollout.Message) (said, bool) {
	if s, ok := heardAs(out, m); ok || m.What == "" || m.Fix == "" {
		return s, ok
	}
	return heardAs(out, rollout.Message{Why: m.What + ": " + strings.TrimSuffix(m.Why, ".") + ". " + strings.TrimSuffix(m.Fix, ".")})
}

func heardAs(out string, m rollout.Message) (said, bool) {
	form, names := m.What, []string{}
	for _, text := range []string{m.Why, m.Fix} {
		if text != "" {
			form += "\x00" + text
		}
	}
	pattern := regexp.QuoteMeta(flatten(form))
	pattern = strings.ReplaceAll(pattern, "\x00", ".*?")
	pattern = regexp.MustCompile(`\\\{([a-z_]+)\\\}`).ReplaceAllStringFunc(pattern, func(name string) string {
		names = append(names, strings.Trim(name, `\{}`))
		return "(.*?)"
	})
	switch {
	case m.What != "":
		pattern = "^" + pattern
	case m.Why != "":
		pattern = "(?i)" + pattern // a sentence that is printed begins with a capital
	}
	if names != nil && strings.HasSuffix(pattern, "(.*?)") {
		pattern += "(?:$| )"
	}
	find := regexp.MustCompile(pattern)
	for _, text := range diagnostic.Split(out, -1)[1:] {
		found := find.FindStringSubmatch(flatten(text))
		if found == nil {
			continue
		}
		particulars := said{}
		for i, name := range names {
			particulars[name] = found[i+1]
		}
		return particulars, true
	}
	return nil, false
}

// table returns the messages by their IDs.
func table() map[string]rollout.Message {
	out := map[string]rollout.Message{}
	for _, m := range provider.Messages() {
		out[m.ID] = m
	}
	return out
}

// hears fails the test unless the output has every one of the messages, whole and
// filled in. It returns their particulars.
func (w *world) hears(out string, ids ...string) said {
	w.Helper()
	all, rows := said{}, table()
	for _, id := range ids {
		m, ok := rows[id]
		if !ok {
			w.Fatalf("there is no message %s", id)
		}
		found, ok := heard(out, m)
		if !ok {
			w.Fatalf("it does not say %s:\n%s", id, out)
		}
		for name, v := range found {
			all[name] = v
		}
	}
	if bare := particular.FindString(doubled.ReplaceAllString(out, "")); bare != "" {
		w.Errorf("%s was not filled in:\n%s", bare, out)
	}
	return all
}

func TestHeard(t *testing.T) {
	m := rollout.Message{What: "Gate {gate} is early", Why: "It is {share} of all, says {gate}.", Fix: "Wait until {time}."}
	const out = `
╷
│ Warning: Something else
│
│ It is 3 of all of them.
╵
╷
│ Error: Gate errors is early
│
│   with rollout_safe_deployment.api,
│   on main.tf line 3:
│
│ It is 3 of all,
│ says errors.
│
│ Wait until noon.
╵
`
	if got, ok := heard(out, m); !ok || got["share"] != "3" || got["time"] != "noon" {
		t.Errorf("%v %v", got, ok)
	}
	for name, change := range map[string][2]string{
		"another title":   {"errors is early", "errors is late"},
		"no reason":       {"of all,", "of none,"},
		"no remedy":       {"Wait until noon.", "Wait."},
		"not the title":   {"Error: Gate", "Error: Because gate"},
		"another message": {"│ Wait until noon.", "│ Error: Wait until noon."},
	} {
		if _, ok := heard(strings.Replace(out, change[0], change[1], 1), m); ok {
			t.Errorf("it is heard with %s", name)
		}
	}
	if got, ok := heard(out, rollout.Message{Why: "it is {share} of all", Fix: "Wait"}); !ok || !slices.Equal([]string{got["share"]}, []string{"3"}) {
		t.Errorf("a finding: %v %v", got, ok)
	}
}
