package lambdafunction

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// prefix begins the names of aliases of ours.
const prefix = "rollout-"

// A word says how far a run has come.
type word string

const (
	begun     word = "begun"
	refused   word = "refused"
	succeeded word = "succeeded"
	failed    word = "failed"
)

// A mark is what the description of an alias says of the last run.
type mark struct {
	run   int
	word  word
	at    time.Time     // zero where a person has left it out
	limit time.Duration // of the function, of a run that was begun
}

// String is the mark as the description has it.
func (m mark) String() string {
	out := fmt.Sprintf("rollout run %d %s %s", m.run, m.word, m.at.UTC().Format(time.RFC3339))
	if m.word == begun {
		out += fmt.Sprintf(" %ds", int(m.limit.Seconds()))
	}
	return out
}

// parseMark reads one. A person may leave out the time, and what comes before the
// number.
func parseMark(text string) (mark, bool) {
	words := strings.Fields(strings.TrimPrefix(text, "rollout run "))
	if len(words) < 2 {
		return mark{}, false
	}
	run, err := strconv.Atoi(words[0])
	m := mark{run: run, word: word(words[1])}
	if err != nil || run < 1 {
		return mark{}, false
	}
	words = append(words, "", "")
	if m.at, err = time.Parse(time.RFC3339, words[2]); err != nil && words[2] != "" {
		return mark{}, false
	}
	switch m.word {
	case refused, succeeded, failed:
		return m, true
	case begun:
		m.limit, err = time.ParseDuration(words[3])
		return m, err == nil && m.limit > 0 && !m.at.IsZero()
	}
	return mark{}, false
}

// A memory is the alias of an errand, and what its description says.
type memory struct {
	alias, revision, text string
	mark                  mark
	clear                 bool // the mark could be read
}

func (m *memory) read(description, revision *string) {
	m.text, m.revision = aws.ToString(description), aws.ToString(revision)
	m.mark, m.clear = parseMark(m.text)
}

// recall returns the memory of an alias; nil where there is none.
func (j *function) recall(ctx context.Context, alias string) (*memory, error) {
	client, err := j.clients.Lambda(ctx, j.region)
	if err != nil {
		return nil, err
	}
	out, err := client.GetAlias(ctx, &lambda.GetAliasInput{FunctionName: &j.given, Name: &alias})
	if cloud.AWSGone(err) {
		return nil, nil //nolint:nilnil // nobody has begun it
	}
	if err != nil {
		return nil, cloud.AWSError("get the alias "+alias+" of "+j.function, err)
	}
	m := &memory{alias: alias}
	m.read(out.Description, out.RevisionId)
	return m, nil
}

// create makes the alias of an errand: of two processes that do so, one is refused.
func (j *function) create(ctx context.Context, alias, version string, begins mark) (*memory, error) {
	client, err := j.clients.Lambda(ctx, j.region)
	if err != nil {
		return nil, err
	}
	text := begins.String()
	out, err := client.CreateAlias(ctx, &lambda.CreateAliasInput{FunctionName: &j.given, Name: &alias, FunctionVersion: &version, Description: &text})
	if err != nil {
		return nil, cloud.AWSError("create the alias "+alias+" of "+j.function, err)
	}
	m := &memory{alias: alias}
	m.read(out.Description, out.RevisionId)
	return m, nil
}

// note writes how far the errand has come, unless somebody else has. version "" keeps
// the one that the alias points at.
func (j *function) note(ctx context.Context, of *memory, version string, m mark) error {
	client, err := j.clients.Lambda(ctx, j.region)
	if err != nil {
		return err
	}
	text := m.String()
	in := &lambda.UpdateAliasInput{FunctionName: &j.given, Name: &of.alias, Description: &text, RevisionId: &of.revision}
	if version != "" {
		in.FunctionVersion = &version
	}
	out, err := client.UpdateAlias(ctx, in)
	if err != nil {
		return cloud.AWSError("note in the alias "+of.alias+" of "+j.function+" that its run is "+string(m.word), err)
	}
	of.read(out.Description, out.RevisionId)
	return nil
}

// unclear is what nobody can tell, and how a person says it.
func (j *function) unclear(ctx context.Context, m *memory, seen string) rollout.Execution {
	return rollout.Execution{
		ID:  m.alias,
		Why: seen + ", so it is not known whether it ran, and what it did: its log may say it",
		Say: fmt.Sprintf("aws lambda update-alias%s --function-name %s --name %s --description 'rollout run %d %s'", cloud.AWSRegionFlag(j.clients.AWSRegion(ctx, j.region)), j.function, m.alias, max(1, m.mark.run), succeeded),
	}
}
