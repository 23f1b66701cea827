package migration

import (
	"path"
	"slices"
	"strings"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/lazyregexp"
)

// Where the forms come from:
//   - https://documentation.red-gate.com/fd/migrations-184127470.html
//   - https://github.com/golang-migrate/migrate/blob/master/MIGRATIONS.md
//   - https://pressly.github.io/goose/documentation/annotations/
//   - https://atlasgo.io/versioned/apply#transaction-configuration
//   - https://github.com/amacneil/dbmate#migration-options
//   - https://guides.rubyonrails.org/active_record_migrations.html
//   - https://alembic.sqlalchemy.org/en/latest/offline.html

// only keeps some lines of a text; the others become empty.
func only(text string, keep func(i int) bool) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		if !keep(i) {
			lines[i] = ""
		}
	}
	return strings.Join(lines, "\n")
}

// between keeps the lines from a mark on, until another one. There is no such part
// where there is no such mark.
func between(text, from, until string) (string, bool) {
	inside, found := false, false
	lines := strings.Split(text, "\n")
	out := only(text, func(i int) bool {
		line := strings.TrimSpace(lines[i])
		switch {
		case strings.HasPrefix(line, from):
			inside, found = true, true
			return false
		case strings.HasPrefix(line, until):
			inside = false
		}
		return inside
	})
	return out, found
}

func (f file) golangMigrate(m Migration) []Migration {
	if strings.HasSuffix(f.name, ".down.sql") && downFile.MatchString(f.name) {
		return nil
	}
	m.together = true
	_, m.back = f.texts[strings.TrimSuffix(f.name, ".up.sql")+".down.sql"]
	return []Migration{m}
}

func (f file) prisma(m Migration) []Migration {
	parts := inFolder.FindStringSubmatch(f.name)
	if parts == nil {
		return nil
	}
	m.Version, m.together = parts[1], true
	return []Migration{m}
}

// flyway leaves out undo and baseline, which no forward migration of a database
// that is there applies. Flyway itself runs statements that need it outside of a
// transaction, if they are alone.
func (f file) flyway(m Migration) []Migration {
	parts := flyway.FindStringSubmatch(f.name)
	if parts == nil || parts[1] == "U" || parts[1] == "B" {
		return nil
	}
	m.Version, m.wrapped = strings.ReplaceAll(parts[2], "_", "."), true
	m.repeated = parts[1] == "R"
	if m.repeated {
		m.Version = strings.TrimSuffix(path.Base(f.name), ".sql")
	}
	if pieces := scan(f.text, false); len(pieces) == 1 && concurrently.MatchString(pieces[0].text) {
		m.wrapped = false
	}
	if strings.Contains(f.texts[f.name+".conf"], "executeInTransaction=false") {
		m.wrapped = false
	}
	return []Migration{m}
}

var concurrently = lazyregexp.New(`(?i)\bCONCURRENTLY\b|^\s*(VACUUM|CREATE\s+DATABASE|ALTER\s+SYSTEM)\b`)

func (f file) atlas(m Migration) []Migration {
	m.wrapped = !marked(f.text, "-- atlas:txmode none")
	for i, l := range strings.Split(f.text, "\n") {
		if strings.HasPrefix(l, "-- atlas:delimiter") || strings.HasPrefix(l, "-- atlas:import") {
			m.opaque = append(m.opaque, comment{text: "it has an instruction of Atlas that is not understood", line: i + 1})
		}
	}
	return []Migration{m}
}

func (f file) goose(m Migration) []Migration {
	if path.Ext(f.name) == ".go" {
		if !gooseCode.MatchString(f.name) {
			return nil
		}
		m.text = goComments(f.text)
		m.opaque = []comment{{text: "it is written in Go", line: 1}}
		return []Migration{m}
	}
	up, found := between(f.text, "-- +goose Up", "-- +goose Down")
	if !found {
		m.opaque = append(m.opaque, comment{text: "it has no mark -- +goose Up", line: 1})
	}
	m.text = up
	m.wrapped = !marked(f.text, "-- +goose NO TRANSACTION")
	m.back = marked(f.text, "-- +goose Down")
	return []Migration{m}
}

// goComments are the comments of a text in Go, as those of SQL.
func goComments(text string) string {
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(l), "//"); ok {
			lines[i] = "-- " + rest
		} else {
			lines[i] = ""
		}
	}
	return strings.Join(lines, "\n")
}

func (f file) dbmate(m Migration) []Migration {
	up, found := between(f.text, "-- migrate:up", "-- migrate:down")
	if !found {
		m.opaque = append(m.opaque, comment{text: "it has no mark -- migrate:up", line: 1})
	}
	m.text, m.wrapped, m.back = up, true, marked(f.text, "-- migrate:down")
	for l := range strings.SplitSeq(f.text, "\n") {
		if strings.HasPrefix(l, "-- migrate:up") && strings.Contains(l, "transaction:false") {
			m.wrapped = false
		}
	}
	return []Migration{m}
}

