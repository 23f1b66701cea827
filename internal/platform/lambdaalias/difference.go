package lambdaalias

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// maxParts is how much of a difference is told; one line of a plan has to hold it.
const maxParts = 10

// unserved says what $LATEST has that the version with all traffic has not. What
// the block sets is left out: whatever stands in $LATEST, a rollout sets it again.
func (t *alias) unserved(sole rollout.Revision) string {
	was, now := t.versions[sole], t.latest
	if was == nil || now == nil || was.hidden() || now.hidden() {
		return ""
	}
	parts := difference(t.settings.without(was.normal()), t.settings.without(now.normal()))
	if len(parts) == 0 {
		return ""
	}
	if more := len(parts) - maxParts; more > 0 {
		parts = append(parts[:maxParts], fmt.Sprintf("and %d more", more))
	}
	return strings.Join(parts, ", ") + ": serves nobody"
}

// without leaves out what the settings say.
func (s settings) without(of map[string]any) map[string]any {
	if s.code() {
		delete(of, "CodeSha256")
	}
	if s.environment != nil {
		delete(of, "Environment")
	}
	return of
}

// called are the fields whose names are not what people call them.
var called = map[string]string{"CodeSha256": "code", "MemorySize": "memory", "DeadLetterConfig": "dead-letter queue", "KMSKeyArn": "key", "ImageConfigResponse": "image settings"}

// difference says in words what one has and the other has not. Settings are named
// and never quoted: a secret may stand in them.
func difference(was, now map[string]any) []string {
	all := maps.Clone(was)
	maps.Copy(all, now)
	var out []string
	for _, field := range slices.Sorted(maps.Keys(all)) {
		a, b := was[field], now[field]
		if same(a, b) {
			continue
		}
		name := called[field]
		if name == "" {
			name = strings.ToLower(field)
		}
		switch {
		case field == "Environment":
			out = append(out, settingsDiffer(a, b)...)
		case single(a) && single(b) && field != "CodeSha256":
			out = append(out, fmt.Sprintf("%s %s → %s", name, orNone(a), orNone(b)))
		default:
			out = append(out, name+" changed")
		}
	}
	return out
}

func settingsDiffer(was, now any) []string {
	a, _ := was.(map[string]any)
	b, _ := now.(map[string]any)
	all := map[string]any{}
	maps.Copy(all, a)
	maps.Copy(all, b)
	var out []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		switch {
		case a[name] == nil:
			out = append(out, "+"+name)
		case b[name] == nil:
			out = append(out, "-"+name)
		case a[name] != b[name]:
			out = append(out, name+" changed")
		}
	}
	return out
}

func same(a, b any) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && string(x) == string(y)
}

// single reports whether a value can be told in a word.
func single(v any) bool {
	switch v.(type) {
	case nil, string, float64, bool:
		return true
	}
	return false
}

func orNone(v any) string {
	if v == nil {
		return "none"
	}
	return fmt.Sprint(v)
}
