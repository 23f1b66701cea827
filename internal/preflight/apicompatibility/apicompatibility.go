package apicompatibility

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/review/openapi"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// shown is how many differences one finding lists. The data source lists all.
const shown = 20

// check implements rollout.Check.
type check struct {
	live, candidate source
	clients         []client
	severity        map[string]openapi.Severity
	stability       string
	deprecation     uint
	allow           []openapi.Allow
}

// source is where a description is: a file, or the text itself.
type source struct{ name, path, text string }

type client struct {
	name, document string
	calls          []string
}

func (s source) String() string {
	switch {
	case s.path != "":
		return s.path
	case s.text != "":
		return s.name + "_text"
	}
	return ""
}

// object names what is compared, as far as that is known.
func (c check) object() string {
	if c.live.String() == "" || c.candidate.String() == "" {
		return ""
	}
	return c.candidate.String() + " against " + c.live.String()
}

// Run compares.
func (c check) Run(context.Context, *rollout.Subject, *rollout.Subject) []rollout.Finding {
	f := rollout.Finding{Check: name, Object: c.object(), Status: rollout.Failed}
	found, err := c.compare()
	if err != nil {
		p := unreadable(err)
		f.Why, f.Fix = p.Why, p.Fix
		return []rollout.Finding{f}
	}
	var out []rollout.Finding
	if broken := those(found, func(f openapi.Finding) bool { return f.Severity == openapi.Fails && f.Client == "" }); len(broken) > 0 {
		out = append(out, f.Because(msgBreaks, "candidate", c.candidate, "live", c.live, "differences", list(broken)))
	}
	if early := those(found, func(f openapi.Finding) bool { return f.Severity == openapi.Fails && f.Client != "" }); len(early) > 0 {
		out = append(out, f.Because(msgEarly, "live", c.live, "differences", list(early)))
	}
	if len(out) == 0 {
		out = append(out, rollout.Finding{Check: name, Object: c.object(), Status: rollout.Passed, Why: harmless(found)})
	}
	if odd := those(found, func(f openapi.Finding) bool { return f.Severity == openapi.Warns }); len(odd) > 0 {
		f.Advisory = true
		out = append(out, f.Because(msgOdd, "differences", list(odd)))
	}
	return out
}

// compare reads the descriptions, and closes what it opened for that.
func (c check) compare() ([]openapi.Finding, error) {
	var open roots
	defer open.close()
	q := openapi.Question{
		Live: open.document(c.live), Candidate: open.document(c.candidate),
		Severity: c.severity, Allow: c.allow, Stability: c.stability, DeprecationDays: c.deprecation,
	}
	for _, one := range c.clients {
		of := openapi.Client{Name: one.name, Calls: one.calls}
		if one.document != "" {
			d := open.document(source{path: one.document})
			of.Document = &d
		}
		q.Clients = append(q.Clients, of)
	}
	if open.err != nil {
		return nil, open.err
	}
	return openapi.Compare(q)
}

// roots are the folders of descriptions. What is read in one cannot lead out of
// it, by a reference or by a link of the file system.
type roots struct {
	open []*os.Root
	err  error
}

func (r *roots) document(s source) openapi.Document {
	if s.path == "" {
		return openapi.Document{Name: s.String(), Text: []byte(s.text)}
	}
	root, err := os.OpenRoot(filepath.Dir(s.path))
	if err != nil {
		var p *os.PathError
		if errors.As(err, &p) {
			err = p.Err
		}
		r.err = &openapi.Error{Document: s.path, Trouble: openapi.Unread, Reason: err.Error()}
		return openapi.Document{}
	}
	r.open = append(r.open, root)
	return openapi.Document{Name: s.path, Files: root.FS(), File: filepath.Base(s.path)}
}

func (r *roots) close() {
	for _, root := range r.open {
		_ = root.Close() // it was only read
	}
}

// unreadable is why nothing can be said, and what to do.
func unreadable(err error) rollout.Problem {
	var e *openapi.Error
	if !errors.As(err, &e) {
		return msgUncompared.With("document", "the description", "reason", err)
	}
	reason := rollout.OneLine(e.Reason, 300)
	switch e.Trouble {
	case openapi.Unread:
		return msgUnread.With("document", e.Document, "reason", reason)
	case openapi.Swagger:
		return msgSwagger.With("document", e.Document)
	case openapi.Version:
		return msgVersion.With("document", e.Document, "reason", reason)
	case openapi.Nothing:
		return msgNothing.With("document", e.Document)
	case openapi.Outside:
		return msgOutside.With("document", e.Document, "reason", reason)
	case openapi.Uncompared, openapi.UnknownRule:
		return msgUncompared.With("document", e.Document, "reason", reason)
	case openapi.Unparsed:
	}
	return msgUnparsed.With("document", e.Document, "reason", reason)
}

// those are the findings of one sort that nobody allows.
func those(found []openapi.Finding, of func(openapi.Finding) bool) []openapi.Finding {
	return slices.DeleteFunc(slices.Clone(found), func(f openapi.Finding) bool { return f.Allowed || !of(f) })
}

// harmless is what is said where nothing breaks anybody.
func harmless(found []openapi.Finding) string {
	allowed := slices.DeleteFunc(slices.Clone(found), func(f openapi.Finding) bool { return !f.Allowed })
	if len(allowed) == 0 {
		return "nothing in it breaks a client"
	}
	return "nothing in it breaks a client, but for what is allowed:" + list(allowed)
}

// list is one line a difference.
func list(found []openapi.Finding) string {
	var out strings.Builder
	for i, f := range found {
		if i == shown {
			fmt.Fprintf(&out, "\n  - and %d more, which data.rollout_%s lists", len(found)-shown, name)
			break
		}
		about := f.Operation
		if f.Client != "" {
			about = strings.TrimSpace(f.Client + ": " + about)
		}
		if about != "" {
			about += ": "
		}
		fmt.Fprintf(&out, "\n  - %s%s (%s)", about, f.Text, place(f))
		if f.Allowed {
			fmt.Fprintf(&out, ", allowed: %s", rollout.OneLine(f.Reason, 200))
		}
	}
	return out.String()
}

func place(f openapi.Finding) string {
	if at := f.Place(); at != "" {
		return f.Rule + ", " + at
	}
	return f.Rule
}
