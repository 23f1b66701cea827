package ecstask

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const (
	// errandTag and runTag are the tags of a copy.
	errandTag = "rollout-errand"
	runTag    = "rollout-run"

	// fresh is how long a run that was begun, and of which no task is shown, may be
	// asked for again: tasks that have stopped are shown for an hour.
	fresh = 30 * time.Minute
)

// A word says how far a run has come.
type word string

const (
	begun     word = "begun"
	refused   word = "refused"
	succeeded word = "succeeded"
	failed    word = "failed"
)

// A mark is what the tag says of the last run.
type mark struct {
	run      int
	word     word
	at       time.Time // zero where a person has left it out
	revision string    // which a run that was begun is of, if not of the first
	task     string    // the id of one that has ended
	exit     *int
}

// String is the mark as the tag has it.
func (m mark) String() string {
	out := fmt.Sprintf("%d %s %s", m.run, m.word, m.at.UTC().Format(time.RFC3339))
	switch {
	case m.revision != "":
		out += " " + m.revision
	case m.task != "" && m.exit != nil:
		out += fmt.Sprintf(" %s %d", m.task, *m.exit)
	case m.task != "":
		out += " " + m.task
	}
	return out
}

// parseMark reads one. A person may write the number and the word alone.
func parseMark(text string) (mark, bool) {
	words := strings.Fields(text)
	if len(words) < 2 {
		return mark{}, false
	}
	run, err := strconv.Atoi(words[0])
	m := mark{run: run, word: word(words[1])}
	if err != nil || run < 1 || !slices.Contains([]word{begun, refused, succeeded, failed}, m.word) {
		return mark{}, false
	}
	words = append(words, "", "", "")
	if m.at, err = time.Parse(time.RFC3339, words[2]); err != nil && words[2] != "" {
		return mark{}, false
	}
	if m.word == begun {
		m.revision = words[3]
		return m, true
	}
	m.task = words[3]
	if code, err := strconv.Atoi(words[4]); err == nil {
		m.exit = &code
	}
	return m, true
}

// A memory is the first copy of an errand's family, and what its tag says.
type memory struct {
	arn    string // of the first active revision
	newest string // of the last one
	tag    string
	mark   mark
	clear  bool // the mark could be read
}

// recall returns the memory of a family; nil where there is none.
func (j *task) recall(ctx context.Context, family string) (*memory, error) {
	var list struct{ TaskDefinitionArns []string }
	ask := map[string]any{"familyPrefix": family, "status": "ACTIVE", "sort": "ASC"}
	if err := j.ask(ctx, "ListTaskDefinitions", ask, &list); err != nil {
		return nil, cloud.AWSError("list the task definitions of "+family, err)
	}
	copies := slices.DeleteFunc(list.TaskDefinitionArns, func(arn string) bool { return familyOf(arn) != family })
	if len(copies) == 0 {
		return nil, nil //nolint:nilnil // nobody has begun it
	}
	slices.SortFunc(copies, func(a, b string) int { return revisionOf(a) - revisionOf(b) })
	d, err := j.describe(ctx, copies[0])
	if err != nil {
		return nil, err
	}
	m := &memory{arn: copies[0], newest: copies[len(copies)-1], tag: d.tag(runTag)}
	m.mark, m.clear = parseMark(m.tag)
	return m, nil
}

// note writes how far the errand has come.
func (j *task) note(ctx context.Context, of *memory, m mark) error {
	tags := []map[string]string{{"key": runTag, "value": m.String()}}
	err := j.ask(ctx, "TagResource", map[string]any{"resourceArn": of.arn, "tags": tags}, nil)
	if err != nil {
		return cloud.AWSError("note on "+of.arn+" that its run is "+m.String(), err)
	}
	of.mark, of.clear, of.tag = m, true, m.String()
	return nil
}

// remembers is the execution that a tag tells of, of a run that has ended.
func (j *task) remembers(m *memory) rollout.Execution {
	if !m.clear {
		return j.unclear(m, fmt.Sprintf("its tag %s is %q, which says nothing of a run", runTag, rollout.OneLine(m.tag, longestLine)))
	}
	x := rollout.Execution{ID: m.arn, State: rollout.JobFailed, Exit: m.mark.exit, Ended: m.mark.at}
	if m.mark.task != "" {
		x.ID = j.taskARN(m.arn, m.mark.task)
	}
	if m.mark.word == succeeded {
		x.State = rollout.JobSucceeded
	}
	return x
}

// unclear is what nobody can tell, and how a person says it.
func (j *task) unclear(m *memory, seen string) rollout.Execution {
	value := fmt.Sprintf("%d %s", max(1, m.mark.run), succeeded)
	return rollout.Execution{
		ID:  m.arn,
		Why: seen + ", so it is not known whether it ran, and what it did: its log may say it",
		Say: fmt.Sprintf("aws ecs tag-resource --region %s --resource-arn %s --tags 'key=%s,value=%s'", strings.Split(m.arn, ":")[3], m.arn, runTag, value),
	}
}

// taskARN is that of a task of the cluster, in the account of a definition.
func (j *task) taskARN(definition, id string) string {
	account, _, _ := strings.Cut(definition, ":task-definition/")
	return account + ":task/" + j.cluster.Name + "/" + id
}

// familyOf and revisionOf read the ARN of a task definition.
func familyOf(arn string) string {
	family, _, _ := strings.Cut(arn[strings.LastIndex(arn, "/")+1:], ":")
	return family
}

func revisionOf(arn string) int {
	n, err := strconv.Atoi(arn[strings.LastIndex(arn, ":")+1:])
	if err != nil {
		return 0
	}
	return n
}
