package lambdaalias

import (
	"fmt"
	"math"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/lazyregexp"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// native is the part of an alias that says where traffic goes, and what it is
// called by people.
type native struct {
	version     string             // gets what no weight names
	weights     map[string]float64 // of the others, as parts of one
	description string
}

// fromNative reads the traffic of an alias, and our marks in its description. Which
// of two versions the alias points at makes no difference to anybody: the weights
// divide all of it, so there is no default beside them.
func fromNative(n native) rollout.Routing {
	r := rollout.Routing{Split: rollout.Split{}}
	rest := rollout.Whole
	for v, part := range n.weights {
		if w := weightOf(part); w > 0 {
			r.Split[rollout.Revision(v)] = w
			rest -= w
		}
	}
	if rest > 0 && n.version != "" {
		r.Split[rollout.Revision(n.version)] += rest
	}
	_, m := cutMark(n.description)
	r.Home = m.home
	if m.candidate != "" {
		r.Keep = []rollout.Revision{m.candidate}
	}
	return r
}

// weightOf reads a part of one. What is too little to be told counts as the least
// that can be, for somebody gets it.
func weightOf(part float64) rollout.Weight {
	w := rollout.Weight(math.Round(part * float64(rollout.Whole)))
	if part > 0 {
		w = max(1, w)
	}
	return min(w, rollout.Whole)
}

// toNative writes a routing as an alias, beside what a person wrote into its
// description. The weights are never nil: an alias keeps those that a request
// leaves out.
func toNative(want rollout.Routing, description string) (native, error) {
	n := native{weights: map[string]float64{}, version: string(want.Home)}
	serving := want.Split.Revisions()
	if len(serving) == 0 {
		return n, fmt.Errorf("%w: an alias always points at a version", rollout.ErrInvalid)
	}
	if want.Split[want.Home] == 0 {
		n.version = string(serving[0])
	}
	for _, v := range serving {
		if string(v) != n.version {
			n.weights[string(v)] = float64(want.Split[v]) / float64(rollout.Whole)
		}
	}
	text, _ := cutMark(description)
	m := mark{home: want.Home}
	if len(want.Keep) > 0 { // one candidate
		m.candidate = want.Keep[0]
	}
	if len(text)+m.length() > longestDescription {
		return n, fmt.Errorf("%w: the alias has a description of %d characters, and beside our mark there is place for %d", rollout.ErrInvalid, len(text), longestDescription-m.length())
	}
	n.description = text + m.String()
	return n, nil
}

// longestDescription is how many characters the description of an alias, a
// function or a version may have
// (https://docs.aws.amazon.com/lambda/latest/api/API_UpdateAlias.html).
const longestDescription = 256

// longestMark is how many characters a mark takes at most, where versions have up
// to nine digits.
const longestMark = len(" [rollout home=123456789 candidate=123456789]")

// mark is what an alias says of a rollout that goes on, at the end of its
// description: where the way home is, and who the candidate is. Every published
// version can be invoked by its number, whatever its share, so being marked is all
// that keeping somebody reachable takes.
type mark struct{ home, candidate rollout.Revision }

var markText = lazyregexp.New(`\s?\[rollout((?: [a-z]+=[^\]\s]*)*)\]\s*$`)

// cutMark takes our mark from a description.
func cutMark(description string) (text string, m mark) {
	at := markText.FindStringSubmatchIndex(description)
	if at == nil {
		return description, m
	}
	for pair := range strings.FieldsSeq(description[at[2]:at[3]]) {
		switch key, v, _ := strings.Cut(pair, "="); {
		case key == "home" && versionName.MatchString(v):
			m.home = rollout.Revision(v)
		case key == "candidate" && versionName.MatchString(v):
			m.candidate = rollout.Revision(v)
		}
	}
	return description[:at[0]], m
}

// marked reports whether a mark of ours is in a description, also one that cannot
// be read.
func marked(description string) bool { return markText.MatchString(description) }

func (m mark) length() int { return len(m.String()) }

// String is what cutMark reads; nothing where nothing is marked.
func (m mark) String() string {
	if m == (mark{}) {
		return ""
	}
	out := " [rollout"
	if m.home != "" {
		out += " home=" + string(m.home)
	}
	if m.candidate != "" {
		out += " candidate=" + string(m.candidate)
	}
	return out + "]"
}

func weightsOf(c *types.AliasRoutingConfiguration) map[string]float64 {
	if c == nil {
		return nil
	}
	return c.AdditionalVersionWeights
}

func nativeOf(version, description *string, weights *types.AliasRoutingConfiguration) native {
	return native{version: aws.ToString(version), weights: weightsOf(weights), description: aws.ToString(description)}
}
