package openapi

import (
	"cmp"
	"fmt"
	"path"
	"strings"

	"github.com/oasdiff/oasdiff/checker"
	"github.com/oasdiff/oasdiff/diff"
	"github.com/oasdiff/oasdiff/load"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// Question is what is to be compared.
type Question struct {
	// Live describes what serves now, and Candidate what is to serve.
	Live, Candidate Document
	// Clients are released together with the candidate.
	Clients []Client
	// Severity replaces the severity of rules.
	Severity map[string]Severity
	// Allow are exceptions. A finding that one is for is kept, and stops nothing.
	Allow []Allow
	// Stability is the least x-stability-level that counts: "draft" (everything),
	// "alpha", "beta" or "stable". "" is "draft".
	Stability string
	// DeprecationDays is how long an operation has to be marked as deprecated,
	// with a date in x-sunset, before it may be taken away.
	DeprecationDays uint
}

// Client is a client that is released together with the candidate.
type Client struct {
	Name string
	// Calls are the operations that it calls as the candidate has them, each by
	// its operationId or as "GET /users/{id}".
	Calls []string
	// Document describes what it calls, sends and reads; nil if Calls says it.
	Document *Document
}

// Allow is an exception, and who needs it.
type Allow struct {
	Rule string
	// Operation is the only one that it is for, by its operationId or as "GET
	// /users/{id}"; "" is any. About is a part of the finding's text, such as the
	// name of a property; "" is any.
	Operation, About string
	// Client is the new client that it is for; "" is for those that are there.
	Client string
	Reason string
}

// Finding is something that does not fit.
type Finding struct {
	Rule     string
	Severity Severity // Fails or Warns
	// Client is the new client that it is about; "" for those that are there.
	Client      string
	Operation   string // GET /users/{id}; "" where it is about no single one
	OperationID string
	Text        string
	File        string
	Line        int // 0 where it is not known
	// Allowed: an exception is for it, and Reason says why.
	Allowed bool
	Reason  string
}

// Place is where a person finds it, or "".
func (f Finding) Place() string {
	if f.Line == 0 {
		return f.File
	}
	return fmt.Sprintf("%s:%d", f.File, f.Line)
}

// Compare says what does not fit. It reads files and asks nobody. An error is
// always an *Error.
func Compare(q Question) (found []Finding, err error) {
	if err := q.rulesExist(); err != nil {
		return nil, err
	}
	live, err := q.Live.read()
	if err != nil {
		return nil, err
	}
	candidate, err := q.Candidate.read()
	if err != nil {
		return nil, err
	}
	c := comparison{Question: q, levels: levels(q.Severity)}
	old, young := live, candidate
	if cmp.Or(q.Stability, "draft") == "draft" {
		old, young = without(stability, live), without(stability, candidate)
	}
	if found, err = c.between(old, young); err != nil {
		return nil, err
	}
	for _, client := range q.Clients {
		more, err := c.served(client, live, candidate)
		if err != nil {
			return nil, err
		}
		found = append(found, more...)
	}
	return allowed(found, q.Allow), nil
}

func (q Question) rulesExist() error {
	for id := range q.Severity {
		if !KnownRule(id) {
			return &Error{Document: "severity", Trouble: UnknownRule, Reason: id}
		}
	}
	for _, a := range q.Allow {
		if !KnownRule(a.Rule) {
			return &Error{Document: "allow", Trouble: UnknownRule, Reason: a.Rule}
		}
	}
	return nil
}

// comparison is one question, and the levels that it asks for.
type comparison struct {
	Question
	levels map[string]checker.Level
}

// between asks oasdiff whether those who were made for one description are served
// by the other.
func (c comparison) between(from, to *load.SpecInfo) (found []Finding, err error) {
	defer func() {
		if p := recover(); p != nil {
			found, err = nil, &Error{Document: c.Candidate.Name, Trouble: Uncompared, Reason: fmt.Sprint("the comparison gave up: ", p)}
		}
	}()
	changes, sources, err := diff.GetWithOperationsSourcesMap(diff.NewConfig(), from, to)
	if err != nil {
		reason, _, _ := strings.Cut(err.Error(), ". You may ") // what follows is about flags of oasdiff
		return nil, &Error{Document: c.Candidate.Name, Trouble: Uncompared, Reason: reason}
	}
	config := checker.NewConfig(checker.GetAllChecks(), checker.WithSeverityLevels(c.levels),
		checker.WithDeprecation(c.DeprecationDays, c.DeprecationDays), checker.WithStabilityLevel(cmp.Or(c.Stability, "draft")))
	words := checker.NewDefaultLocalizer()
	for _, change := range checker.CheckBackwardCompatibility(config, changes, sources) {
		found = append(found, c.finding(change, words))
	}
	return found, nil
}

func (c comparison) finding(change checker.Change, words checker.Localizer) Finding {
	f := Finding{
		Rule: change.GetId(), Severity: Warns, OperationID: change.GetOperationId(),
		Operation: strings.TrimSpace(change.GetOperation() + " " + change.GetPath()),
		Text:      rollout.OneLine(change.GetUncolorizedText(words), 400),
	}
	if change.GetLevel() == checker.ERR {
		f.Severity = Fails
	}
	if at := change.GetRevisionSource(); at != nil {
		f.File, f.Line = c.named(at.File, c.Candidate), at.Line
	} else if at := change.GetBaseSource(); at != nil {
		f.File, f.Line = c.named(at.File, c.Live), at.Line
	}
	return f
}

// named is a file as a person wrote it: oasdiff knows it within its folder.
func (c comparison) named(file string, of Document) string {
	if of.Text != nil || file == "" {
		return of.Name
	}
	return path.Join(path.Dir(of.Name), file)
}

// allowed marks what exceptions are for, and adds those that are for nothing.
func allowed(found []Finding, allow []Allow) []Finding {
	used := make([]bool, len(allow))
	for i := range found {
		f := &found[i]
		for n, a := range allow {
			if a.covers(*f) {
				f.Allowed, f.Reason, used[n] = true, a.Reason, true
			}
		}
	}
	for n, a := range allow {
		if !used[n] {
			found = append(found, Finding{Rule: RuleAllowsNothing, Severity: Warns, Client: a.Client, Operation: a.Operation, Text: a.String() + " allows nothing: nothing is found that it would be for"})
		}
	}
	return found
}

func (a Allow) covers(f Finding) bool {
	return a.Rule == f.Rule && a.Client == f.Client && (a.Operation == "" || a.Operation == f.Operation || a.Operation == f.OperationID) && strings.Contains(f.Text, a.About)
}

// String says which exception it is.
func (a Allow) String() string {
	out := "allow " + a.Rule
	for _, more := range []string{a.Operation, a.About, a.Client} {
		if more != "" {
			out += fmt.Sprintf(" %q", more)
		}
	}
	return out
}
