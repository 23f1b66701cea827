package openapi

import (
	"maps"
	"sync"

	"github.com/oasdiff/oasdiff/checker"
)

// Severity is what comes of a finding.
type Severity string

// The severities.
const (
	Fails  Severity = "error"
	Warns  Severity = "warning"
	Ignore Severity = "ignore" // it is no finding
)

// Our own rules, beside those of oasdiff.
const (
	// RuleNotServed: a new client calls what the instances that serve now do
	// not have.
	RuleNotServed = "client-calls-what-is-not-served"
	// RuleUnknownCall: a new client calls what neither description has.
	RuleUnknownCall = "client-calls-what-nobody-serves"
	// RuleAllowsNothing: an exception that no finding needs.
	RuleAllowsNothing = "allow-allows-nothing"
)

// stricter are the levels that oasdiff has lower than a rollout can bear. What a
// response no longer has breaks whoever reads it, whether or not a schema calls
// it required; a discriminator under another name is not found by either side.
var stricter = map[string]checker.Level{
	checker.ResponseOptionalPropertyRemovedId:                  checker.ERR,
	checker.OptionalResponseHeaderRemovedId:                    checker.WARN,
	checker.ResponseBodyDiscriminatorPropertyNameChangedId:     checker.WARN,
	checker.ResponsePropertyDiscriminatorPropertyNameChangedId: checker.WARN,
	checker.RequestBodyDiscriminatorPropertyNameChangedId:      checker.WARN,
	checker.RequestPropertyDiscriminatorPropertyNameChangedId:  checker.WARN,
}

// gone are the rules that say that an operation is not there.
var gone = []string{
	checker.APIPathRemovedWithoutDeprecationId, checker.APIPathRemovedWithDeprecationId, checker.APIPathRemovedBeforeSunsetId, checker.APIPathSunsetParseId,
	checker.APIRemovedWithoutDeprecationId, checker.APIRemovedWithDeprecationId, checker.APIRemovedBeforeSunsetId,
}

// table holds the rules of oasdiff by their names. It is made once, when something
// is first compared: there are hundreds.
var table = sync.OnceValue(func() map[string]checker.BackwardCompatibilityRule {
	out := map[string]checker.BackwardCompatibilityRule{}
	for _, r := range checker.GetAllRules() {
		out[r.Id] = r
	}
	return out
})

// KnownRule reports whether there is a rule of that name.
func KnownRule(id string) bool {
	_, known := table()[id]
	return known || id == RuleNotServed || id == RuleUnknownCall
}

// levels are those of oasdiff, made stricter, and then as somebody asks for.
func levels(asked map[string]Severity) map[string]checker.Level {
	out := maps.Clone(stricter)
	for id, s := range asked {
		if _, theirs := table()[id]; !theirs {
			continue // one of ours
		}
		switch s {
		case Fails:
			out[id] = checker.ERR
		case Warns:
			out[id] = checker.WARN
		case Ignore:
			out[id] = checker.INFO
		}
	}
	return out
}

// backwards are the levels for a new client. An operation that is not there counts
// whatever its marks say. Of a client that is known by what it calls alone, nobody
// knows what it reads: what a response does not have warns, and only where a
// schema promises it.
func backwards(asked map[string]Severity, reads bool) map[string]checker.Level {
	out := levels(asked)
	for id, r := range table() {
		if _, said := asked[id]; reads || said || r.Direction != checker.DirectionResponse {
			continue
		}
		out[id] = min(r.Level, checker.WARN)
	}
	for _, id := range gone {
		out[id] = checker.ERR
	}
	return out
}
