package migration

import (
	"cmp"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/lazyregexp"
)

// Format is how a tool keeps its migrations.
type Format string

// The formats.
const (
	SQL           Format = "sql"            // files in the order of their names
	GolangMigrate Format = "golang_migrate" // 1_name.up.sql
	Flyway        Format = "flyway"         // V1__name.sql, R__name.sql
	Rails         Format = "rails"          // 20260101000000_name.rb, with SQL in execute
	Alembic       Format = "alembic"        // what alembic upgrade --sql prints
	Django        Format = "django"         // what manage.py sqlmigrate prints, a folder an app
	Atlas         Format = "atlas"          // 20260101000000_name.sql and atlas.sum
	Goose         Format = "goose"          // 00001_name.sql with marks
	Dbmate        Format = "dbmate"         // 20260101000000_name.sql with marks
	SQLMigrate    Format = "sql_migrate"    // 1_name.sql with marks
	Prisma        Format = "prisma"         // 20260101000000_name/migration.sql
)

// Formats lists them.
func Formats() []Format {
	return []Format{SQL, GolangMigrate, Flyway, Rails, Alembic, Django, Atlas, Goose, Dbmate, SQLMigrate, Prisma}
}

// Migration is one step of a schema's history: the part that goes forward.
type Migration struct {
	Version string
	File    string
	// text is the file, in which what is not of this part is blank lines, so that
	// lines keep their numbers.
	text string
	// wrapped: the tool runs it in a transaction.
	wrapped bool
	// together: the tool sends the file in one go, which is a transaction where it
	// holds more than one statement.
	together bool
	// back: there is a part that goes back, or the format has none.
	back bool
	// repeated: it is applied whenever its text changes.
	repeated bool
	// after are the revisions right before it; of Alembic alone.
	after []string
	// opaque are what could not be read as SQL, by line.
	opaque []comment
}

// A file is read by the reader of its format, into any number of migrations.
type file struct {
	name, text string
	texts      map[string]string // of all files
}

var (
	byNumber  = lazyregexp.New(`^(?:.*/)?([0-9]+)`)
	upFile    = lazyregexp.New(`^(?:.*/)?([0-9]+)_[^/]*\.up\.sql$`)
	downFile  = lazyregexp.New(`^(?:.*/)?[0-9]+_[^/]*\.down\.sql$`)
	flyway    = lazyregexp.New(`^(?:.*/)?([VRUB])([0-9._]*)__[^/]*\.sql$`)
	ruby      = lazyregexp.New(`^(?:.*/)?([0-9]+)_[^/]*\.rb$`)
	inFolder  = lazyregexp.New(`^(?:.*/)?([^/]+)/migration\.sql$`)
	upgrading = lazyregexp.New(`^-- Running upgrade (.*)-> ([0-9A-Za-z_.-]+)\s*$`)
	gooseCode = lazyregexp.New(`^(?:.*/)?([0-9]+)_[^/]*\.go$`)
)

// read reads all migrations in a folder, in their order.
func read(files fs.FS, as Format) (Format, []Migration, error) {
	all, err := load(files)
	if err != nil {
		return "", nil, err
	}
	if as == "" {
		if as, err = detect(all); err != nil {
			return "", nil, err
		}
	}
	var out []Migration
	for _, f := range all {
		out = append(out, as.read(f)...)
	}
	if len(out) == 0 {
		return "", nil, &Error{Sort: Nothing, Name: "the folder"}
	}
	slices.SortStableFunc(out, as.order)
	for i := 1; i < len(out); i++ {
		if sameVersion(out[i].Version, out[i-1].Version) {
			return "", nil, &Error{Sort: TwiceTheSame, Name: out[i].Version}
		}
	}
	return as, out, nil
}

// load reads every file that may be of a migration.
func load(files fs.FS) ([]file, error) {
	var out []file
	texts := map[string]string{}
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return &Error{Sort: Unreadable, Name: name, Err: err}
		}
		if d.IsDir() || !slices.Contains([]string{".sql", ".rb", ".go", ".sum", ".conf"}, path.Ext(name)) || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return &Error{Sort: Unreadable, Name: name, Err: err}
		}
		texts[name] = string(text)
		out = append(out, file{name: name, text: string(text)})
		return nil
	})
	var known *Error
	if err != nil && !errors.As(err, &known) {
		err = &Error{Sort: Unreadable, Name: ".", Err: err}
	}
	for i := range out {
		out[i].texts = texts
	}
	return out, err
}

// detect finds out the format by names and marks, where they leave no doubt.
func detect(all []file) (Format, error) {
	found := map[Format]bool{}
	for _, f := range all {
		if k := f.looksLike(); k != "" {
			found[k] = true
		}
	}
	if found[Atlas] {
		delete(found, SQL)
	}
	if len(found) != 1 {
		if len(found) == 0 {
			return "", &Error{Sort: Nothing, Name: "the folder"}
		}
		return "", &Error{Sort: Ambiguous, Name: "the folder"}
	}
	for k := range found {
		return k, nil
	}
	return "", nil
}

func (f file) looksLike() Format {
	switch {
	case path.Base(f.name) == "atlas.sum":
		return Atlas
	case path.Ext(f.name) == ".rb" && ruby.MatchString(f.name):
		return Rails
	case path.Ext(f.name) != ".sql":
		return ""
	case upFile.MatchString(f.name), downFile.MatchString(f.name):
		return GolangMigrate
	case flyway.MatchString(f.name):
		return Flyway
	case inFolder.MatchString(f.name):
		return Prisma
	case marked(f.text, "-- +goose Up"):
		return Goose
	case marked(f.text, "-- migrate:up"):
		return Dbmate
	case marked(f.text, "-- +migrate Up"):
		return SQLMigrate
	case slices.ContainsFunc(strings.Split(f.text, "\n"), upgrading.MatchString):
		return Alembic
	}
	return SQL
}

// marked reports whether a line begins with a mark.
func marked(text, mark string) bool {
	return slices.ContainsFunc(strings.Split(text, "\n"), func(l string) bool { return strings.HasPrefix(strings.TrimSpace(l), mark) })
}

// reads reports whether a format has such files.
func (k Format) reads(name string) bool {
	switch path.Ext(name) {
	case ".sql":
		return true
	case ".rb":
		return k == Rails
	case ".go":
		return k == Goose
	}
	return false
}

// read returns the migrations of one file.
func (k Format) read(f file) []Migration {
	if !k.reads(f.name) {
		return nil
	}
	m := Migration{Version: number(f.name), File: f.name, text: f.text, back: true}
	switch k {
	case SQL:
		m.Version = strings.TrimSuffix(f.name, ".sql")
	case Django:
		m.Version = strings.ReplaceAll(strings.TrimSuffix(f.name, ".sql"), "/", ".")
	case GolangMigrate:
		return f.golangMigrate(m)
	case Prisma:
		return f.prisma(m)
	case Flyway:
		return f.flyway(m)
	case Rails:
		return f.rails(m)
	case Alembic:
		return f.alembic()
	case Atlas:
		return f.atlas(m)
	case Goose:
		return f.goose(m)
	case Dbmate:
		return f.dbmate(m)
	case SQLMigrate:
		return f.sqlMigrate(m)
	}
	return []Migration{m}
}

func number(name string) string {
	if parts := byNumber.FindStringSubmatch(name); parts != nil {
		return parts[1]
	}
	return strings.TrimSuffix(name, path.Ext(name))
}

// order is that in which a tool applies its migrations.
func (k Format) order(a, b Migration) int {
	switch {
	case k == Alembic:
		return 0 // as they stand in the file
	case a.repeated != b.repeated:
		return map[bool]int{true: 1, false: -1}[a.repeated]
	case k == Flyway:
		return cmp.Or(slices.Compare(numbers(a.Version), numbers(b.Version)), strings.Compare(a.File, b.File))
	case digits(a.Version) && digits(b.Version):
		x, y := strings.TrimLeft(a.Version, "0"), strings.TrimLeft(b.Version, "0")
		return cmp.Or(cmp.Compare(len(x), len(y)), strings.Compare(x, y), strings.Compare(a.File, b.File))
	}
	return naturally(a.Version, b.Version)
}

// naturally compares names by the numbers with which they begin, if both do: 10_b
// comes after 9_a.
func naturally(a, b string) int {
	x, y := number(path.Base(a)), number(path.Base(b))
	if path.Dir(a) == path.Dir(b) && digits(x) && digits(y) {
		x, y = strings.TrimLeft(x, "0"), strings.TrimLeft(y, "0")
		return cmp.Or(cmp.Compare(len(x), len(y)), strings.Compare(x, y), strings.Compare(a, b))
	}
	return strings.Compare(a, b)
}

func digits(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
}

// numbers are the parts of a version of Flyway, of which 1.2 and 1_2 are one.
func numbers(version string) []int {
	var out []int
	for _, part := range strings.FieldsFunc(version, func(r rune) bool { return r == '.' || r == '_' }) {
		n := 0
		for _, c := range part {
			n = n*10 + int(c-'0')
		}
		out = append(out, n)
	}
	for len(out) > 0 && out[len(out)-1] == 0 {
		out = out[:len(out)-1]
	}
	return out
}