// sqlMigrate is rubenv/sql-migrate: https://github.com/rubenv/sql-migrate#writing-migrations
func (f file) sqlMigrate(m Migration) []Migration {
	up, found := between(f.text, "-- +migrate Up", "-- +migrate Down")
	if !found {
		m.opaque = append(m.opaque, comment{text: "it has no mark -- +migrate Up", line: 1})
	}
	m.text, m.wrapped, m.back = up, true, marked(f.text, "-- +migrate Down")
	for l := range strings.SplitSeq(f.text, "\n") {
		if strings.HasPrefix(l, "-- +migrate Up") && strings.Contains(l, "notransaction") {
			m.wrapped = false
		}
	}
	return []Migration{m}
}

// alembic divides what alembic upgrade --sql prints at its marks.
func (f file) alembic() []Migration {
	var out []Migration
	lines := strings.Split(f.text, "\n")
	for i, l := range lines {
		parts := upgrading.FindStringSubmatch(l)
		if parts == nil {
			continue
		}
		end := slices.IndexFunc(lines[i+1:], upgrading.MatchString)
		if end < 0 {
			end = len(lines)
		} else {
			end += i + 1
		}
		// One BEGIN stands before all of them, where the database has transactions
		// around DDL.
		begun := strings.Count(strings.Join(lines[:i], "\n"), "\nBEGIN;") + strings.Count(strings.Join(lines[:min(1, i)], "\n"), "BEGIN;")
		ended := strings.Count(strings.Join(lines[:i], "\n"), "\nCOMMIT;")
		out = append(out, Migration{
			Version: parts[2], File: f.name, back: true, wrapped: begun > ended,
			after: strings.FieldsFunc(parts[1], func(r rune) bool { return r == ',' || r == ' ' }),
			text:  only(f.text, func(n int) bool { return n > i && n < end }),
		})
	}
	return out
}

var (
	rubyExecute = lazyregexp.New(`^\s*execute\s*\(?\s*(.*?)\s*\)?\s*$`)
	rubyHeredoc = lazyregexp.New(`^<<[~-]?['"]?([A-Za-z_]+)['"]?(\.[a-z_]+)*$`)
	rubyQuoted  = lazyregexp.New(`^(?:"([^"#\\]*)"|'([^'\\]*)')$`)
	rubyMethod  = lazyregexp.New(`^\s*def\s+(?:self\.)?([a-z_]+)`)
	rubyHarm    = lazyregexp.New(`^\s*(#.*|end|safety_assured do|safety_assured \{|\}|class .*|disable_ddl_transaction!|frozen_string_literal.*|require .*|private|)\s*$`)
)

// rails reads the SQL that a migration of Rails executes. Whatever else stands in
// its way forward is code, which nobody can review here: it is opaque. (rails
// db:migrate itself prints no SQL; structure.sql is what the option Schema is for.)
func (f file) rails(m Migration) []Migration {
	m.wrapped, m.back = !strings.Contains(f.text, "disable_ddl_transaction!"), strings.Contains(f.text, "def down")
	lines, out := strings.Split(f.text, "\n"), make([]string, strings.Count(f.text, "\n")+1)
	method, until := "", ""
	for i, l := range lines {
		if until != "" {
			if strings.TrimSpace(l) == until {
				until = ""
				out[i] = ";"
			} else if method != "down" {
				out[i] = l
			}
			continue
		}
		if parts := rubyMethod.FindStringSubmatch(l); parts != nil {
			method = parts[1]
			continue
		}
		if method == "down" {
			if parts := rubyExecute.FindStringSubmatch(l); parts != nil {
				if doc := rubyHeredoc.FindStringSubmatch(parts[1]); doc != nil {
					until = doc[1]
				}
			}
			continue
		}
		out[i], until = f.rubyLine(&m, l, i)
	}
	m.text = strings.Join(out, "\n")
	return []Migration{m}
}

// rubyLine returns the SQL of a line, and what ends the document that begins there.
func (f file) rubyLine(m *Migration, l string, i int) (sql, until string) {
	if before, after, ok := strings.Cut(l, "#"); ok && strings.TrimSpace(before) == "" {
		return "-- " + after, "" // where an allowance may stand
	}
	parts := rubyExecute.FindStringSubmatch(l)
	if parts != nil {
		if doc := rubyHeredoc.FindStringSubmatch(parts[1]); doc != nil {
			return "", doc[1]
		}
		if text := rubyQuoted.FindStringSubmatch(parts[1]); text != nil {
			return text[1] + text[2] + ";", ""
		}
	}
	if !rubyHarm.MatchString(l) {
		m.opaque = append(m.opaque, comment{text: "it is Ruby beside execute with SQL in a literal", line: i + 1})
	}
	return "", ""
}
