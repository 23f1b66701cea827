package workerjobs

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/lazyregexp"
)

// job is a class, and how many arguments it is given or takes.
type job struct {
	class       string
	least, most int // most is endless where there is no end
	counted     bool
}

const endless = 1 << 30

// String is the job as a manifest has it.
func (j job) String() string {
	switch {
	case !j.counted:
		return j.class
	case j.most == endless:
		return fmt.Sprintf("%s/%d+", j.class, j.least)
	case j.most == j.least:
		return fmt.Sprintf("%s/%d", j.class, j.least)
	}
	return fmt.Sprintf("%s/%d-%d", j.class, j.least, j.most)
}

// jobForm is a class as Ruby, Python and others name one: Billing::ChargeJob,
// shop.tasks.charge, send-mail.
var jobForm = lazyregexp.New(`^([A-Za-z_][A-Za-z0-9_.:-]*)(?:/([0-9]{1,3})(\+|-([0-9]{1,3}))?)?$`)

// parseJob reads one job.
func parseJob(text string) (job, bool) {
	m := jobForm.FindStringSubmatch(text)
	if m == nil {
		return job{}, false
	}
	out := job{class: m[1], counted: m[2] != ""}
	out.least, _ = strconv.Atoi(m[2]) // the form has digits there
	out.most = out.least
	switch {
	case m[3] == "+":
		out.most = endless
	case m[4] != "":
		out.most, _ = strconv.Atoi(m[4])
	}
	return out, out.most >= out.least
}

// manifest reads a list of jobs: one a line or with commas between, where # begins a
// comment; or JSON, a list of texts or an object that has such a list under the name
// of the side. It returns the place of what is no job, "" where all are.
func manifest(text, side string) (jobs []job, wrong string) {
	trimmed := strings.TrimSpace(text)
	var entries []string
	switch {
	case strings.HasPrefix(trimmed, "["):
		if json.Unmarshal([]byte(trimmed), &entries) != nil {
			return nil, "it is no list of texts in JSON"
		}
	case strings.HasPrefix(trimmed, "{"):
		var sides map[string]json.RawMessage
		if json.Unmarshal([]byte(trimmed), &sides) != nil || json.Unmarshal(sides[side], &entries) != nil {
			return nil, fmt.Sprintf("it is no object in JSON with a list of texts called %s", side)
		}
	default:
		for line := range strings.Lines(trimmed) {
			line, _, _ = strings.Cut(line, "#")
			for entry := range strings.SplitSeq(line, ",") {
				if entry = strings.TrimSpace(entry); entry != "" {
					entries = append(entries, entry)
				}
			}
		}
	}
	for i, entry := range entries {
		j, ok := parseJob(entry)
		if !ok {
			return nil, fmt.Sprintf("number %d of its jobs has another form than Class, Class/2, Class/1-3 or Class/1+", i+1)
		}
		jobs = append(jobs, j)
	}
	return jobs, ""
}

// takes reports whether a handler takes all that a job may be given.
func (j job) takes(given job) bool { return j.least <= given.least && given.most <= j.most }

// verdict is what becomes of one job that may be enqueued.
type verdict struct {
	of  job
	why string
	// unknown: nobody can tell.
	unknown bool
}

// compare returns the jobs that may be enqueued and are not handled, or of which
// nobody can tell.
func compare(enqueues, handles []job) []verdict {
	var out []verdict
	for _, e := range enqueues {
		var same []job
		for _, h := range handles {
			if h.class == e.class {
				same = append(same, h)
			}
		}
		counted := slices.ContainsFunc(same, func(h job) bool { return h.counted })
		all := !slices.ContainsFunc(same, func(h job) bool { return !h.counted })
		switch {
		case len(same) == 0:
			out = append(out, verdict{of: e, why: "nobody handles it"})
		case e.counted && all && !slices.ContainsFunc(same, func(h job) bool { return h.takes(e) }):
			out = append(out, verdict{of: e, why: "it is handled as " + listed(same)})
		case e.counted != counted || counted && !all:
			out = append(out, verdict{of: e, why: "one side alone says how many arguments it has", unknown: true})
		}
	}
	return out
}

func listed(jobs []job) string {
	var out []string
	for _, j := range jobs {
		out = append(out, j.String())
	}
	return strings.Join(out, " and ")
}
