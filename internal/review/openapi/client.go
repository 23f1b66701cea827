package openapi

import (
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/oasdiff/oasdiff/load"
)

// served says what a new client would not get from those who serve now.
func (c comparison) served(client Client, live, candidate *load.SpecInfo) ([]Finding, error) {
	var wanted *load.SpecInfo
	var found []Finding
	if client.Document != nil {
		var err error
		if wanted, err = client.Document.read(); err != nil {
			return nil, err
		}
		c.Candidate = *client.Document
	} else {
		var unknown []string
		wanted, unknown = only(candidate, client.Calls)
		for _, call := range unknown {
			found = append(found, Finding{
				Rule: RuleUnknownCall, Severity: c.severity(RuleUnknownCall), Client: client.Name, Operation: call, Text: "the candidate's description does not have it",
			})
		}
	}
	c.Live, c.Candidate = c.Candidate, c.Live // from what the client was made for to what serves now
	c.levels = backwards(c.Severity, client.Document != nil)
	back, err := c.between(without(lifecycle, wanted), without(lifecycle, live))
	if err != nil {
		return nil, err
	}
	for _, f := range back {
		found = append(found, c.backward(f, client.Name))
	}
	return slices.DeleteFunc(found, func(f Finding) bool { return f.Severity == Ignore }), nil
}

// backward puts a finding into the words of a client that is new.
func (c comparison) backward(f Finding, client string) Finding {
	f.Client = client
	if slices.Contains(gone, f.Rule) {
		f.Rule, f.Severity = RuleNotServed, c.severity(RuleNotServed)
		f.Text = "the instances that serve now do not have it, and answer 404 or 405"
		return f
	}
	f.Text = "from what it was made for to what serves now: " + f.Text
	return f
}

// severity is that of one of our own rules.
func (c comparison) severity(rule string) Severity {
	if s, asked := c.Severity[rule]; asked {
		return s
	}
	return Fails
}

// only returns a description without the operations that are not called, and the
// calls that it does not have.
func only(of *load.SpecInfo, calls []string) (*load.SpecInfo, []string) {
	called := map[string]bool{}
	out := rebuilt(of, func(method, path string, o *openapi3.Operation) *openapi3.Operation {
		var kept *openapi3.Operation
		for _, call := range calls {
			if call == (operation{method, path}).String() || call == o.OperationID {
				called[call], kept = true, o
			}
		}
		return kept
	})
	out.Spec.Webhooks = nil
	return out, slices.DeleteFunc(slices.Clone(calls), func(call string) bool { return called[call] })
}
