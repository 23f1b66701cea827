package provider_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	configuration = regexp.MustCompile("(?s)```terraform\n(.*?)```")
	topBlock      = regexp.MustCompile(`(?ms)^[a-z_]+[^\n]*\{\n.*?^\}\n`)
	ofOthers      = regexp.MustCompile(`\b(?:aws|google|neon)_[a-z0-9_]+\.[a-z_]+(?:\[[^\]]+\])?\.[a-z_]+`)
	waiting       = regexp.MustCompile(`(?m)^ +depends_on +=.*\n`)
	reference     = regexp.MustCompile(`\b(var|local|data\.rollout_[a-z]+|rollout_[a-z_]+)\.([a-z_]+)`)
)

// A fragment is configuration in a guide that no example has.
type fragment struct{ guide, text string }

// fragments reads the guides. What is part of an example is run with that.
func fragments(t *testing.T) []fragment {
	t.Helper()
	run := ""
	err := filepath.WalkDir("../../examples", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		run += string(text) + "\n"
		return err
	})
	guides, globbed := filepath.Glob("../../docs/guides/*.md")
	if err != nil || globbed != nil || len(guides) < 8 {
		t.Fatalf("%d guides: %v, %v", len(guides), err, globbed)
	}
	var out []fragment
	for _, guide := range guides {
		text, err := os.ReadFile(guide)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range configuration.FindAllStringSubmatch(string(text), -1) {
			if !strings.Contains(run, strings.TrimSpace(m[1])) {
				out = append(out, fragment{strings.TrimSuffix(filepath.Base(guide), ".md"), m[1]})
			}
		}
	}
	return out
}

// ours is what of a fragment can be validated without other providers: their blocks
// are left out, and what is referred to and is not there is unknown.
func (f fragment) ours() string {
	blocks := topBlock.FindAllString(f.text, -1)
	if len(blocks) == 0 {
		return "" // the inside of a block of somebody else's
	}
	var kept []string
	inside := ""
	for _, b := range blocks {
		switch kind, _, _ := strings.Cut(b, " "); kind {
		case "resource", "data":
			if strings.Contains(strings.SplitN(b, "\n", 2)[0], `"rollout_`) {
				kept = append(kept, b)
			}
		case "variable", "locals", "check", "output", "import":
			kept = append(kept, b)
		default:
			inside += b
		}
	}
	waitless := func(hcl string) string {
		return waiting.ReplaceAllString(ofOthers.ReplaceAllString(hcl, "terraform_data.unknown.output"), "")
	}
	text := waitless(strings.Join(kept, "\n"))
	if inside != "" || strings.Contains(text, "import {") {
		text += "resource \"rollout_safe_deployment\" \"api\" {\n  cloud_run {\n    service = terraform_data.unknown.output\n    image   = terraform_data.unknown.output\n  }\n" + waitless(inside) + "}\n"
	}
	text += "\nresource \"terraform_data\" \"unknown\" {}\n"
	declares := func(what string) bool { return strings.Contains(text, what) }
	return reference.ReplaceAllStringFunc(text, func(r string) string {
		m := reference.FindStringSubmatch(r)
		kind, name := m[1], m[2]
		short, isData := strings.CutPrefix(kind, "data.")
		switch {
		case kind == "var" && declares(`variable "`+name+`"`),
			kind == "local" && regexp.MustCompile(`(?m)^  `+name+` +=`).MatchString(text),
			isData && declares(`data "`+short+`" "`+name+`"`),
			strings.HasPrefix(kind, "rollout_") && declares(`resource "`+kind+`" "`+name+`"`):
			return r
		}
		return "terraform_data.unknown.output"
	})
}

// TestGuidesAreValid: whatever configuration a guide shows, the provider accepts.
func TestGuidesAreValid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var validated []string
	for _, f := range fragments(t) {
		text := f.ours()
		if text == "" {
			if !strings.HasPrefix(f.text, "  lifecycle {") {
				t.Errorf("%s shows what nobody tries:\n%s", f.guide, f.text)
			}
			continue
		}
		w.write(text)
		if out, code := w.terraform("validate", "-no-color"); code != 0 {
			t.Errorf("%s shows\n%s\nand Terraform says\n%s", f.guide, f.text, out)
		}
		validated = append(validated, f.guide)
	}
	for _, guide := range []string{"alb-with-ecs", "beside-the-google-provider", "databases", "gates", "lambda", "reviews"} {
		if !slices.Contains(validated, guide) {
			t.Errorf("nothing of %s was tried", guide)
		}
	}
}
