package databaseschema

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/lazyregexp"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// alembic keeps its heads alone. Whether a revision that is no head was applied
// is for the files to tell.
func alembic(rows []row, version string) state {
	var s state
	for _, r := range rows {
		s.heads = append(s.heads, r["version_num"])
	}
	slices.Sort(s.heads)
	s.applied, s.latest = slices.Contains(s.heads, version), strings.Join(s.heads, ", ")
	return s
}

// judgeHeads looks for the wanted revision behind the heads.
func (c check) judgeHeads(f rollout.Finding, l wantLedger, heads []string) []rollout.Finding {
	skipped := f
	skipped.Status = rollout.Skipped
	if l.directory == "" {
		return []rollout.Finding{skipped.Because(c.says.heads, "heads", strings.Join(heads, ", "), "version", l.version)}
	}
	before, err := revisions(l.directory)
	if err != nil {
		return []rollout.Finding{skipped.Because(c.says.noGraph, "directory", l.directory, "why", err)}
	}
	seen, lost := map[string]bool{}, []string{}
	for todo := slices.Clone(heads); len(todo) > 0; todo = todo[1:] {
		r := todo[0]
		parents, known := before[r]
		if !known {
			lost = append(lost, r)
		}
		if !seen[r] {
			seen[r] = true
			todo = append(todo, parents...)
		}
	}
	switch {
	case seen[l.version]:
		return nil
	case len(lost) > 0:
		slices.Sort(lost)
		return []rollout.Finding{skipped.Because(c.says.heads, "heads", strings.Join(slices.Compact(lost), ", "), "version", l.version)}
	}
	return []rollout.Finding{f.Because(c.says.notApplied, "version", l.version, "tool", l.tool.name, "latest", strings.Join(heads, ", "))}
}

var (
	revisionForm = lazyregexp.New(`(?m)^revision\s*(?::[^=\n]*)?=\s*["']([^"']+)["']`)
	beforeForm   = lazyregexp.New(`(?m)^(down_revision|depends_on)\s*(?::[^=\n]*)?=\s*(None\b|["'][^"'\n]+["']|\([^)]*\)|\[[^\]]*\])`)
	quotedForm   = lazyregexp.New(`["']([^"'\n]+)["']`)
	saysBefore   = lazyregexp.New(`(?m)^(down_revision|depends_on)\b`)
)

// revisions reads which revisions come right before each, from the files of a
// folder and those below it. What cannot be read is an error, for a graph with a
// hole in it would say that something was never applied.
func revisions(dir string) (map[string][]string, error) {
	out := map[string][]string{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".py" {
			return err
		}
		text, err := os.ReadFile(path) //nolint:gosec // whoever writes the configuration names the folder
		if err != nil {
			return err //nolint:wrapcheck // what is shown of it follows below
		}
		file := string(text)
		of := revisionForm.FindStringSubmatch(file)
		parents := beforeForm.FindAllStringSubmatch(file, -1)
		switch {
		case len(parents) != len(saysBefore.FindAllStringSubmatch(file, -1)), of == nil && len(parents) > 0:
			return fmt.Errorf("%s does not say what it comes after in a form that is known", filepath.Base(path))
		case of == nil:
			return nil // not a revision
		}
		out[of[1]] = nil
		for _, p := range parents {
			for _, id := range quotedForm.FindAllStringSubmatch(p[2], -1) {
				out[of[1]] = append(out[of[1]], id[1])
			}
		}
		return nil
	})
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, errors.New("there is no such folder")
	case errors.Is(err, fs.ErrPermission):
		return nil, errors.New("it may not be read")
	case err == nil && len(out) == 0:
		return nil, errors.New("no file there has a revision")
	}
	return out, err //nolint:wrapcheck // it is ours but for errors of the disk
}
