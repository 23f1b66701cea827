package cloudlogging

import (
	"strconv"
	"strings"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const (
	requestLog = "run.googleapis.com/requests"
	longest    = 18_000 // characters of a filter; 20,000 with what is added
)

// subject is a revision in the words of Cloud Logging.
type subject struct{ project, location, service, revision string }

// subjectOf reads what a platform says of a revision.
func subjectOf(of rollout.Subject) (subject, error) {
	out := subject{of.Facts["project"], of.Facts["location"], of.Facts["service"], of.Facts["revision"]}
	if out.project == "" || out.location == "" || out.service == "" || out.revision == "" {
		return out, msgNotCloudRun.With("revision", of.Revision)
	}
	return out, nil
}

// within is the filter for all entries of a revision in a window, a line a term.
func (s subject) within(w rollout.Window) []string {
	term := func(field, op, value string) string { return field + op + strconv.Quote(value) }
	return []string{
		term("resource.type", "=", "cloud_run_revision"),
		term("resource.labels.location", "=", s.location),
		term("resource.labels.service_name", "=", s.service),
		term("resource.labels.revision_name", "=", s.revision),
		term("timestamp", ">=", w.Start.UTC().Format(time.RFC3339Nano)),
		term("timestamp", "<", w.End.UTC().Format(time.RFC3339Nano)),
	}
}

// requests is the filter for what Cloud Run logged of requests.
func (s subject) requests(w rollout.Window) string {
	return join(append(s.within(w), `log_id("`+requestLog+`")`))
}

// entries is the filter for what is counted, and the line on which the user's
// own begins.
func (s *source) entries(who subject, w rollout.Window) (filter string, line int) {
	terms := who.within(w)
	if s.severity != "" {
		terms = append(terms, "severity>="+s.severity)
	}
	if s.filter == "" {
		return join(terms), 0
	}
	// A comment at its end, which reaches to the end of the line, must not take
	// the parenthesis with it.
	return join(append(terms, "(\n"+s.filter+"\n)")), len(terms) + 2
}

func join(terms []string) string { return strings.Join(terms, " AND\n") }

// checkFilter refuses a filter that would take ours out of force: it stands in
// parentheses, and must not end them.
func checkFilter(filter string) *rollout.Problem {
	switch missing := unfinished(filter); {
	case strings.TrimSpace(filter) == "":
		return msgEmptyFilter.Found()
	case len(filter) > longest:
		return msgLongFilter.Found("length", rollout.Count(len(filter)), "most", rollout.Count(longest))
	case missing != "":
		return msgOpenFilter.Found("what", missing)
	}
	return nil
}

// unfinished says what of a filter is not opened or not closed. Texts are left
// out, and comments: "--" to the end of the line.
func unfinished(filter string) string {
	depth := 0
	for line := range strings.Lines(filter) {
		for i := 0; i < len(line); i++ {
			switch c := line[i]; {
			case strings.HasPrefix(line[i:], "--"):
				i = len(line)
			case c == '"':
				end := closing(line[i+1:])
				if end < 0 {
					return "a quote that is not closed"
				}
				i += 1 + end
			case c == '(':
				depth++
			case c == ')':
				depth--
			}
			if depth < 0 {
				return "a parenthesis that is not opened"
			}
		}
	}
	if depth > 0 {
		return "a parenthesis that is not closed"
	}
	return ""
}

// closing finds the quote that ends a text, -1 if none does.
func closing(rest string) int {
	for i := 0; i < len(rest); i++ {
		switch rest[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return -1
}
