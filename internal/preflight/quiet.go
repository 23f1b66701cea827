package preflight

import "time"

// usualQuiet is how far is looked ahead where there is no rollout.
const usualQuiet = time.Hour

// Quiet is the time that has to be free of maintenance. It counts from the
// beginning of the rollout, and not from each look.
type Quiet struct {
	asked      *time.Duration // nil: as long as the rollout takes
	begin, end time.Time      // of the rollout; zero where there is none
}

// During is Quiet for a rollout.
func (q Quiet) During(begin, end time.Time) Quiet {
	q.begin, q.end = begin, end
	return q
}

// Until is when it ends; it begins now where there is no rollout.
func (q Quiet) Until(now time.Time) time.Time {
	if q.begin.IsZero() {
		q.begin = now
	}
	switch {
	case q.asked != nil:
		return q.begin.Add(*q.asked)
	case q.end.IsZero():
		return q.begin.Add(usualQuiet)
	}
	return q.end
}

// Moment renders a time for messages: maintenance may be on another day.
func Moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }
