// Command reviewed reviews a thousand migrations of twenty statements, and prints
// how long parsing them alone took, how long reviewing them, both in nanoseconds,
// and by how many bytes its memory grew.
package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing/fstest"
	"time"

	"github.com/multigres/multigres/go/common/parser"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/review/migration"
)

const (
	migrations = 1000
	// rounds are as many as it takes until one was not disturbed. After warm of
	// them the process is as large as it gets in use.
	rounds, warm = 7, 3
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "reviewed:", err)
		os.Exit(1)
	}
}

func run() error {
	files := fstest.MapFS{}
	var texts []string
	for n := range migrations {
		statements := migrationOf(n)
		texts = append(texts, statements...)
		files[fmt.Sprintf("%04d_step.up.sql", n)] = &fstest.MapFile{Data: []byte(strings.Join(statements, ";\n"))}
	}
	idle, err := peak() // with the files, which otherwise lie on a disk
	if err != nil {
		return err
	}
	parsing, reviewing := time.Hour, time.Hour
	var used int64
	for n := range rounds {
		begun := worked()
		r, err := migration.Review(files, migration.Options{Dialect: migration.Postgres, Version: migration.Version{Major: 15}})
		if err != nil {
			return err
		}
		if r.Statements != len(texts) || len(r.Findings) < migrations {
			return errors.New("not everything was reviewed")
		}
		reviewing = min(reviewing, worked()-begun)
		if n+1 != warm {
			continue
		}
		if used, err = peak(); err != nil {
			return err
		}
	}
	for range rounds {
		begun := worked()
		for _, text := range texts {
			if _, err := parser.ParseSQL(text); err != nil {
				return err
			}
		}
		parsing = min(parsing, worked()-begun)
	}
	fmt.Println(parsing.Nanoseconds(), reviewing.Nanoseconds(), used-idle)
	return nil
}

// migrationOf is one migration, of twenty statements as people write them.
func migrationOf(n int) []string {
	out := []string{
		"SET lock_timeout = '1s'",
		fmt.Sprintf("CREATE TABLE t%d (id bigint PRIMARY KEY, owner bigint NOT NULL, note text, total numeric(10,2) NOT NULL DEFAULT 0, made timestamptz NOT NULL DEFAULT now())", n),
	}
	for i := range 6 {
		of := max(n-1-i, 0)
		out = append(out,
			fmt.Sprintf("ALTER TABLE t%d ADD COLUMN c%d_%d varchar(50) DEFAULT 'x'", of, n, i),
			fmt.Sprintf("CREATE INDEX i%d_%d ON t%d (c%d_%d)", n, i, of, n, i),
			fmt.Sprintf("ALTER TABLE t%d ADD CONSTRAINT k%d_%d CHECK (c%d_%d <> '') NOT VALID", of, n, i, n, i),
		)
	}
	return out
}

// worked is the time that this process has had of any processor, whatever else
// the machine does.
func worked() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// peak is the most memory that this process has held.
func peak() (int64, error) {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return kib * 1024, err
		}
	}
	return 0, errors.New("the system does not tell the peak")
}
